"""`nameplate diff`: what changed from the sample to the whole tables, and from a file to itself."""

import bisect
import json
import re
import resource
import socket

import pytest
import support
from support import run_ok

NETWORK = re.compile(r'\{"change":"network","first":"([^"]+)","last":"([^"]+)",')


@pytest.fixture(scope="module")
def lines(small_database, database) -> list[str]:
    """The changes as text: half a million of them as objects would take gigabytes."""
    return run_ok("diff", small_database, database, "--json").splitlines()


def networks(lines: list[str]) -> list[str]:
    return [line for line in lines if NETWORK.match(line)]


def test_a_file_does_not_differ_from_itself(database):
    lines = run_ok("diff", database, database, "--json").splitlines()
    assert len(lines) == 1, "only the summary"
    summary = json.loads(lines[0])["summary"]
    assert summary["networks"] == {"v4": 0, "v4_addresses": 0, "v6": 0}
    assert {count for kind in ("companies", "operators", "sources") for count in summary[kind].values()} == {
        0
    }


def test_every_change_of_a_network_is_what_lookups_say(small_database, database, lines):
    changed = networks(lines)
    if support.TABLES.is_dir():
        assert len(changed) > 10_000
    changes = [json.loads(line) for line in changed[:: len(changed) // 2000 + 1]]
    for end in ("first", "last"):
        addresses = [change[end] for change in changes]
        for file, side in ((small_database, "old"), (database, "new")):
            for change, found in zip(changes, support.lookup_json(file, addresses), strict=True):
                found.pop("network", None)
                assert change[side] == found, change[end]


def number(address: str) -> tuple[int, int]:
    """Bytes of the family, and the address as a number."""
    packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    return len(packed), int.from_bytes(packed, "big")


def test_every_address_with_another_answer_is_in_a_change(small_database, database, lines):
    addresses = [a for table in support.source_tables() for a in support.addresses_of(table, 3000)]
    before = support.lookup_json(small_database, addresses)
    after = support.lookup_json(database, addresses)
    ends = [NETWORK.match(line).groups() for line in networks(lines)]
    firsts, lasts = [number(first) for first, _ in ends], [number(last) for _, last in ends]
    assert firsts == sorted(firsts), "IPv4 first, ascending"
    for address, old, new in zip(addresses, before, after, strict=True):
        for answer in (old, new):
            answer.pop("network", None)
        place = bisect.bisect_right(firsts, number(address)) - 1
        named = place >= 0 and lasts[place] >= number(address)
        assert named == (old != new), address


def test_the_summary_counts_the_lines(lines):
    summary = json.loads(lines[-1])["summary"]
    changed = networks(lines)
    v6 = sum(":" in NETWORK.match(line)[1] for line in changed)
    assert (summary["networks"]["v4"], summary["networks"]["v6"]) == (len(changed) - v6, v6)
    for kind, plural in (("company", "companies"), ("operator", "operators"), ("source", "sources")):
        counts = {"added": 0, "removed": 0, "changed": 0}
        for line in lines:
            if f'"change":"{kind}"' in line:
                change = json.loads(line)
                counts[
                    "added" if "old" not in change else "removed" if "new" not in change else "changed"
                ] += 1
        assert summary[plural] == counts


def test_text_has_a_line_for_each_change_and_four_for_the_summary(small_database, database, lines):
    text = run_ok("diff", small_database, database).splitlines()
    assert len(text) == len(lines) - 1 + 4
    assert text[-1].startswith("networks: ")


def test_memory_does_not_grow_with_the_number_of_changes(small_database, database):
    """A heap of 24 MB is enough for changes that are more than 100 MB of text."""

    def little_heap():
        resource.setrlimit(resource.RLIMIT_DATA, (24 << 20, 24 << 20))

    run_ok("diff", small_database, database, "--json", preexec_fn=little_heap)
