"""What is public: the page script, and the page views that it sends, with all that can be forged of them."""

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path

import memory
import pytest
import support
from support import addresses_of, lookup_json

import web
from web import Web, rest

SITE = "shop.example"
VISITS = "/nameplate/v1/visits"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0"


@pytest.fixture(scope="session")
def companies(small_database) -> list[tuple[str, str]]:
    """Addresses of two companies of the sample, with their ids."""
    addresses = addresses_of(support.SAMPLE / "asn-ipv4.csv", 3000)
    found = {}
    for address, answer in zip(addresses, lookup_json(small_database, addresses), strict=True):
        if answer["status"] == "company":
            found.setdefault(answer["company"]["id"], address)
    assert len(found) > 1
    return [(address, company) for company, address in found.items()][:2]


class Proxied(Web):
    """A daemon behind a web server that hands /nameplate/ of its site on, as docs/SCRIPT.md has it."""

    def __init__(self, database, folder, web="", **more):
        self.path = folder / "http.sock"
        super().__init__(database, folder, web=f"behind_proxy = true\n{web}", listen=str(self.path), **more)

    def proxied(self, address: str, **headers: str):
        """Headers as nginx writes them behind what the browser sends."""
        sent = {"Host": SITE, "X-Forwarded-Proto": "https", "X-Forwarded-For": address, "User-Agent": BROWSER}
        return {**sent, **headers}

    def view(self, address: str, visit: dict | bytes | None = None, **headers: str | None):
        """A page view as the script sends it."""
        sent = {
            "Origin": f"https://{SITE}",
            "Sec-Fetch-Site": "same-origin",
            "Content-Type": "application/json",
        }
        if visit is None:
            visit = {"site": "shop", "consent": "company", "url": f"https://{SITE}/prices"}
        body = visit if isinstance(visit, bytes) else json.dumps(visit)
        return self.browser().ask("POST", VISITS, body, **{**self.proxied(address), **sent, **headers})

    def shown(self) -> list[str]:
        key = getattr(self, "reader", None) or self.key("reader", "read")
        self.reader = key
        _, page = rest(self, key, "GET", "/v1/companies", **{"X-Forwarded-Proto": "https"})
        return [lead["company"]["id"] for lead in page["companies"]]

    def filtered(self) -> dict[str, int]:
        self.shown()
        _, counts = rest(self, self.reader, "GET", "/v1/filtered", **{"X-Forwarded-Proto": "https"})
        return {row["reason"]: row["count"] for row in counts["items"]}


@pytest.fixture
def daemon(small_database, socket_folder):
    daemon = Proxied(small_database, socket_folder)
    try:
        yield daemon.wait_until_ready()
    finally:
        daemon.kill()


def test_the_script_is_served_on_the_sites_hosts_and_the_daemons_own(daemon):
    script = (support.ROOT / "src/web/script/n.min.js").read_text()
    for host, path in [(SITE, "/nameplate/n.js"), ("localhost", "/nameplate/n.js"), ("localhost", "/n.js")]:
        response, text = daemon.browser().ask("GET", path, **daemon.proxied("192.0.2.1", Host=host))
        assert (response.status, text) == (200, script)
        assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert response.headers["Cache-Control"] == "public, max-age=3600"
        assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "Set-Cookie" not in response.headers
        again = daemon.proxied("192.0.2.1", Host=host, **{"If-None-Match": response.headers["ETag"]})
        response, text = daemon.browser().ask("GET", path, **again)
        assert (response.status, text) == (304, "")
    # Of all else, nothing is on a site's host.
    for path in ("/", "/sign-in", "/n.js", "/v1/companies", "/v1/openapi.json"):
        assert daemon.browser().ask("GET", path, **daemon.proxied("192.0.2.1"))[0].status == 421, path
    assert daemon.browser().ask("GET", "/nameplate/nothing", **daemon.proxied("192.0.2.1"))[0].status == 404


