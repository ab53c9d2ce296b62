"""Visits become leads: over the socket, as a site's server sends them."""

import contextlib
import json
import signal
import threading
from pathlib import Path

import pytest
import redis
from support import PATIENCE, error_line, http_get, request, run, run_ok

from leads import Leads, company_networks

VISITOR = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def leads(small_database, socket_folder):
    leads = Leads(small_database, socket_folder).start()
    try:
        yield leads
    finally:
        leads.daemon.kill()


@pytest.fixture
def client(leads):
    with leads.client() as client:
        yield client


@pytest.fixture(scope="module")
def company(small_database) -> tuple[str, str]:
    """A company's id, and an address of it."""
    rows = [row for row in company_networks(small_database) if "." in row["network"]["first"]]
    return rows[0]["company"]["id"], rows[0]["network"]["first"]


def refused(client: redis.Redis, *command) -> str:
    with pytest.raises(redis.ResponseError) as error:
        client.execute_command(*command)
    return str(error.value)


def test_a_visit_becomes_a_lead_with_its_pages(leads, client, company):
    company_id, address = company
    reply = leads.visit(client, address, url="https://shop.example/pricing?utm_source=mail", title="Prices")
    assert reply["level"] == "company"
    assert reply["company"]["id"] == company_id
    assert reply["company"]["sources"]
    assert address not in json.dumps(reply)
    [lead] = leads.companies(client)
    assert (lead["company"]["id"], lead["page_views"]) == (company_id, 1)
    detail = json.loads(client.execute_command("LEAD", company_id))
    [page] = detail["timeline"][0]["pages"]
    assert (page["path"], page["title"], page["utm_source"]) == ("/pricing", "Prices", "mail")
    assert client.execute_command("LEAD", "lei:NOBODY") is None


def test_what_the_gate_lowers_is_counted_and_nothing_more(leads, client, company):
    _, address = company
    for more, level in [
        ({"consent": None}, "off"),
        ({"consent": "off"}, "off"),
        ({"gpc": True}, "count"),
        ({"objection": True}, "off"),
        ({"site": "quiet"}, "count"),
        ({"site": "closed"}, "off"),
        ({"user_agent": "Googlebot/2.1"}, "company"),
        ({"site": "blog", "consent": None, "gpc": True}, "count"),
    ]:
        assert leads.visit(client, address, **more) == {"level": level}, more
    assert leads.companies(client) == []
    assert leads.filtered(client) == {
        "no_consent": 1,
        "refused": 1,
        "privacy_control": 2,
        "objection": 1,
        "site_counts": 1,
        "site_off": 1,
        "bot": 1,
    }
    _, metrics = http_get(leads.monitor, "/metrics")
    assert 'nameplate_visits_total{level="off"} 4' in metrics
    assert 'nameplate_visit_reasons_total{reason="privacy_control"} 2' in metrics


def test_a_visitor_can_have_everything_and_nothing(leads, client, company):
    company_id, address = company
    leads.visit(client, address, consent="sessions", visitor=VISITOR, session=VISITOR)
    export = json.loads(client.execute_command("VISITOR", "EXPORT", VISITOR))
    assert [visit["company"]["id"] for visit in export["visits"]] == [company_id]
    assert client.execute_command("VISITOR", "erase", VISITOR.upper()) > 0
    assert json.loads(client.execute_command("VISITOR", "EXPORT", VISITOR)) == {"visits": []}
    assert leads.companies(client) == []


def test_errors_say_what_is_wrong_and_quote_nothing(client):
    secret = "203.0.113.177"
    for command, expected in [
        (("VISIT", secret), "a visit is one JSON object"),
        (("VISIT", b"\xff" + secret.encode()), "a visit is JSON in UTF-8"),
        (("VISIT", "x" * 70_000), "a visit is at most 65536 bytes"),
        (("VISIT", json.dumps({"site": "shop", "address": secret + ":80"})), "invalid address"),
        (
            ("VISIT", json.dumps({"site": secret, "address": secret})),
            "the configuration has no site of this name",
        ),
        (("VISIT", json.dumps({"site": "shop", "address": secret, secret: 1})), "a visit has no such key"),
        (("VISIT",), "wrong number of arguments for 'visit' command"),
        (("VISIT", secret, secret), "wrong number of arguments for 'visit' command"),
        (("LEADS", secret), "a question is one JSON object"),
        (("LEADS", '{"limit": 501}'), "the question can't be answered"),
        (("LEADS", '{"sites": ["203.0.113.177"]}'), "there is no such site"),
        (("FILTERED", '{"from": "203.0.113.177"}'), "the question can't be answered"),
        (("VISITOR", "EXPORT", secret), "a visitor's id is 32 hexadecimal digits"),
        (("VISITOR", secret, VISITOR), "unknown subcommand"),
    ]:
        error = refused(client, *command)
        assert error.startswith(expected), (command, error)
        assert secret not in error
    assert client.ping()


