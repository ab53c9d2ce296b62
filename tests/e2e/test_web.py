"""The HTTP side of a daemon: signing in, keys, forged requests, HTTPS, proxies, what stays of an address."""

import html
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

import memory
import pytest
import support

import web
from web import Web, rest


@pytest.fixture
def daemon(small_database, socket_folder):
    daemon = Web(small_database, socket_folder)
    try:
        yield daemon.wait_until_ready()
    finally:
        daemon.kill()


@pytest.fixture(scope="session")
def company(small_database) -> tuple[str, dict]:
    """An address of a company in the sample, and the company."""
    addresses = support.addresses_of(support.SAMPLE / "asn-ipv4.csv", 3000)
    for address, answer in zip(addresses, support.lookup_json(small_database, addresses), strict=True):
        if answer["status"] == "company":
            return address, answer["company"]
    raise AssertionError("the sample has no company")


def visit(address: str, **more) -> dict:
    return {
        "site": "shop",
        "address": address,
        "consent": "company",
        "url": "https://shop.example/prices",
        **more,
    }


def test_an_administrator_enrols_signs_in_and_out(daemon):
    daemon.user("anna", "administrator")
    browser = daemon.browser()
    assert browser.ask("GET", "/")[0].headers["Location"] == "/sign-in"
    assert browser.sign_in("anna").headers["Location"] == "/enrolment"
    # Half signed in is not signed in.
    assert browser.ask("GET", "/")[0].headers["Location"] == "/sign-in"
    half = dict(browser.cookies)
    secret = browser.enrol()
    assert "anna" in browser.get("/")
    assert browser.cookies != half, "another secret for another stage"
    session = dict(browser.cookies)
    response, _ = browser.post("/", "/sign-out")
    assert response.headers["Location"] == "/sign-in"
    browser.cookies = session
    assert browser.ask("GET", "/")[0].headers["Location"] == "/sign-in", (
        "the session is gone, not the cookie alone"
    )
    browser.cookies = {}
    assert browser.sign_in("anna").headers["Location"] == "/second-factor"
    # The code of the enrolment, or one of a step before it, is used up.
    assert browser.post("/second-factor", "/second-factor", code=web.code(secret, -1))[0].status == 401
    assert (
        browser.post("/second-factor", "/second-factor", code=web.code(secret, 1))[0].headers["Location"]
        == "/"
    )
    assert browser.post("/account", "/account/language", language="de")[0].status == 303
    assert '<html lang="de">' in browser.get("/account")
    assert all("HttpOnly" in line and "SameSite=Strict" in line for line in browser.set_cookies)


def test_users_change_while_the_daemon_runs(daemon):
    daemon.user("bert", "analyst")
    browser = daemon.browser()
    assert browser.sign_in("bert").headers["Location"] == "/"
    browser.get("/")
    support.run_ok("user", "passwd", "--config", daemon.config, "bert", stdin="another password\n")
    assert browser.ask("GET", "/")[0].headers["Location"] == "/sign-in"
    assert browser.sign_in("bert").status == 401
    assert browser.sign_in("bert", "another password").headers["Location"] == "/"
    listed = support.run_ok("user", "list", "--config", daemon.config, "--json")
    assert json.loads(listed) == {"name": "bert", "role": "analyst", "second_factor": False}
    support.run_ok("user", "remove", "--config", daemon.config, "bert")
    assert browser.ask("GET", "/")[0].headers["Location"] == "/sign-in"
    done = support.run("user", "remove", "--config", daemon.config, "bert")
    assert support.error_line(done) == "nameplate: there is no user of this name"
    short = support.run("user", "add", "--config", daemon.config, "--role", "analyst", "x", stdin="short\n")
    assert "at least 12 characters" in support.error_line(short)


def test_a_visit_by_key_is_seen_by_who_may_see_it(daemon, company):
    address, known = company
    shop, reader = daemon.key("shop", "visits"), daemon.key("reader", "read", "export")
    response, reply = rest(daemon, shop, "POST", "/v1/visits", visit(address))
    assert (response.status, reply["company"]["id"]) == (200, known["id"]), reply
    assert response.headers["Connection"] == "close"
    response, page = rest(daemon, reader, "GET", "/v1/companies")
    assert [lead["company"]["name"] for lead in page["companies"]] == [known["name"]]
    response, exported = rest(daemon, reader, "GET", "/v1/export.csv")
    assert known["id"] in exported
    assert address not in exported
    daemon.user("bert", "analyst")
    browser = daemon.browser()
    browser.sign_in("bert")
    assert f"/companies/{urllib.parse.quote(known['id'], safe='')}" in browser.get("/")
    for key, method, path in [(shop, "GET", "/v1/companies"), (reader, "POST", "/v1/visits")]:
        assert rest(daemon, key, method, path)[0].status == 403
    support.run_ok("key", "remove", "--config", daemon.config, "shop")
    assert rest(daemon, shop, "POST", "/v1/visits", visit(address))[0].status == 401


