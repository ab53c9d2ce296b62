"""The file that docs/FORMAT.md shows byte by byte, read as the document says."""

import re

import checks
import pytest
import support
from reader import RangeFile


def hexdump(document: str) -> bytes:
    """The bytes of the document's dump, in which a star repeats the line before it."""
    [dump] = re.findall(r"```hexdump\n(.*?)```", document, re.DOTALL)
    data, line = b"", b""
    for row in dump.splitlines():
        if row == "*":
            continue
        while len(data) < int(row[:8], 16):
            data += line
        line = bytes.fromhex(row[8:58])
        data += line
    return data


@pytest.fixture(scope="module")
def example() -> RangeFile:
    document = (support.ROOT / "docs/FORMAT.md").read_text(encoding="utf-8")
    return RangeFile(hexdump(document))


def test_the_example_keeps_every_rule(example):
    checks.verify(example)


@pytest.mark.parametrize("by_index", [False, True], ids=["by halving", "by index"])
def test_the_example_answers_as_the_document_says(example, by_index):
    company = {"id": "asn:64501", "name": "Zoë BV", "kind": "business", "country": "NL", "legal_form": "BV"}
    answer = example.lookup("192.0.2.77", by_index=by_index)
    assert (answer["status"], answer["confidence"]) == ("company", 50)
    assert (answer["company"], answer["sources"]) == (company, ["ip-asn"])
    assert answer["network"] == {"first": "192.0.2.0", "last": "192.0.2.255"}
    assert example.lookup("198.51.100.1", by_index=by_index)["status"] == "operator"
    assert example.lookup("198.51.101.0", by_index=by_index) == {"status": "unknown"}


def test_the_example_s_company_has_the_networks_that_the_document_says(example):
    networks = [example.network(interval) for interval in example.networks_of("asn:64501")]
    assert networks == [
        {"first": "192.0.2.0", "last": "192.0.2.255"},
        {"first": "2001:db8::", "last": "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"},
    ]
