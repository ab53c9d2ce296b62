"""The suppression list: kept by `nameplate suppress`, honoured by every command and the daemon."""

import json
import re
import subprocess

import pytest
from support import Daemon, error_line, lookup_json, nameplate_bin, request, run, run_ok

# Vishay Intertechnology, Inc.: a company with an AS of its own, in the sample and in the whole table.
COMPANY = "198.24.10.1"
COMPANY_ID = "asn:62541"
COMPANY_NAME = "Vishay Intertechnology, Inc."
DATE = "2026-06-17"


@pytest.fixture
def suppression(tmp_path):
    path = tmp_path / "suppress.list"
    run_ok("suppress", "create", "--list", path)
    return path


def add(path, *rule, code=0):
    done = run("suppress", "add", "--list", path, *rule, "--reason", "objection by letter", "--date", DATE)
    assert done.returncode == code, done
    return done


def entries(path):
    return [json.loads(line) for line in run_ok("suppress", "list", "--list", path, "--json").splitlines()]


@pytest.fixture(scope="module")
def company(database):
    """A company of the file, whose name no other has: id, name, first address."""
    export = run_ok("export", "--db", database, "--format", "ndjson", "-o", "-").splitlines()[1:]
    answers = [json.loads(line) for line in export]
    companies = [answer for answer in answers if answer["status"] == "company"]
    ids = {}
    for answer in companies:
        ids.setdefault(answer["company"]["name"], set()).add(answer["company"]["id"])
    everything = "".join(export)
    for answer in companies:
        company_id, name = answer["company"]["id"], answer["company"]["name"]
        # Nor may it be a part of another's name, which would still be there.
        if len(ids[name]) == 1 and everything.count(name) == everything.count(f'"name":"{name}"'):
            return company_id, name, answer["network"]["first"]
    raise AssertionError("no such company")


def test_entries_are_added_listed_and_removed(suppression):
    assert entries(suppression) == []
    rules = {
        ("--id", "lei:52990000EXAMPLE00002"): {"rule": "id", "id": "lei:52990000EXAMPLE00002"},
        ("--register", "Amtsgericht Köln", "--number", "HRB 1"): {
            "rule": "register",
            "register": "Amtsgericht Köln",
            "number": "HRB 1",
        },
        ("--domain", "example.com"): {"rule": "domain", "domain": "example.com"},
        ("--network", "192.0.2.0/24"): {"rule": "network", "first": "192.0.2.0", "last": "192.0.2.255"},
        ("--network", "2001:db8::-2001:db8::5"): {
            "rule": "network",
            "first": "2001:db8::",
            "last": "2001:db8::5",
        },
    }
    for rule in rules:
        assert add(suppression, *rule).stdout.startswith("added: ")
    common = {"date": DATE, "reason": "objection by letter"}
    assert entries(suppression) == [expected | common for expected in rules.values()]
    lines = run_ok("suppress", "list", "--list", suppression).splitlines()
    assert lines[2] == f"{DATE}\tdomain\texample.com\tobjection by letter"
    for rule in rules:
        assert run_ok("suppress", "remove", "--list", suppression, *rule).startswith("removed: ")
    assert entries(suppression) == []


def test_an_entry_without_a_date_gets_today_s(suppression):
    run_ok("suppress", "add", "--list", suppression, "--id", "lei:1", "--reason", "asked")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", entries(suppression)[0]["date"])


def test_adding_again_succeeds_and_keeps_the_first_date(suppression):
    add(suppression, "--domain", "example.com")
    again = run_ok(
        "suppress", "add", "--list", suppression, "--domain", "WWW.example.com", "--reason", "again"
    )
    assert f"there since {DATE}" in again
    assert [(entry["date"], entry["domain"]) for entry in entries(suppression)] == [(DATE, "example.com")]


def test_removing_what_is_not_there_fails(suppression):
    line = error_line(run("suppress", "remove", "--list", suppression, "--domain", "example.com"))
    assert "no such entry" in line


