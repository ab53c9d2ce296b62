"""The signature as docs/FORMAT.md has it, checked without the engine's library."""

import base64

import checks
import damage
import ed25519
import pytest
import support
from reader import RangeFile, RefusedError

# RFC 8032, section 7.1, tests 1 to 3: public key, message, signature.
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.fixture(scope="module")
def signed(tmp_path_factory) -> tuple[bytes, bytes]:
    """A signed file and the public key as its own file has it."""
    folder = tmp_path_factory.mktemp("signed")
    support.run_ok("keygen", folder / "key")
    table = support.SAMPLE / "asn-ipv6.csv"
    support.run_ok("build", "--asn", table, "--sign", folder / "key", "-o", folder / "signed.npl")
    key = base64.b64decode((folder / "key.pub").read_text().splitlines()[1])
    assert (key[:2], len(key)) == (b"Ed", 42)
    return (folder / "signed.npl").read_bytes(), key[10:]


@pytest.mark.parametrize(("key", "message", "signature"), RFC_8032)
def test_the_checker_agrees_with_the_rfc(key, message, signature):
    key, message, signature = (bytes.fromhex(text) for text in (key, message, signature))
    assert ed25519.verify(key, message, signature)
    assert not ed25519.verify(key, message + b"x", signature)
    assert not ed25519.verify(key, message, signature[:-1] + bytes([signature[-1] ^ 1]))


def test_a_signed_file_names_the_key_and_its_signature_fits(signed):
    data, key = signed
    file = RangeFile(data)
    assert file.public_key == key
    checks.verify(file)


def test_a_signature_that_does_not_fit_is_refused_by_both(signed, tmp_path):
    data, _ = signed
    path = tmp_path / "changed.npl"
    for place in (96, 127, 128, 160, 191):
        changed = bytearray(data)
        changed[place] ^= 1
        path.write_bytes(changed)
        support.error_line(support.run("verify", path))
        with pytest.raises(RefusedError):
            checks.verify(RangeFile(bytes(changed)))
    # A new seal without the secret key.
    changed = bytearray(data)
    changed[24] ^= 1
    changed = damage.reseal(changed)
    path.write_bytes(changed)
    assert "signature does not fit" in support.error_line(support.run("verify", path))
    with pytest.raises(RefusedError):
        checks.verify(RangeFile(bytes(changed)))
