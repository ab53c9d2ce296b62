"""`nameplate inspect` and `verify`, and what every command says about a file that is none."""

import json
import random

import pytest
import support
from support import error_line, run, run_ok

ATTRIBUTION = ["DB-IP", "nro.net", "routeviews.org"]


def test_inspect_shows_licence_attribution_and_date_of_every_source(database):
    text = run_ok("inspect", database)
    facts = json.loads(run_ok("inspect", database, "--json"))
    assert facts["sources"], "a file names its sources"
    for source in facts["sources"]:
        assert source["licence"] == "CC-BY-4.0"
        assert source["date"] == "2026-06-17"
        assert source["rows"] > 0
        for name in ATTRIBUTION:
            assert name in source["attribution"]
        for shown in ("name", "title", "licence", "attribution", "url", "date"):
            assert source[shown] in text


def test_inspect_counts_what_is_in_the_file(database):
    facts = json.loads(run_ok("inspect", database, "--json"))
    rows = sum(len(support.rows(table)) for table in support.source_tables())
    assert sum(source["rows"] for source in facts["sources"]) <= rows
    assert facts["bytes"] == database.stat().st_size <= 20_000_000
    assert facts["v4_intervals"] > 1000
    assert facts["v6_intervals"] > 500


def test_verify_says_ok(database):
    assert "ok" in run_ok("verify", database)


def test_a_file_cannot_be_written_by_accident(database):
    assert database.stat().st_mode & 0o777 == 0o444


def test_verify_finds_a_damaged_byte_wherever_it_is(small_database, tmp_path):
    whole = small_database.read_bytes()
    damaged = tmp_path / "damaged.npl"
    chance = random.Random(0)
    for place in [0, 8, 63, 64, len(whole) // 2, len(whole) - 1, *chance.sample(range(len(whole)), 50)]:
        content = bytearray(whole)
        content[place] ^= 0x10
        damaged.write_bytes(content)
        assert str(damaged) in error_line(run("verify", damaged)), f"byte {place}"


# What stands at the path, made from a whole range file; None for nothing at all.
BAD_FILES = {
    "missing": None,
    "empty": lambda _: b"",
    "cut off": lambda whole: whole[:-1],
    "cut off in the header": lambda whole: whole[:40],
    "longer": lambda whole: whole + b"\0",
    "foreign": lambda _: b"PK\x03\x04" + bytes(100_000),
    "text": lambda _: b"1.0.0.0,1.0.0.255,64500,Example Ltd\n" * 1000,
}


@pytest.fixture(params=[*BAD_FILES, "folder"])
def bad_file(request, small_database, tmp_path):
    path = tmp_path / "bad.npl"
    if request.param == "folder":
        path.mkdir()
    elif make := BAD_FILES[request.param]:
        path.write_bytes(make(small_database.read_bytes()))
    return path


@pytest.mark.parametrize("command", ["lookup", "inspect", "verify", "networks", "serve"])
def test_what_is_no_range_file_is_named_in_one_line(command, bad_file, socket_folder):
    arguments = {
        "lookup": ["--db", bad_file, "8.8.8.8"],
        "inspect": [bad_file],
        "verify": [bad_file],
        "networks": ["--db", bad_file, "asn:64500"],
        "serve": ["--db", bad_file, "--socket", socket_folder / "nameplate.sock"],
    }
    done = run(command, *arguments[command])
    line = error_line(done)
    assert str(bad_file) in line
    assert len(line) < 500
    assert done.stdout == ""
    assert not (socket_folder / "nameplate.sock").exists()