def test_a_page_view_is_the_companys_whose_network_it_came_from(daemon, companies):
    (address, company), (other, _) = companies
    response, text = daemon.view(address)
    assert (response.status, text) == (204, ""), "what became of it is not the page's to know"
    assert response.headers["Connection"] == "close"
    assert "Set-Cookie" not in response.headers
    assert daemon.shown() == [company]
    # What a client writes into the head stands left of what its proxy writes.
    assert daemon.view(f"{other}, {address}")[0].status == 204
    assert daemon.view(address, Forwarded=f"for={other};proto=https")[0].status == 204
    assert daemon.view(address, **{"X-Real-IP": other})[0].status == 204
    assert daemon.shown() == [company]
    # Nobody knows where this came from, so it is nobody's.
    assert daemon.view(f"{other}, unknown")[0].status == 204
    assert daemon.view("", **{"X-Forwarded-For": None})[0].status == 204
    assert daemon.shown() == [company]
    assert daemon.filtered() == {"reserved": 2}


def test_what_the_head_says_lowers_the_level(daemon, companies):
    address = companies[0][0]
    for headers, reason in [
        ({"Sec-GPC": "1"}, "privacy_control"),
        ({"Cookie": "a=b; np_objection=1"}, "objection"),
        ({"User-Agent": "Googlebot/2.1"}, "bot"),
    ]:
        assert daemon.view(address, **headers)[0].status == 204
        assert daemon.filtered()[reason] == 1, reason
    assert daemon.view(address, {"site": "shop", "url": f"https://{SITE}/"})[0].status == 204
    assert daemon.filtered()["no_consent"] == 1
    assert daemon.shown() == []


