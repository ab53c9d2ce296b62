"""The second reader and the engine say the same of the whole file.

The second reader knows docs/FORMAT.md and nothing else, so where the two agree the document says
what the engine does. Intervals are compared all, and nothing is held in memory but one line.
"""

import ipaddress
import json
import random
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import checks
import pytest
import support
from reader import LAST_V4, LAST_V6, Interval, RangeFile, parse, text, unmap

RANDOM_ADDRESSES = 10_000
GAPS = 20_000
EVERY_COMPANY = 50


@contextmanager
def engine(path: Path, folder: Path, addresses: Iterable[str]) -> Iterator[Iterator[str]]:
    """The engine's answers as lines of JSON, in the order of the addresses."""
    # From a file and not a pipe: then nobody waits for anybody.
    asked = folder / "addresses.txt"
    with asked.open("w", encoding="ascii") as lines:
        lines.writelines(f"{address}\n" for address in addresses)
    command = [support.nameplate_bin(), "lookup", "--db", path, "--json", "-"]
    with (
        asked.open("rb") as stdin,
        subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, encoding="utf-8") as process,
    ):
        yield process.stdout
        assert process.stdout.readline() == "", "an answer that nobody asked for"
        assert process.wait(support.PATIENCE) == 0


def as_line(answer: dict) -> str:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")) + "\n"


def same(line: str, expected: str) -> bool:
    """Compares text, which also compares the order of keys, and values where only escapes differ."""
    return line == expected or json.loads(line) == json.loads(expected)


def intervals(file: RangeFile, family: int) -> Iterator[Interval]:
    count = len(file.v4_starts if family == 4 else file.v6_high)
    return (Interval(family, index) for index in range(count))


def edges(file: RangeFile, family: int) -> Iterator[tuple[Interval, int]]:
    for interval in intervals(file, family):
        for address in file.bounds(interval):
            yield interval, address


def test_the_file_keeps_every_rule_of_the_document(file):
    checks.verify(file)


@pytest.mark.parametrize("family", [4, 6], ids=["IPv4", "IPv6"])
def test_the_first_and_the_last_address_of_every_interval_get_the_same_answer(file, path, tmp_path, family):
    asked = (text(family, address) for _, address in edges(file, family))
    compared, before, expected = 0, None, ""
    with engine(path, tmp_path, asked) as lines:
        for interval, address in edges(file, family):
            looked_up = unmap(family, address)
            found = file.find(*looked_up, by_index=True)
            assert found == file.find(*looked_up, by_index=False), interval
            # The mapped block of the IPv6 table is never looked into.
            assert found == interval or looked_up[0] != family
            if found != before:
                before, expected = found, as_line(file.answer(found))
            assert same(next(lines), expected), interval
            compared += 1
    assert compared == 2 * len(file.v4_starts if family == 4 else file.v6_high)


def spellings(address: ipaddress.IPv4Address | ipaddress.IPv6Address, chance: random.Random) -> str:
    if address.version == 4:
        mapped = f"{int(address):08x}"
        return chance.choice([str(address)] * 3 + [f"::ffff:{address}", f"::FFFF:{mapped[:4]}:{mapped[4:]}"])
    return chance.choice([str(address), address.exploded, str(address).upper()])


def test_random_addresses_within_intervals_and_gaps_get_the_same_answer(file, path, tmp_path):
    chance = random.Random("random addresses")
    gaps = [
        interval for family in (4, 6) for interval in intervals(file, family) if file.answer_id(interval) == 0
    ]
    assert gaps, "a file without a gap"
    gaps = chance.sample(gaps, min(len(gaps), GAPS))
    addresses = []
    for gap in gaps:
        kind = ipaddress.IPv4Address if gap.family == 4 else ipaddress.IPv6Address
        addresses.append(kind(chance.randint(*file.bounds(gap))))
    for _ in range(RANDOM_ADDRESSES):
        addresses.append(ipaddress.IPv4Address(chance.randint(0, LAST_V4)))
        # All of IPv6, and what is handed out of it.
        addresses.append(ipaddress.IPv6Address(chance.randint(0, LAST_V6)))
        addresses.append(ipaddress.IPv6Address(chance.randint(0x2000 << 112, 0x3000 << 112)))
        inside = Interval(6, chance.randrange(len(file.v6_high)))
        addresses.append(ipaddress.IPv6Address(chance.randint(*file.bounds(inside))))
    asked = [spellings(address, chance) for address in addresses]
    with engine(path, tmp_path, asked) as lines:
        for address in asked:
            answer = file.lookup(address)
            assert answer == file.lookup(address, by_index=False), address
            assert same(next(lines), as_line(answer)), address
    assert all(file.lookup(address) == {"status": "unknown"} for address in asked[: len(gaps)])


def test_every_kind_of_answer_was_compared(file):
    """What the tests above have seen: every status, and companies with and without a country."""
    seen = {file.resolve(answer_id)["status"] for answer_id in range(file.count("ANSWERS"))}
    assert seen == {"unknown", "company", "operator", "reserved"}


def test_a_mapped_address_is_found_among_ipv4(file):
    for mapped in ("::ffff:8.8.8.8", "::FFFF:808:808"):
        assert parse(mapped) == parse("8.8.8.8")
        assert file.lookup(mapped) == file.lookup("8.8.8.8")
    assert parse("::8.8.8.8")[0] == parse("64:ff9b::8.8.8.8")[0] == 6


def test_every_fiftieth_company_has_the_same_networks(file, path):
    for index in range(0, file.count("COMPANIES"), EVERY_COMPANY):
        company_id = file.company(index)["id"]
        assert file.find_company(company_id) == index
        out = support.run_ok("networks", "--db", path, "--json", company_id)
        found = list(file.networks_of(company_id))
        for line, interval in zip(out.splitlines(), found, strict=True):
            network = json.loads(line)
            assert file.network(interval) == {"first": network["first"], "last": network["last"]}
            assert file.answer(interval)["company"]["id"] == company_id


@pytest.mark.parametrize("company_id", ["", "asn:", "asn:0", "zzz", "\u00ff"])
def test_no_networks_for_a_company_that_is_not_there(file, path, company_id):
    assert file.find_company(company_id) is None
    assert list(file.networks_of(company_id)) == []
    support.error_line(support.run("networks", "--db", path, "--json", company_id))


def test_the_file_says_the_same_of_itself(file, path):
    said = json.loads(support.run_ok("inspect", "--json", path))
    assert said == {
        "version": file.version,
        "build_number": file.build_number,
        "created": file.created,
        "bytes": file.file_length,
        "v4_intervals": len(file.v4_starts),
        "v6_intervals": len(file.v6_high),
        "answers": file.count("ANSWERS"),
        "companies": file.count("COMPANIES"),
        "operators": file.count("OPERATORS"),
        "facts": file.metadata(),
        "sources": list(file.sources()),
        "sections": [
            {"name": entry.name, "records": entry.length // entry.record_width, "bytes": entry.length}
            for entry in file.entries
        ],
    }
