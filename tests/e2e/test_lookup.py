"""`nameplate lookup` and `networks`: answers, exit codes, and reading from standard input."""

import ipaddress
import json
import select
import subprocess

import pytest
import support
from support import error_line, run, run_ok

REFUSED_JSON = '{{"error":"invalid address","line":{}}}'


@pytest.fixture(params=["--db", "--socket"])
def where(request, daemon, database):
    """Both ways to ask, which must answer alike."""
    return [request.param, database if request.param == "--db" else daemon.socket]


def test_arguments_and_standard_input_give_the_same_lines(where):
    lines = "".join(f"{address}\n" for address in support.EDGES)
    assert run_ok("lookup", *where, "--json", *support.EDGES) == run_ok(
        "lookup", *where, "--json", "-", stdin=lines
    )
    assert run_ok("lookup", *where, *support.EDGES) == run_ok("lookup", *where, "-", stdin=lines)


def test_the_daemon_answers_as_the_file_does(daemon, database):
    addresses = support.EDGES + [
        a for table in support.source_tables() for a in support.addresses_of(table, 600)
    ]
    lines = "".join(f"{address}\n" for address in addresses)
    for form in (["--json"], []):
        from_file = run_ok("lookup", "--db", database, *form, "-", stdin=lines)
        assert from_file == run_ok("lookup", "--socket", daemon.socket, *form, "-", stdin=lines)
        assert from_file.count("\n") == len(addresses)


def test_no_answer_names_the_address_that_was_asked(where):
    answers = run_ok("lookup", *where, "--json", "8.8.8.77", "2001:4860:4860::77")
    assert "8.8.8.77" not in answers
    assert "::77" not in answers


def test_a_mapped_address_is_answered_as_the_ipv4_one(where):
    plain, mapped, hexadecimal = run_ok(
        "lookup", *where, "--json", "8.8.8.8", "::ffff:8.8.8.8", "::FFFF:808:808"
    ).splitlines()
    assert plain == mapped == hexadecimal


def test_special_purpose_addresses_are_reserved(where):
    addresses = [
        "10.0.0.1",
        "127.0.0.1",
        "192.0.2.1",
        "192.168.1.1",
        "255.255.255.255",
        "::1",
        "fe80::1",
        "2001:db8::1",
    ]
    for line in run_ok("lookup", *where, "--json", *addresses).splitlines():
        answer = json.loads(line)
        assert answer.keys() == {"status", "block"}, line
        assert answer["status"] == "reserved"


@pytest.mark.parametrize("address", support.NO_ADDRESSES, ids=lambda address: repr(address[:20]))
def test_what_is_no_address_is_refused_in_its_place_and_not_quoted(address, where):
    done = run("lookup", *where, "--json", "-", stdin=f"8.8.8.8\n{address}\n8.8.8.8\n")
    before, refused, after = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (1, "")
    assert refused == REFUSED_JSON.format(2)
    assert before == after
    assert json.loads(before)["network"]["first"] == "8.8.8.0"


def test_bytes_that_are_no_text_are_refused_like_any_other(where):
    stdin = b"8.8.8.8\n1.1.1.1\0\n\xff\xfe\n\n8.8.8.8"
    done = run("lookup", *where, "--json", "-", stdin=stdin)
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert lines[1:4] == [REFUSED_JSON.format(n) for n in (2, 3, 4)]
    assert lines[0] == lines[4], "a last line without an end counts"


def test_a_refused_argument_is_told_by_its_place_among_the_arguments(where):
    done = run("lookup", *where, "--json", "8.8.8.8", "8.8.8.08", "8.8.8.8")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[1] == REFUSED_JSON.format(2)


def test_lines_may_end_as_windows_ends_them(where):
    assert run_ok("lookup", *where, "--json", "-", stdin="8.8.8.8\r\n") == run_ok(
        "lookup", *where, "--json", "8.8.8.8"
    )


def test_an_empty_input_gives_an_empty_output(where):
    assert run_ok("lookup", *where, "-", stdin="") == ""


def test_answers_come_while_the_input_is_still_open(where):
    with subprocess.Popen(
        [support.nameplate_bin(), "lookup", *where, "--json", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        for _ in range(2):
            process.stdin.write(b"8.8.8.8\n")
            process.stdin.flush()
            readable, _, _ = select.select([process.stdout], [], [], support.PATIENCE)
            assert readable, "no answer before the end of the input"
            assert json.loads(process.stdout.readline())["network"]["first"] == "8.8.8.0"
        process.stdin.close()
        assert process.wait(support.PATIENCE) == 0


def test_a_reader_that_has_seen_enough_is_no_error(where):
    with subprocess.Popen(
        [support.nameplate_bin(), "lookup", *where, "--json", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        process.stdin.write(b"8.8.8.8\n")
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait(support.PATIENCE) == 0


def test_many_lines_stream_in_order(database):
    addresses = support.addresses_of(support.source_tables()[0], 600) * 200
    answers = support.lookup_json(database, addresses)
    assert answers[:600] == answers[-600:]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["no-such-command"],
        ["lookup"],
        ["lookup", "--db", "x.npl"],
        ["lookup", "8.8.8.8"],
        ["lookup", "--db", "x.npl", "--socket", "x.sock", "8.8.8.8"],
        ["lookup", "--db", "x.npl", "--no-such-flag", "8.8.8.8"],
        ["build", "-o", "x.npl"],
        ["build", "--config", "x.toml"],
        ["build", "--config", "x.toml", "--asn", "x.csv", "-o", "x.npl"],
        ["inspect"],
        ["verify"],
        ["networks", "--db", "x.npl"],
        ["serve", "--db", "x.npl"],
        ["completions", "no-such-shell"],
        ["man"],
    ],
    ids=lambda arguments: " ".join(arguments) or "nothing",
)
def test_wrong_usage_is_exit_code_2(arguments):
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    if arguments:
        error_line(done, code=2)


@pytest.mark.parametrize(
    "arguments",
    [["8.8.8.77"], ["lookup", "8.8.8.77"], ["inspect", "x.npl", "8.8.8.77"]],
    ids=["no command", "no file", "one too many"],
)
def test_wrong_usage_does_not_quote_an_address(arguments):
    done = run(*arguments)
    assert done.returncode == 2
    assert "8.8.8.77" not in done.stderr + done.stdout


def test_a_daemon_that_is_not_there_is_named(tmp_path):
    assert str(tmp_path / "no.sock") in error_line(run("lookup", "--socket", tmp_path / "no.sock", "8.8.8.8"))


def test_a_company_s_networks_are_ranges_and_the_same_addresses_as_cidrs(database):
    [answer] = support.lookup_json(database, ["198.24.10.1"])
    company = answer["company"]["id"]
    networks = [
        json.loads(line) for line in run_ok("networks", "--db", database, company, "--json").splitlines()
    ]
    assert answer["network"] in [{end: network[end] for end in ("first", "last")} for network in networks]
    for network in networks:
        first, last = (ipaddress.ip_address(network[end]) for end in ("first", "last"))
        expected = [str(cidr) for cidr in ipaddress.summarize_address_range(first, last)]
        assert network["cidrs"] == expected
        for end in support.lookup_json(database, [network["first"], network["last"]]):
            assert end["company"]["id"] == company
    text = run_ok("networks", "--db", database, company)
    assert text.count("\n") == len(networks)


def test_a_company_that_is_not_there_is_an_error(database):
    error_line(run("networks", "--db", database, "asn:4294967295"))