def test_forged_page_views_are_refused(daemon, companies):
    address, _ = companies[0]
    for headers, status in [
        ({"Host": "evil.example"}, 421),
        ({"Host": "evil.example", "Origin": "https://evil.example"}, 421),
        ({"Host": f"{SITE}.evil.example"}, 421),
        # The daemon's own name is no site.
        ({"Host": "localhost", "Origin": "https://localhost"}, 421),
        ({"Origin": None}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": f"http://{SITE}"}, 403),
        ({"Origin": f"https://{SITE}:8443"}, 403),
        ({"Origin": f"https://{SITE}.evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"X-Forwarded-Proto": "http"}, 403),
        ({"X-Forwarded-Proto": None}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ]:
        assert daemon.view(address, **headers)[0].status == status, headers
    page = f"https://{SITE}/"
    for visit in [
        {"address": companies[1][0]},
        {"user_agent": BROWSER},
        {"objection": False},
        {"site": "another"},
        {"url": "https://evil.example/"},
        {"canary": 1},
        {"visitor": "canary"},
        {"form_domain": "canary@example.com"},
        b"canary",
        b"\xff",
        b"",
    ]:
        sent = {"url": page, **visit} if isinstance(visit, dict) else visit
        response, text = daemon.view(address, sent)
        assert response.status == 400, visit
        assert "canary" not in text
        assert address not in text
    assert daemon.view(address, b" " * 70_000)[0].status == 413
    assert daemon.shown() == []
    assert daemon.filtered() == {}


def test_over_tcp_only_the_named_proxies_are_believed(small_database, socket_folder, companies):
    (address, company), (other, other_company) = companies
    daemon = Web(small_database, socket_folder, web='behind_proxy = true\nproxies = ["127.0.0.1"]')
    try:
        daemon.wait_until_ready()
        sent = {
            "Host": SITE,
            "Origin": f"https://{SITE}",
            "Content-Type": "application/json",
            "User-Agent": BROWSER,
        }
        sent |= {"X-Forwarded-Proto": "https"}
        visit = json.dumps({"site": SITE, "consent": "company", "url": "/"})
        key = daemon.key("reader", "read")

        def shown():
            _, page = rest(daemon, key, "GET", "/v1/companies", **{"X-Forwarded-Proto": "https"})
            return {lead["company"]["id"] for lead in page["companies"]}

        for forwarded, expected in [
            (f"{other}, {address}", {company}),
            # The proxy itself is no visitor.
            (f"{other}, 127.0.0.1", {company, other_company}),
        ]:
            response, text = daemon.browser().ask(
                "POST", VISITS, visit, **sent, **{"X-Forwarded-For": forwarded}
            )
            assert response.status == 204, text
            assert shown() == expected
        daemon.kill()
        daemon = Web(
            small_database, socket_folder, web='behind_proxy = true\nproxies = ["10.0.0.1"]'
        ).wait_until_ready()
        response, _ = daemon.browser().ask("POST", VISITS, visit, **sent, **{"X-Forwarded-For": address})
        assert response.status == 403
    finally:
        daemon.kill()


def test_of_an_address_that_a_proxy_passed_on_nothing_stays(small_database, socket_folder):
    daemon = Proxied(small_database, socket_folder, level="trace")
    try:
        daemon.wait_until_ready()
        if not memory.may_read(daemon.process.pid):
            pytest.skip("reading another process's memory needs root or CAP_SYS_PTRACE")
        for number in range(300):
            address = f"2001:db8:cafe:{number:x}::ca9a"
            assert daemon.view(address)[0].status == 204
            assert daemon.view(address, {"address": address})[0].status == 400
            assert daemon.view(address, Origin="https://evil.example")[0].status == 403
        here = memory.Memory(daemon.process.pid)
        for needle in (b"2001:db8:cafe:", bytes.fromhex("20010db8cafe")):
            assert here.find(re.compile(re.escape(needle))) == [], needle
            for file in [daemon.log, *socket_folder.glob("leads.db*")]:
                assert needle not in file.read_bytes(), file
    finally:
        daemon.kill()


def test_nginx_hands_it_on_as_the_document_says(small_database, socket_folder, companies):
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(nginx).exists():
        pytest.skip("nginx is not installed")
    block = re.search(r"```nginx\n(.*?)```", (support.ROOT / "docs/SCRIPT.md").read_text(), re.DOTALL)[1]
    certificate, key = web.certificate(socket_folder, SITE)
    port = web.free_port()
    daemon = Proxied(small_database, socket_folder)
    config = socket_folder / "nginx.conf"
    config.write_text(
        ("user root;\n" if os.geteuid() == 0 else "")
        + f"daemon off;\nerror_log {socket_folder}/nginx.log;\npid {socket_folder}/nginx.pid;\n"
        + "events {}\nhttp {\n"
        + "".join(f"{kind}_temp_path {socket_folder}/{kind};\n" for kind in KINDS)
        + f"server {{\nlisten 127.0.0.1:{port} ssl;\nserver_name {SITE};\naccess_log off;\n"
        + f"ssl_certificate {certificate};\nssl_certificate_key {key};\n"
        + block.replace("/run/nameplate/http.sock", str(daemon.path))
        + "}\n}\n"
    )
    server = subprocess.Popen([nginx, "-p", socket_folder, "-c", config, "-e", socket_folder / "nginx.log"])
    try:
        daemon.wait_until_ready()
        web_server = f"127.0.0.1:{port}"
        deadline = time.monotonic() + support.PATIENCE
        while server.poll() is None and not listens(port) and time.monotonic() < deadline:
            time.sleep(0.02)
        host = f"{SITE}:{port}"
        browser = web.Browser(web_server, ssl.create_default_context(cafile=certificate), {"Host": host})
        browser.context.check_hostname = False
        assert browser.get("/nameplate/n.js") == (support.ROOT / "src/web/script/n.min.js").read_text()
        page = browser.get("/nameplate/objection")
        style = re.search(r'href="(/nameplate/static/[^"]+)"', page)[1]
        assert "color-scheme" in browser.get(style)
        headers = {"Origin": f"https://{host}", "Content-Type": "application/json", "User-Agent": BROWSER}
        visit = json.dumps({"site": "shop", "consent": "company", "url": f"https://{host}/"})
        # Nobody becomes a company by saying so: nginx writes who connected, which is this machine.
        forged = {"X-Forwarded-For": companies[0][0], "Forwarded": f"for={companies[0][0]}"}
        assert browser.ask("POST", VISITS, visit, **headers, **forged)[0].status == 204
        assert (
            browser.ask("POST", VISITS, visit, **{**headers, "Origin": "https://evil.example"})[0].status
            == 403
        )
        assert (daemon.shown(), daemon.filtered()) == ([], {"reserved": 1})
    finally:
        server.terminate()
        server.wait(support.PATIENCE)
        daemon.kill()


KINDS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
