"""`nameplate export`: other programs' readers find in it what the engine finds."""

import csv
import itertools
import json
import re
import resource
import shutil
import socket
import subprocess

import maxminddb
import pytest
import support
from support import error_line, run, run_ok

# Below 2^32 an IPv6 address of a MaxMind DB is the IPv4 address of the same number.
FIRST_OWN_V6 = 1 << 32

LINES_AT_ONCE = 100_000

# Of the lines that are compared fact by fact; a prime, so that it falls on any pattern's every part.
EVERY = 23


@pytest.fixture(scope="module")
def exported(database, tmp_path_factory):
    """The file in all three formats."""
    folder = tmp_path_factory.mktemp("export")
    for form in ("csv", "ndjson", "mmdb"):
        run_ok("export", "--db", database, "--format", form, "-o", folder / f"networks.{form}")
    return folder


def number(address: str) -> tuple[int, int]:
    """Bytes of the family, and the address as a number; quicker than `ipaddress` is."""
    packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    return len(packed), int.from_bytes(packed, "big")


def address_of(size: int, bits: int) -> str:
    family = socket.AF_INET6 if size == 16 else socket.AF_INET
    return socket.inet_ntop(family, bits.to_bytes(size, "big"))


@pytest.fixture(scope="module")
def edges(exported) -> list[str]:
    """First and last address of every network with an answer and of every gap between them."""
    found = []
    # Where the network before ended, or its family begins.
    before = {4: -1, 16: FIRST_OWN_V6 - 1}
    with (exported / "networks.csv").open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            size, first = number(row["first"])
            _, last = number(row["last"])
            if size == 16 and first < FIRST_OWN_V6:
                continue
            if first > before[size] + 1:
                found += [address_of(size, before[size] + 1), address_of(size, first - 1)]
            found += [row["first"], row["last"]]
            before[size] = last
    return found


def lookup_lines(database, addresses: list[str]):
    """The engine's answers as text, so many at a time that they fit in memory."""
    for start in range(0, len(addresses), LINES_AT_ONCE):
        stdin = "\n".join(addresses[start : start + LINES_AT_ONCE])
        yield from run_ok("lookup", "--db", database, "--json", "-", stdin=stdin).splitlines()


def expected_of(line: str) -> dict | None:
    """What a MaxMind DB holds for an address with this line of `lookup --json`."""
    answer = json.loads(line)
    if answer["status"] in ("unknown", "reserved"):
        return None
    if operator := answer.get("operator"):
        answer["autonomous_system_number"] = operator["asn"]
        answer["autonomous_system_organization"] = operator["name"]
    return answer


def test_mmdb_agrees_with_the_engine_on_every_edge(database, exported, edges):
    addresses = [*edges, *support.EDGES]
    assert len(addresses) > 5000
    known = {}
    with maxminddb.open_database(exported / "networks.mmdb") as reader:
        for address, line in zip(addresses, lookup_lines(database, addresses), strict=True):
            size, bits = number(address)
            if size == 16 and bits < FIRST_OWN_V6:
                continue
            # The same answer stands in thousands of lines, each time with another network.
            line = re.sub(r'"network":\{[^}]*\},', "", line)
            if line not in known:
                known[line] = expected_of(line)
            assert reader.get(address) == known[line], address


def test_mmdb_says_what_it_is_and_where_it_comes_from(database, exported):
    facts = json.loads(run_ok("inspect", database, "--json"))
    with maxminddb.open_database(exported / "networks.mmdb") as reader:
        metadata = reader.metadata()
    assert metadata.database_type == "nameplate-company"
    assert metadata.ip_version == 6
    assert metadata.binary_format_major_version == 2
    assert metadata.build_epoch == facts["created"]
    for source in facts["sources"]:
        for fact in ("name", "licence", "attribution", "date", "url"):
            assert source[fact] in metadata.description["en"]


@pytest.mark.skipif(not shutil.which("mmdblookup"), reason="mmdblookup (mmdb-bin) is not installed")
def test_libmaxminddb_reads_it(database, exported):
    [answer] = support.lookup_json(database, ["2001:4860:4860::8888"])
    for path, value in [
        (["autonomous_system_number"], answer["operator"]["asn"]),
        (["operator", "name"], answer["operator"]["name"]),
        (["sources", "0"], answer["sources"][0]),
    ]:
        command = ["mmdblookup", "--file", exported / "networks.mmdb", "--ip", "2001:4860:4860::8888", *path]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert str(value) in done.stdout


def test_ndjson_and_csv_have_the_same_networks_and_each_names_source_and_licence(database, exported):
    facts = json.loads(run_ok("inspect", database, "--json"))
    licences = {source["name"]: source["licence"] for source in facts["sources"]}
    with (
        (exported / "networks.ndjson").open(encoding="utf-8") as lines,
        (exported / "networks.csv").open(encoding="utf-8", newline="") as table,
    ):
        assert json.loads(next(lines))["file"]["sources"] == facts["sources"]
        rows = csv.DictReader(table)
        for index, (line, row) in enumerate(zip(lines, rows, strict=True)):
            if index % EVERY:
                continue
            answer = json.loads(line)
            assert [row["first"], row["last"]] == [answer["network"]["first"], answer["network"]["last"]]
            assert row["status"] == answer["status"]
            for group in ("company", "operator"):
                for key, value in answer.get(group, {}).items():
                    assert row[f"{group}_{key}"].removeprefix("'") == str(value).removeprefix("'")
            assert row["sources"] == ";".join(answer.get("sources", []))
            assert row["licences"] == ";".join(licences[name] for name in answer.get("sources", []))
            assert not re.match(r"[=+\-@\t\r]", "".join(field[:1] for field in row.values()))


def test_ndjson_says_what_lookup_says(database, exported):
    with (exported / "networks.ndjson").open(encoding="utf-8") as lines:
        next(lines)
        answers = [json.loads(line) for line in itertools.islice(lines, 0, None, EVERY)]
    found = support.lookup_json(database, [answer["network"]["last"] for answer in answers])
    for answer, by_lookup in zip(answers, found, strict=True):
        if answer["status"] == "reserved":
            del answer["network"]
        assert answer == by_lookup


@pytest.mark.parametrize("form", ["csv", "ndjson", "mmdb"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(form, small_database, tmp_path):
    target = tmp_path / "networks"
    target.write_text("old")

    def small_files_only():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    # Python ignores SIGXFSZ, and so does then its child: a write past the limit fails.
    done = run(
        *["export", "--db", small_database, "--format", form, "-o", target],
        preexec_fn=small_files_only,
        restore_signals=False,
    )
    assert str(target) in error_line(done)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["networks"]


def test_a_new_file_has_the_mode_that_the_umask_allows(small_database, tmp_path):
    target = tmp_path / "networks.csv"
    run_ok("export", "--db", small_database, "--format", "csv", "-o", target, umask=0o027)
    assert target.stat().st_mode & 0o777 == 0o640


def test_the_same_file_gives_the_same_bytes(small_database, tmp_path):
    for form in ("csv", "ndjson", "mmdb"):
        one, two = tmp_path / "one", tmp_path / "two"
        for target in (one, two):
            run_ok("export", "--db", small_database, "--format", form, "-o", target)
        assert one.read_bytes() == two.read_bytes()


def test_a_reader_that_has_seen_enough_is_no_error(small_database):
    command = [support.nameplate_bin(), "export", "--db", small_database, "--format", "csv", "-o", "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(support.PATIENCE) == 0