def test_a_lost_list_is_never_a_new_one(tmp_path, database):
    path = tmp_path / "suppress.list"
    for arguments in (
        ["suppress", "add", "--list", path, "--id", "lei:1", "--reason", "asked"],
        ["suppress", "remove", "--list", path, "--id", "lei:1"],
        ["suppress", "list", "--list", path],
        ["lookup", "--db", database, "--suppress", path, COMPANY],
        ["networks", "--db", database, "--suppress", path, COMPANY_ID],
        ["diff", database, database, "--suppress", path],
        ["export", "--db", database, "--suppress", path, "--format", "csv", "-o", "-"],
        ["serve", "--db", database, "--suppress", path, "--socket", tmp_path / "n.sock"],
    ):
        done = run(*arguments)
        assert "there is no suppression list; restore it from a backup" in error_line(done)
        assert done.stdout == ""
    assert not path.exists()


def test_a_list_can_begin_with_its_first_entry_and_only_once(tmp_path):
    path = tmp_path / "suppress.list"
    add(path, "--create", "--id", "lei:1")
    assert "is there already" in add(path, "--create", "--id", "lei:2", code=1).stderr
    assert "is there already" in error_line(run("suppress", "create", "--list", path))
    assert [entry["id"] for entry in entries(path)] == ["lei:1"]