PAGES = ["/", "/overview", "/live", "/filtered", "/segments", "/segments/edit", "/corrections", "/objections"]
PAGES += ["/data", "/audit", "/settings", "/account"]


def test_a_visit_is_on_the_pages_and_an_objection_takes_it_from_them(daemon, company):
    address, known = company
    daemon.user("anna", "administrator")
    browser = daemon.browser()
    browser.sign_in("anna")
    browser.enrol()
    shop = daemon.key("shop", "visits")
    # Acknowledged is durable, and what is durable is seen: there is nothing to wait for.
    for consent in ("company", "off"):
        assert rest(daemon, shop, "POST", "/v1/visits", visit(address, consent=consent))[0].status == 200
    link = f"/companies/{urllib.parse.quote(known['id'], safe='')}"
    rows = browser.get("/live/rows")
    assert link in rows
    assert "/prices" in rows
    tag = re.search(r'data-tag="([^"]+)"', rows)[1]
    assert re.fullmatch(r"1-\d+", tag), "one visit is shown; the other one is counted"
    live = browser.get("/live")
    script = re.search(r'<script src="(/static/live\.[0-9a-f]+\.js)" defer></script>', live)[1]
    response, text = daemon.browser().ask("GET", script)
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "fetch(" in text
    assert "50.0 %" in browser.get("/filtered")
    assert browser.get("/overview").count("<rect x=") == 2
    assert known["name"] in html.unescape(browser.get(link))
    for path in PAGES:
        page = browser.get(path)
        assert len(page.encode()) < 150_000, path
        assert "<script" not in page.replace(f'<script src="{script}" defer>', ""), path
        assert "://" not in re.sub(r'href="https://[^"]+" rel="noreferrer"', "", page.split("<main")[0]), path
    response, _ = browser.post("/objections", "/objections", kind="id", value=known["id"], reason="by letter")
    assert response.headers["Location"] == "/objections"
    for path in PAGES:
        if path not in ("/objections", "/audit"):
            assert link not in browser.get(path), path
    assert browser.ask("GET", link)[0].status == 404
    assert known["id"] in html.unescape(browser.get("/objections"))
    response, _ = browser.post("/objections", "/objections/lift", kind="id", value=known["id"])
    assert response.status == 303
    assert rest(daemon, shop, "POST", "/v1/visits", visit(address))[1]["company"]["id"] == known["id"]
    assert link in browser.get("/live/rows")


def routes() -> list[tuple[str, str]]:
    """Method and path of each route, as the program's table has them."""
    table = (support.ROOT / "src/web/src/routes.rs").read_text()
    found = re.findall(r'^    (?:Page|Rest|Site) ([A-Z]+) +"([^"]+)"', table, re.MULTILINE)
    assert len(found) > 30
    return [(method, re.sub(r"\{\w+\}", "1", path)) for method, path in found]


def test_forged_requests_are_refused_on_every_route(daemon):
    daemon.user("bert", "analyst")
    key = daemon.key("all", "read", "write", "export", "rights", "objections", "audit", "operate", "visits")
    browser = daemon.browser()
    browser.sign_in("bert")
    stranger = daemon.browser()
    # The last is for the hosts of sites alone: tests/e2e/test_public.py.
    open_to_all = {
        "/sign-in",
        "/static/1",
        "/v1/openapi.json",
        "/n.js",
        "/nameplate/n.js",
        "/nameplate/v1/visits",
    }
    open_to_all |= {"/objection", "/nameplate/objection", "/nameplate/static/1"}
    for method, path in routes():
        what = f"{method} {path}"
        assert browser.ask(method, path, Host="evil.example")[0].status == 421, what
        for name in ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded", "X-Real-IP"):
            assert browser.ask(method, path, **{name: "192.0.2.1"})[0].status == 403, (what, name)
        response, _ = stranger.ask(method, path)
        if path not in open_to_all:
            assert response.status == 401 or response.headers["Location"] == "/sign-in", what
        if method != "GET":
            # None of these has the form's token; some have not even the right to it.
            own = [] if path == "/nameplate/v1/visits" else [browser.origin]
            for origin in (*own, "https://evil.example", "null", None):
                assert browser.ask(method, path, {"a": "b"}, Origin=origin)[0].status == 403, (what, origin)
            if path.startswith("/v1/"):
                assert rest(daemon, key, method, path, {}, Origin="https://evil.example")[0].status == 403, (
                    what
                )
    assert "bert" in browser.get("/account"), "nothing of it signed anybody out"


