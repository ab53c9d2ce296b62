"""Signed files: keygen, build --sign, and everything that takes --public-key."""

import json
import os
import stat

import pytest
import support
from support import Daemon, error_line, request, run, run_ok

TABLE = support.SAMPLE / "asn-ipv4.csv"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """A pair of keys, and a file that it signed: secret, public, file."""
    folder = tmp_path_factory.mktemp("keys")
    secret = folder / "key"
    run_ok("keygen", secret)
    signed = folder / "signed.npl"
    run_ok("build", "--asn", TABLE, "--sign", secret, "-o", signed)
    return secret, folder / "key.pub", signed


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """Another's public key."""
    secret = tmp_path_factory.mktemp("stranger") / "key"
    run_ok("keygen", secret)
    return secret.with_name("key.pub")


def test_keygen_keeps_the_secret_for_its_owner_and_replaces_nothing(tmp_path):
    secret, public = tmp_path / "key", tmp_path / "key.pub"
    shown = run_ok("keygen", secret)
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    text = secret.read_text()
    assert text.splitlines()[1][80:] not in shown
    for path in (secret, public):
        error_line(run("keygen", secret))
        assert secret.read_text() == text
        path.rename(tmp_path / "kept")
        error_line(run("keygen", secret))
        assert not path.exists()
        (tmp_path / "kept").rename(path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key", "key.pub"]


def test_verify_says_who_signed(keys, stranger, small_database):
    secret, public, signed = keys
    key = json.loads(run_ok("inspect", signed, "--json"))["signer"]
    assert len(bytes.fromhex(key)) == 32
    for given in (public, key, public.read_text().splitlines()[1]):
        assert f"signed by {key}" in run_ok("verify", signed, "--public-key", given)
    assert key in run_ok("verify", signed)
    assert key in run_ok("inspect", signed)
    assert "another key" in error_line(run("verify", signed, "--public-key", stranger))
    assert "not signed" in error_line(run("verify", small_database, "--public-key", public))
    assert "signer" not in json.loads(run_ok("inspect", small_database, "--json"))
    assert "not a public key" in error_line(run("verify", signed, "--public-key", secret))


@pytest.mark.parametrize("place", [24, 130, 5000, -1], ids=["header", "signature", "body", "end"])
def test_a_signed_file_that_was_changed_is_refused(place, keys, tmp_path):
    content = bytearray(keys[2].read_bytes())
    content[place] ^= 1
    changed = tmp_path / "changed.npl"
    changed.write_bytes(content)
    error_line(run("verify", changed))
    for command in (["verify", changed], ["lookup", "--db", changed, "1.1.1.1"]):
        error_line(run(*command, "--public-key", keys[1]))


def test_lookup_takes_only_what_the_key_signed(keys, stranger, small_database):
    _, public, signed = keys
    assert run_ok("lookup", "--db", signed, "--public-key", public, "1.1.1.1")
    error_line(run("lookup", "--db", signed, "--public-key", stranger, "1.1.1.1"))
    error_line(run("lookup", "--db", small_database, "--public-key", public, "1.1.1.1"))


def test_what_is_no_secret_key_stops_a_build_before_it_begins(keys, tmp_path):
    for key in (keys[1], TABLE, tmp_path / "missing"):
        line = error_line(run("build", "--asn", TABLE, "--sign", key, "-o", tmp_path / "out.npl"))
        assert str(key) in line
    assert list(tmp_path.iterdir()) == []


def test_the_daemon_serves_and_reloads_only_what_the_key_signed(
    keys, small_database, socket_folder, tmp_path
):
    _, public, signed = keys
    served = tmp_path / "served.npl"
    served.write_bytes(signed.read_bytes())
    options = socket_folder / "nameplate.toml"
    options.write_text(f'public_key = "{public}"\n')
    refused = run("serve", "--db", small_database, "--socket", socket_folder / "n", "--config", options)
    assert "not signed" in error_line(refused)
    daemon = Daemon(served, socket_folder, extra=["--config", options])
    try:
        daemon.wait_until_ready()
        with daemon.connect() as client:
            client.sendall(request("RELOAD"))
            assert client.recv(200) == b"+OK\r\n"
            beside = tmp_path / "beside"
            beside.write_bytes(small_database.read_bytes())
            beside.rename(served)
            client.sendall(request("RELOAD"))
            assert client.recv(200).startswith(b"-ERR not reloaded (unsigned)")
            client.sendall(request("INFO", "database"))
            assert b"\r\ngeneration:2\r\n" in client.recv(4096)
    finally:
        daemon.kill()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_another_user_may_ask_and_not_reload(small_database, socket_folder):
    daemon = Daemon(small_database, socket_folder)
    try:
        daemon.wait_until_ready()
        socket_folder.chmod(0o755)
        daemon.socket.chmod(0o666)
        # The kernel tells the daemon the user at the moment of connecting.
        os.seteuid(65534)
        try:
            client = daemon.connect()
        finally:
            os.seteuid(0)
        with client:
            client.sendall(request("PING"))
            assert client.recv(64) == b"+PONG\r\n"
            client.sendall(request("RELOAD"))
            assert client.recv(200).startswith(b"-NOPERM ")
        with daemon.connect() as client:
            client.sendall(request("RELOAD"))
            assert client.recv(200) == b"+OK\r\n"
    finally:
        daemon.kill()
