"""`nameplate build`: the same file from the same tables, and plain words about bad ones."""

import ipaddress
import json

import pytest
import support
from support import error_line, run, run_ok

GOOD = b"1.0.0.0,1.0.0.255,64500,Example Ltd\n"

BAD_ROWS = {
    "bad address": b"1.0.1.0,1.0.1.256,64500,Example Ltd\n",
    "start after end": b"1.0.1.255,1.0.1.0,64500,Example Ltd\n",
    "families mixed": b"1.0.1.0,2001:db8::,64500,Example Ltd\n",
    "too few columns": b"1.0.1.0,1.0.1.255\n",
    "too many columns": b"1.0.1.0,1.0.1.255,64500,Example,Ltd\n",
    "bad AS number": b"1.0.1.0,1.0.1.255,4294967296,Example Ltd\n",
    "Latin-1": "1.0.1.0,1.0.1.255,64500,Caf\xe9 Ltd\n".encode("latin-1"),
    "a line of 10 MB": b"1.0.1.0,1.0.1.255,64500," + b"x" * 10_000_000 + b"\n",
}


@pytest.mark.parametrize("row", BAD_ROWS.values(), ids=BAD_ROWS.keys())
def test_a_bad_row_is_counted_with_its_reason_and_line_and_the_others_are_used(row, tmp_path):
    table = tmp_path / "table.csv"
    table.write_bytes(GOOD + row + GOOD)
    out = tmp_path / "out.npl"
    text = run_ok("build", "--asn", table, "-o", out)
    assert "ip-asn: 3 rows, 2 used, 1 refused\n" in text
    assert "(first on line 2)" in text
    [source] = json.loads(run_ok("build", "--asn", table, "-o", out, "--json"))["sources"]
    [refused] = source["refused"]
    assert (refused["count"], refused["first_line"]) == (1, 2)
    assert f"refused 1: {refused['reason']} (first" in text
    [answer] = support.lookup_json(out, ["1.0.0.1"])
    assert answer["operator"]["asn"] == 64500


@pytest.mark.parametrize("row", BAD_ROWS.values(), ids=BAD_ROWS.keys())
def test_a_file_of_bad_rows_is_refused_and_leaves_the_file_that_was_there(row, tmp_path, small_database):
    table = tmp_path / "table.csv"
    table.write_bytes(row)
    out = tmp_path / "out.npl"
    out.write_bytes(small_database.read_bytes())
    line = error_line(run("build", "--asn", table, "-o", out))
    assert str(table) in line
    assert "line 1" in line
    assert len(line) < 500
    assert out.read_bytes() == small_database.read_bytes()
    assert sorted(tmp_path.iterdir()) == [out, table]


def test_an_explanation_shows_the_evidence_the_rule_and_the_answer(tmp_path):
    table = tmp_path / "table.csv"
    table.write_bytes(GOOD)
    text = run_ok("build", "--asn", table, "--explain", "1.0.0.7")
    assert "ip-asn: 1.0.0.0-1.0.0.255, announced by AS64500 of Example Ltd" in text
    told = json.loads(run_ok("build", "--asn", table, "--explain", "1.0.0.7", "--json"))
    assert told["rule"]["name"] in text
    assert told["answer"]["operator"]["asn"] == 64500
    assert sorted(tmp_path.iterdir()) == [table]
    out = tmp_path / "out.npl"
    run_ok("build", "--asn", table, "--explain", "1.0.0.7", "-o", out)
    assert support.lookup_json(out, ["1.0.0.7"]) == [told["answer"]]
    unknown = json.loads(run_ok("build", "--asn", table, "--explain", "9.9.9.9", "--json"))
    assert (unknown["statements"], unknown["answer"]) == ([], {"status": "unknown"})
    line = error_line(run("build", "--asn", table, "--explain", "1.0.0.777"), code=2)
    assert "1.0.0.777" not in line


def test_whois_dumps_are_read_only_when_their_terms_are_accepted(tmp_path):
    (tmp_path / "whois.db").write_text(
        "inetnum: 1.0.0.0 - 1.0.0.255\nnetname: X\ndescr: Example Foundry Ltd\n"
        "country: GB\nstatus: ASSIGNED PI\nsource: TEST\n"
    )
    config = tmp_path / "nameplate.toml"
    config.write_text('[[source]]\nkind = "rpsl"\nname = "whois"\nfiles = ["whois.db"]\n')
    out = tmp_path / "out.npl"
    refused = run("build", "--config", config, "-o", out)
    assert refused.returncode == 1
    assert "marketing" in refused.stderr
    assert "--accept-terms" in refused.stderr.splitlines()[-1]
    assert not out.exists()
    accepted = run("build", "--config", config, "-o", out, "--accept-terms")
    assert accepted.returncode == 0
    assert "marketing" in accepted.stderr
    [answer] = support.lookup_json(out, ["1.0.0.1"])
    assert answer["company"]["name"] == "Example Foundry Ltd"