def test_visits_in_a_pipeline_are_answered_in_order(leads, client, company):
    _, address = company
    with client.pipeline(transaction=False) as pipeline:
        for number in range(600):
            visit = {"site": "shop", "address": address, "consent": "company", "url": f"/{number}"}
            pipeline.execute_command("VISIT", json.dumps(visit))
            if number % 100 == 0:
                pipeline.execute_command("VISIT", "x")
                pipeline.execute_command("LOOKUP", address)
        replies = pipeline.execute(raise_on_error=False)
    errors = [place for place, reply in enumerate(replies) if isinstance(reply, redis.ResponseError)]
    assert errors == [1 + 102 * hundred for hundred in range(6)]
    assert all(
        replies[place + 1][b"status"] == b"company"
        if isinstance(replies[place + 1], dict)
        else replies[place + 1][1] == b"company"
        for place in errors
    )
    [lead] = leads.companies(client)
    assert lead["page_views"] == 600


def test_what_was_acknowledged_is_there_after_a_kill(leads, company):
    _, address = company
    acknowledged = []

    def visit(number: int) -> None:
        with contextlib.suppress(redis.RedisError), leads.client() as client:
            for count in range(10_000):
                leads.visit(client, address, url=f"/{number}/{count}")
                acknowledged.append(count)

    threads = [threading.Thread(target=visit, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    with leads.client() as client:
        while sum(lead["page_views"] for lead in leads.companies(client)) < 200:
            pass
    leads.daemon.process.send_signal(signal.SIGKILL)
    leads.daemon.process.wait(PATIENCE)
    for thread in threads:
        thread.join(PATIENCE)
    leads.start()
    with leads.client() as client:
        [lead] = leads.companies(client)
    # At most one visit of each client was kept and not yet acknowledged.
    assert len(acknowledged) <= lead["page_views"] <= len(acknowledged) + len(threads)


def test_an_objection_holds_from_the_reload_on(leads, client, company):
    company_id, address = company
    leads.visit(client, address)
    run_ok("suppress", "add", "--list", leads.list, "--id", company_id, "--reason", "by letter")
    assert client.execute_command("RELOAD") in (b"OK", True)
    assert leads.companies(client) == []
    assert client.execute_command("LEAD", company_id) is None
    assert leads.visit(client, address) == {"level": "company"}
    run_ok("suppress", "remove", "--list", leads.list, "--id", company_id)
    client.execute_command("RELOAD")
    assert leads.companies(client) == [], "nothing comes back"
    assert leads.visit(client, address)["company"]["id"] == company_id


def test_objections_are_taken_listed_and_lifted_over_the_socket(leads, client, company):
    known, address = company
    leads.visit(client, address)
    assert leads.companies(client)
    rule = {"id": known}
    added = json.loads(client.execute_command("OBJECTION", "ADD", json.dumps(rule | {"reason": "by letter"})))
    assert added["new"] is True
    assert added["removed"] > 0
    assert leads.companies(client) == []
    assert "company" not in leads.visit(client, address)
    [entry] = json.loads(client.execute_command("OBJECTION", "LIST"))
    assert (entry["id"], entry["reason"]) == (known, "by letter")
    assert json.loads(client.execute_command("OBJECTION", "ADD", json.dumps(rule)))["new"] is False
    assert client.execute_command("OBJECTION", "LIFT", json.dumps(rule)) == 1
    assert client.execute_command("OBJECTION", "LIFT", json.dumps(rule)) == 0
    assert leads.companies(client) == []
    assert leads.visit(client, address)["company"]["id"] == known
    for bad in ["{}", '{"id":"a","domain":"b.example"}', '{"register":"x"}', '{"network":"nonsense"}']:
        assert refused(client, "OBJECTION", "ADD", bad).startswith("an objection has one of")
    assert refused(client, "OBJECTION", "ADD", '{"name":"x"}').startswith("a question is one JSON object")
    assert refused(client, "OBJECTION", "ADD", '{"domain":"b.example","reason":""}').startswith(
        "the reason is one line"
    )
    assert refused(client, "OBJECTION", "DROP") == refused(client, "OBJECTION", "LIST", "{}")


def test_backups_are_made_while_visits_go_on_and_can_be_restored(leads, client, company):
    company_id, address = company
    leads.visit(client, address)
    backups = leads.folder / "backups"
    backups.mkdir()
    backup = run_ok("backup", "--config", leads.config, backups).strip()
    assert run_ok("restore", "--verify", backup).startswith("sound: version ")
    leads.visit(client, address)
    assert run_ok("purge", "--config", leads.config) == "removed: 0 rows\n"
    locked = error_line(run("restore", "--config", leads.config, backup))
    assert "another process writes to this store" in locked
    assert leads.daemon.terminate() == 0
    run_ok("restore", "--config", leads.config, backup)
    assert run_ok("purge", "--config", leads.config) == "removed: 0 rows\n"
    leads.start()
    with leads.client() as again:
        [lead] = leads.companies(again)
        assert (lead["company"]["id"], lead["page_views"]) == (company_id, 1)
    damaged = leads.folder / "damaged.backup"
    content = bytearray(Path(backup).read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    damaged.write_bytes(content)
    assert str(damaged) in error_line(run("restore", "--verify", damaged))


def test_without_leads_there_are_no_such_commands(own_daemon):
    with redis.Redis(unix_socket_path=str(own_daemon.socket)) as client:
        for command in (("VISIT", "{}"), ("LEADS", "{}"), ("LEAD", "x"), ("FILTERED", "{}"), ("PURGE",)):
            assert refused(client, *command) == "unknown command"
    with own_daemon.connect() as client:
        client.sendall(request("COMMAND", "COUNT"))
        assert client.recv(64) == b":18\r\n"


def test_doctor_checks_and_explains_a_client(leads, company):
    _, address = company
    out = run_ok("doctor", "--config", leads.config)
    assert all(line[:6] in ("ok    ", "note  ") for line in out.splitlines()), out
    assert "site shop: consent, at most sessions, hosts shop.example, *.shop.example" in out
    out = run_ok(
        "doctor",
        "--config",
        leads.config,
        "--peer",
        "10.0.0.1",
        "--header",
        f"X-Forwarded-For: 198.51.100.9, {address}, 10.0.0.2",
    )
    assert "the connection: 10.0.0.1 is a trusted proxy, so what it says counts" in out
    assert f"entry 2 from the right: {address} is not trusted, so it is the client" in out
    assert f"ok    client: {address}" in out
    assert "ok    answer: company, " in out
    out = run_ok(
        "doctor",
        "--config",
        leads.config,
        "--peer",
        "198.51.100.1",
        "--header",
        f"X-Forwarded-For: {address}",
    )
    assert "ok    client: 198.51.100.1" in out
    leads.daemon.terminate()
    leads.store.write_bytes(b"SQLite format 3\0" + bytes(5000))
    done = run("doctor", "--config", leads.config)
    assert done.returncode == 1
    assert "bad   store: " in done.stdout


def test_a_configuration_that_does_not_hold_together_is_told(small_database, socket_folder):
    leads = Leads(small_database, socket_folder)
    text = leads.config.read_text()
    for old, new, expected in [
        ("highest_level", "highest", "line 16: unknown field `highest`"),
        ('suppress = "', '#suppress = "', "suppress: with [leads] there is a list"),
        ('name = "blog"', 'name = "shop"', "leads.sites.name: each site has a name of its own"),
        ('["10.0.0.0/8"]', '["10.0.0.1/8"]', "a network is a CIDR prefix"),
        (str(leads.store), "/nowhere/leads.db", "leads: "),
    ]:
        leads.config.write_text(text.replace(old, new))
        done = run("serve", "--config", leads.config)
        # The log comes before it.
        assert (done.returncode, expected in done.stderr.splitlines()[-1]) == (1, True), done