def test_guessing_has_to_wait_whatever_a_client_says_of_itself(small_database, socket_folder):
    certificate, key = web.certificate(socket_folder)
    tls = f'tls = {{ certificate = "{certificate}", key = "{key}" }}'
    daemon = Web(small_database, socket_folder, web=tls)
    try:
        daemon.wait_until_ready().user("bert", "analyst")
        context = ssl.create_default_context(cafile=certificate)
        statuses = []
        for attempt in range(7):
            browser = daemon.browser(
                context, **{"X-Forwarded-For": f"198.51.100.{attempt}", "X-Real-IP": "192.0.2.1"}
            )
            statuses.append(browser.sign_in("bert", "not the password").status)
        assert statuses[:5] == [401] * 5
        assert 429 in statuses[5:]
        assert browser.sign_in("unknown", "not the password").status == 401
    finally:
        daemon.kill()


def test_with_a_certificate_all_is_https_and_a_reload_takes_a_new_one(small_database, socket_folder):
    certificate, key = web.certificate(socket_folder)
    daemon = Web(
        small_database, socket_folder, web=f'tls = {{ certificate = "{certificate}", key = "{key}" }}'
    )
    try:
        daemon.wait_until_ready().user("bert", "analyst")
        browser = daemon.browser(ssl.create_default_context(cafile=certificate))
        assert browser.sign_in("bert").status == 303
        assert set(browser.cookies) == {"__Host-np_signin"}
        assert all("; Secure" in line and "Path=/" in line for line in browser.set_cookies)
        response, _ = browser.ask("GET", "/")
        assert response.headers["Strict-Transport-Security"] == "max-age=31536000"
        assert "'unsafe" not in response.headers["Content-Security-Policy"]
        with pytest.raises((http.client.HTTPException, OSError)):
            daemon.browser().get("/sign-in")
        old = certificate.read_bytes()
        web.certificate(socket_folder)
        daemon.process.send_signal(signal.SIGHUP)
        renewed = ssl.create_default_context(cafile=certificate)
        assert certificate.read_bytes() != old
        wait_until(lambda: shown(daemon.listen) == ssl.PEM_cert_to_DER_cert(certificate.read_text()))
        assert daemon.browser(renewed).get("/sign-in")
        certificate.write_text("no certificate")
        daemon.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "the old one stays" in daemon.log.read_text())
        assert daemon.browser(renewed).get("/sign-in")
    finally:
        daemon.kill()


def shown(listen: str) -> bytes:
    """The certificate that is shown to who connects."""
    host, port = listen.split(":")
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((host, int(port))))


def wait_until(holds) -> None:
    deadline = time.monotonic() + support.PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_behind_a_proxy_its_word_for_https_is_needed(small_database, socket_folder):
    path = socket_folder / "http.sock"
    daemon = Web(small_database, socket_folder, web="behind_proxy = true", listen=str(path))
    try:
        daemon.wait_until_ready().user("bert", "analyst")
        assert path.stat().st_mode & 0o777 == 0o660
        assert daemon.browser().ask("GET", "/sign-in")[0].status == 403
        assert daemon.browser(**{"X-Forwarded-Proto": "http"}).ask("GET", "/sign-in")[0].status == 403
        browser = daemon.browser(**{"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"})
        assert browser.sign_in("bert").status == 303
        assert set(browser.cookies) == {"__Host-np_signin"}
        assert daemon.terminate() == 0
        assert not path.exists()
    finally:
        daemon.kill()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"listen": "0.0.0.0:1"}, "web.listen: beyond loopback only HTTPS is served"),
        ({"listen": "192.0.2.1:1"}, "web.listen: beyond loopback only HTTPS is served"),
        ({"web": 'hosts = ["https://a.example"]'}, "web.hosts: host names or addresses"),
        ({"web": 'tls = { certificate = "/none", key = "/none" }'}, "web.tls: /none: no certificate in PEM"),
        ({"web": "behind_proxies = true"}, "unknown field `behind_proxies`"),
    ],
)
def test_what_would_be_open_does_not_start(small_database, socket_folder, changes, expected):
    daemon = Web(small_database, socket_folder, **changes)
    assert daemon.process.wait(support.PATIENCE) == 1
    assert expected in daemon.log.read_text()