@pytest.mark.parametrize("missing", ["table.csv", "config.toml"])
def test_a_missing_input_is_named(missing, tmp_path):
    flag = "--asn" if missing.endswith("csv") else "--config"
    line = error_line(run("build", flag, tmp_path / missing, "-o", tmp_path / "out.npl"))
    assert missing in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    ["", "[[source]\n", '[[source]]\nkind = "no-such-kind"\nname = "x"\nfiles = []\n', "surprise = 1\n"],
    ids=["empty", "no TOML", "unknown kind", "unknown key"],
)
def test_a_bad_configuration_is_named(text, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text(text)
    line = error_line(run("build", "--config", config, "-o", tmp_path / "out.npl"))
    assert str(config) in line
    assert list(tmp_path.iterdir()) == [config]


def test_an_output_that_cannot_be_written_is_named(tmp_path):
    table = tmp_path / "table.csv"
    table.write_bytes(GOOD)
    line = error_line(run("build", "--asn", table, "-o", tmp_path / "no/such/folder/out.npl"))
    assert "no/such/folder" in line


def test_the_same_tables_give_the_same_bytes(small_database, tmp_path):
    again = tmp_path / "again.npl"
    run_ok("build", "--config", support.ROOT / "data/sample.toml", "-o", again)
    assert again.read_bytes() == small_database.read_bytes()


def test_dotted_and_numeric_tables_give_the_same_answers(tmp_path):
    dotted = [support.SAMPLE / "asn-ipv4.csv", support.SAMPLE / "asn-ipv6.csv"]
    numeric = []
    for table in dotted:
        numeric.append(tmp_path / table.name)
        with numeric[-1].open("w", encoding="utf-8") as out:
            for first, last, asn, name in support.rows(table):
                numbers = (int(ipaddress.ip_address(end)) for end in (first, last))
                quoted = name.replace('"', '""')
                out.write("{},{}".format(*numbers) + f',{asn},"{quoted}"\n')
    run_ok("build", "--asn", *dotted, "-o", tmp_path / "dotted.npl")
    run_ok("build", "--asn", *numeric, "-o", tmp_path / "numeric.npl")
    addresses = support.EDGES + [a for table in dotted for a in support.addresses_of(table, 300)]
    answers = support.lookup_json(tmp_path / "dotted.npl", addresses)
    assert answers == support.lookup_json(tmp_path / "numeric.npl", addresses)
    assert {answer["status"] for answer in answers} == {"company", "operator", "unknown", "reserved"}


def test_an_iptoasn_table_is_read(tmp_path):
    table = tmp_path / "ip2asn.tsv"
    table.write_text(
        "1.0.0.0\t1.0.0.255\t64500\tUS\tExample Broadband Ltd\n1.0.1.0\t1.0.1.255\t0\tNone\tNot routed\n"
    )
    out = tmp_path / "out.npl"
    run_ok("build", "--asn", table, "-o", out)
    routed, unrouted = support.lookup_json(out, ["1.0.0.1", "1.0.1.1"])
    assert routed["operator"]["asn"] == 64500
    assert unrouted == {"status": "unknown"}


def test_a_natural_person_is_not_in_the_file(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("1.0.0.0,1.0.0.255,64500,Erika Mustermann\n1.0.1.0,1.0.1.255,64501,Example Telecom\n")
    out = tmp_path / "out.npl"
    run_ok("build", "--asn", table, "-o", out)
    person, operator = support.lookup_json(out, ["1.0.0.1", "1.0.1.1"])
    assert person == {"status": "unknown"}
    assert operator["operator"]["name"] == "Example Telecom"
    assert b"Mustermann" not in out.read_bytes()


def test_a_build_says_on_standard_output_nothing_that_a_terminal_would_need(tmp_path):
    table = tmp_path / "table.csv"
    table.write_bytes(GOOD)
    done = run("build", "--asn", table, "-o", tmp_path / "out.npl")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr


def test_every_row_is_answered_with_its_operator(database):
    """An oracle of its own: what the tables say, read by Python."""
    for table in support.source_tables():
        some = support.rows(table)[:: max(1, len(support.rows(table)) // 2000)]
        answers = support.lookup_json(database, [first for first, *_ in some])
        unknown = 0
        for (first, _, asn, name), answer in zip(some, answers, strict=True):
            if answer["status"] == "unknown":
                unknown += 1  # a natural person's, or none that may be shown
            elif answer["status"] != "reserved":
                assert (answer["operator"]["asn"], answer["operator"]["name"]) == (int(asn), name.strip()), (
                    first
                )
                network = answer["network"]
                ends = (ipaddress.ip_address(network[end]) for end in ("first", "last"))
                assert next(ends) <= ipaddress.ip_address(first) <= next(ends)
        assert unknown < len(some) / 4, "most rows name an organisation"


def test_the_narrower_of_two_overlapping_rows_wins(database):
    left, shared, right = support.lookup_json(database, ["214.95.0.0", "215.0.0.0", "215.1.3.255"])
    assert left["operator"]["asn"] == 749
    assert shared["operator"]["asn"] == right["operator"]["asn"] == 721
    assert left["network"]["last"] == "214.255.255.255"
    assert shared["network"] == right["network"]
    assert shared["network"]["first"] == "215.0.0.0"


def test_a_firm_with_its_own_network_is_a_company(database):
    [answer] = support.lookup_json(database, ["198.24.10.1"])
    assert answer["status"] == "company"
    assert answer["company"]["name"] == "Vishay Intertechnology, Inc."
    assert answer["company"]["kind"] == "business"
    assert 1 <= answer["confidence"] <= 50
    assert answer["operator"]["asn"] == 62541
    assert answer["sources"] == ["ip-asn"]