def test_a_damaged_list_is_refused_everywhere(suppression, database, tmp_path):
    add(suppression, "--id", COMPANY_ID)
    whole = suppression.read_text()
    for damaged in ("", whole[:-1], whole[: len(whole) // 2], whole.replace("62541", "62542"), whole + whole):
        suppression.write_text(damaged)
        for arguments in (
            ["suppress", "list", "--list", suppression],
            ["suppress", "add", "--list", suppression, "--id", "lei:1", "--reason", "asked"],
            ["lookup", "--db", database, "--suppress", suppression, COMPANY],
            ["serve", "--db", database, "--suppress", suppression, "--socket", tmp_path / "n.sock"],
        ):
            done = run(*arguments)
            assert "restore it from a backup" in error_line(done)
            assert done.stdout == ""
        assert suppression.read_text() == damaged


@pytest.mark.parametrize(
    "rule",
    [
        [],
        ["--id", "lei:1", "--domain", "example.com"],
        ["--register", "Handelsregister"],
        ["--number", "1"],
        ["--network", "192.0.2.1/24"],
        ["--network", "192.0.2"],
        ["--domain", "https://example.com/"],
        ["--id", ""],
        ["--id", "a\tb"],
        ["--id", "lei:1", "--date", "17.06.2026"],
        ["--id", "lei:1", "--date", "2026-02-30"],
    ],
    ids=" ".join,
)
def test_wrong_usage_changes_nothing(suppression, rule):
    error_line(run("suppress", "add", "--list", suppression, *rule, "--reason", "asked"), code=2)
    assert entries(suppression) == []


def test_a_reason_is_asked_for(suppression):
    error_line(run("suppress", "add", "--list", suppression, "--id", "lei:1"), code=2)
    done = run("suppress", "add", "--list", suppression, "--id", "lei:1", "--reason", " ")
    error_line(done, code=2)


def test_a_list_does_not_go_with_a_daemon_that_has_its_own(suppression, tmp_path):
    done = run("lookup", "--socket", tmp_path / "n.sock", "--suppress", suppression, COMPANY)
    error_line(done, code=2)


def test_entries_added_at_the_same_time_are_all_there(suppression):
    command = [nameplate_bin(), "suppress", "add", "--list", suppression, "--reason", "asked", "--id"]
    started = [subprocess.Popen([*command, f"lei:{n}"], stdout=subprocess.DEVNULL) for n in range(20)]
    assert [process.wait() for process in started] == [0] * 20
    assert {entry["id"] for entry in entries(suppression)} == {f"lei:{n}" for n in range(20)}


def test_a_suppressed_company_is_in_no_output(suppression, database, company, tmp_path):
    company_id, name, address = company
    add(suppression, "--id", company_id)
    known, gap = lookup_json(database, [address, "0.1.2.3"])
    assert known["company"]["id"] == company_id
    with_list = ["--db", database, "--suppress", suppression]
    assert json.loads(run_ok("lookup", *with_list, "--json", address)) == {"status": "unknown"}
    assert run_ok("lookup", *with_list, address) == "unknown\n"
    of_nobody = error_line(run("networks", *with_list, "asn:4294967295"))
    assert error_line(run("networks", *with_list, company_id)) == of_nobody
    for form in ("csv", "ndjson"):
        before = run_ok("export", "--db", database, "--format", form, "-o", "-")
        after = run_ok("export", *with_list, "--format", form, "-o", "-")
        assert f'"{company_id}"' in before or f",{company_id}," in before
        assert name in before
        assert f'"{company_id}"' not in after
        assert f",{company_id}," not in after
        assert name not in after
    mmdb = tmp_path / "n.mmdb"
    run_ok("export", *with_list, "--format", "mmdb", "-o", mmdb)
    assert name.encode() not in mmdb.read_bytes()
    assert name not in run_ok("diff", database, database, "--suppress", suppression)
    assert gap["status"] in ("unknown", "reserved")


def test_a_suppressed_network_ends_the_ranges_beside_it(suppression, database):
    known = json.loads(run_ok("lookup", "--db", database, "--json", COMPANY))
    add(suppression, "--network", "198.24.10.128/25")
    with_list = ["--db", database, "--suppress", suppression, "--json"]
    before, inside, behind = map(
        json.loads, run_ok("lookup", *with_list, COMPANY, "198.24.10.200", "198.24.11.0").splitlines()
    )
    assert inside == {"status": "unknown"}
    assert before["network"] == {"first": known["network"]["first"], "last": "198.24.10.127"}
    assert behind["network"] == {"first": "198.24.11.0", "last": known["network"]["last"]}


def test_adding_says_what_an_entry_hides_in_a_file(suppression, database):
    def said(*rule):
        out = run_ok("suppress", "add", "--list", suppression, *rule, "--reason", "asked", "--db", database)
        return out.splitlines()[1:]

    names = said("--id", COMPANY_ID)
    assert f"hides the company {COMPANY_ID}: {COMPANY_NAME}" in names
    assert f"hides the operator AS62541: {COMPANY_NAME}" in names
    for line in (line for line in names if line.startswith("still shown under another id: ")):
        assert line.endswith(f": {COMPANY_NAME}")
    assert said("--network", "198.24.10.0/25") == ["hides all or part of 1 network"]
    assert said("--id", "lei:NOBODY") == [f"hides nothing in {database}"]


@pytest.mark.parametrize("by_config", [False, True])
def test_the_daemon_answers_without_what_its_list_names(
    suppression, small_database, socket_folder, by_config
):
    """All there is to ask says the same of a suppressed company as of one that never was."""
    answers = run_ok("export", "--db", small_database, "--format", "ndjson", "-o", "-").splitlines()[1:]
    answer = next(a for a in map(json.loads, answers) if a["status"] == "company")
    company_id, address = answer["company"]["id"], answer["network"]["first"]
    assert "." in address, "the first of the file's companies has an IPv4 network"
    add(suppression, "--id", company_id)
    extra = ["--suppress", suppression]
    if by_config:
        config = socket_folder / "nameplate.toml"
        config.write_text(f"suppress = '{suppression}'\n")
        extra = ["--config", config]
    daemon = Daemon(small_database, socket_folder, extra=extra)
    try:
        daemon.wait_until_ready()
        packed = bytes(int(part) for part in address.split("."))
        with daemon.connect() as client:

            def ask(*command):
                client.sendall(request(*command) + request("ECHO", "end of the reply"))
                received = b""
                while not received.endswith(b"$16\r\nend of the reply\r\n"):
                    received += client.recv(1 << 16)
                return received.removesuffix(b"$16\r\nend of the reply\r\n")

            assert ask("LOOKUP", address) == b"*2\r\n$6\r\nstatus\r\n$7\r\nunknown\r\n"
            assert ask("MLOOKUP", address) == b"*1\r\n*2\r\n$6\r\nstatus\r\n$7\r\nunknown\r\n"
            assert ask("LOOKUPJSON", address) == b'$20\r\n{"status":"unknown"}\r\n'
            assert ask("LOOKUPPACKED", "4", packed).endswith(b"$4\r\n\0\0\0\0\r\n")
            assert ask("NETWORKS", company_id) == ask("NETWORKS", "asn:4294967295") == b"*0\r\n"
            count = int(re.search(rb"answers:(\d+)", ask("INFO"))[1])
            for number in range(count):
                assert f"{company_id}\r\n".encode() not in ask("ANSWER", str(number))
            assert ask("ANSWER", str(count)).startswith(b"-ERR no such answer")
        assert daemon.terminate() == 0
        assert "entries=1" in re.sub(r"\x1b\[\d+m", "", daemon.log.read_text())
    finally:
        daemon.kill()