def test_clients_without_end_are_cut_off(small_database, socket_folder):
    daemon = Web(small_database, socket_folder, web="[web.limits]\nseconds = 1\nconnections = 4")
    try:
        daemon.wait_until_ready()
        host, port = daemon.listen.split(":")
        silent = [socket.create_connection((host, int(port)), timeout=support.PATIENCE) for _ in range(4)]
        for client, sent in zip(silent, [b"", b"GET / HTTP/1.1\r\n", b"GET / HT", b"\r\n"], strict=True):
            client.sendall(sent)
        assert daemon.browser().get("/sign-in"), "a fifth has its turn when those have had theirs"
        for client in silent:
            support.read_all(client)
            client.close()
        for head in (b"a: " + b"x" * 20_000, b"".join(b"a%d: b\r\n" % i for i in range(100))):
            with socket.create_connection((host, int(port)), timeout=support.PATIENCE) as client:
                client.sendall(
                    b"GET /sign-in HTTP/1.1\r\nHost: " + daemon.listen.encode() + b"\r\n" + head + b"\r\n\r\n"
                )
                assert support.read_all(client).startswith(b"HTTP/1.1 431")
        key = daemon.key("shop", "visits")
        assert rest(daemon, key, "POST", "/v1/visits", {"site": "x" * 70_000})[0].status == 413
        # A body that never comes, and one of the wrong kind.
        assert rest(daemon, key, "POST", "/v1/visits", None, **{"Content-Length": "10"})[0].status == 408
        assert rest(daemon, key, "POST", "/v1/visits", {}, **{"Content-Type": "text/plain"})[0].status == 415
    finally:
        daemon.kill()


def test_of_an_address_that_came_over_http_nothing_stays(small_database, socket_folder):
    path = socket_folder / "http.sock"
    daemon = Web(small_database, socket_folder, web="behind_proxy = true", listen=str(path), level="trace")
    try:
        daemon.wait_until_ready()
        if not memory.may_read(daemon.process.pid):
            pytest.skip("reading another process's memory needs root or CAP_SYS_PTRACE")
        key = daemon.key("shop", "visits")
        for number in range(300):
            address = f"2001:db8:cafe:{number:x}::ca9a"
            proxied = {"X-Forwarded-Proto": "https", "X-Forwarded-For": f"2001:db8:beef:{number:x}::ca9a"}
            status = rest(daemon, key, "POST", "/v1/visits", visit(address), **proxied)[0].status
            assert status == 200
            bad = rest(daemon, key, "POST", "/v1/visits", {"address": address}, **proxied)
            assert bad[0].status == 400
            assert address not in str(bad[1])
        here = memory.Memory(daemon.process.pid)
        for needle in (
            b"2001:db8:cafe:",
            b"2001:db8:beef:",
            bytes.fromhex("20010db8cafe"),
            bytes.fromhex("20010db8beef"),
        ):
            assert here.find(re.compile(re.escape(needle))) == [], needle
        for file in [daemon.log, *socket_folder.glob("leads.db*")]:
            held = file.read_bytes()
            assert b"2001:db8:cafe" not in held, file
            assert b"2001:db8:beef" not in held, file
            assert bytes.fromhex("20010db8cafe") not in held, file
    finally:
        daemon.kill()


def test_the_description_holds_against_the_daemon(daemon, company):
    """Schemathesis: made-up requests, good and bad, against what docs/openapi.json says."""
    scopes = ["read", "write", "export", "rights", "objections", "audit", "operate", "visits"]
    key = daemon.key("all", *scopes)
    rest(daemon, key, "POST", "/v1/visits", visit(company[0]))
    served = daemon.browser().get("/v1/openapi.json")
    assert served == (support.ROOT / "docs/openapi.json").read_text()
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    done = subprocess.run(
        [
            *(Path(sys.executable).with_name("schemathesis"), "run", support.ROOT / "docs/openapi.json"),
            *("--url", f"http://{daemon.listen}", "--header", f"Authorization: Bearer {key}"),
            *("--checks", f"{checks},unsupported_method,ignored_auth"),
            *("--phases", "examples,coverage,fuzzing", "--max-examples", "25", "--seed", "7"),
            *("--no-color", "--request-timeout", "30"),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=daemon.folder,
        env={**os.environ, "HYPOTHESIS_STORAGE_DIRECTORY": str(daemon.folder / "hypothesis")},
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert daemon.process.poll() is None
    assert "panicked" not in daemon.log.read_text()
