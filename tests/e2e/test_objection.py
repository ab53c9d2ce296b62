"""The public objection page as its visitors use it: from a company's network, by mail, by DNS, by asking."""

import email
import email.policy
import re
import socket
import struct
import threading
import urllib.parse
from html import unescape

import pytest
import support
from test_outgoing import Mailbox, MailServer
from test_public import SITE, Proxied, companies  # noqa: F401

import web
from web import Web, rest

PAGE = "/nameplate/objection"


class Dns:
    """A DNS server that knows TXT records, on a port of the system's choice."""

    def __init__(self):
        self.records: dict[str, list[str]] = {}
        self.asked: list[str] = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"

    def __enter__(self):
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.socket.close()

    def serve(self):
        while True:
            try:
                query, client = self.socket.recvfrom(4096)
            except OSError:
                return
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1 : at + 1 + query[at]].decode())
                at += 1 + query[at]
            question = query[12 : at + 5]
            name = ".".join(labels).lower()
            self.asked.append(name)
            texts = self.records.get(name, [])
            # RFC 1035, 4.1: authoritative; without a record, the name does not exist.
            head = query[:2] + struct.pack(">HHHHH", 0x8580 | (0 if texts else 3), 1, len(texts), 0, 0)
            parts = [text.encode() for text in texts]
            answers = [
                b"\xc0\x0c" + struct.pack(">HHIH", 16, 1, 0, len(part) + 1) + bytes([len(part)]) + part
                for part in parts
            ]
            self.socket.sendto(head + question + b"".join(answers), client)


@pytest.fixture
def dns():
    with Dns() as server:
        yield server


@pytest.fixture
def mail():
    mailbox = Mailbox()
    controller = MailServer(mailbox)
    controller.start()
    try:
        yield mailbox, controller.port
    finally:
        controller.stop()


def start(database, folder, dns, port) -> Proxied:
    daemon = Proxied(
        database, folder, web=f'[web.objection]\nmail = true\nresolver = "{dns.address}"\n' + outgoing(port)
    )
    return daemon.wait_until_ready()


def outgoing(port: int) -> str:
    return f"""
[leads.outgoing]
allow = ["127.0.0.1"]
plaintext = ["127.0.0.1"]

[leads.outgoing.mail]
server = "127.0.0.1"
port = {port}
security = "none"
from = "leads@owner.example"
"""


@pytest.fixture
def daemon(small_database, socket_folder, dns, mail):
    daemon = start(small_database, socket_folder, dns, mail[1])
    try:
        yield daemon
    finally:
        daemon.kill()


@pytest.fixture
def named(small_database, companies):  # noqa: F811
    """Two companies: address, id, name."""
    answers = support.lookup_json(small_database, [address for address, _ in companies])
    return [
        (address, company, answer["company"]["name"])
        for (address, company), answer in zip(companies, answers, strict=True)
    ]


class Visitor(web.Browser):
    """Somebody at an address who looks at the site's objection page."""

    def __init__(self, daemon: Proxied, address: str, **headers: str):
        super().__init__(daemon.listen, None, daemon.proxied(address, **headers))

    @property
    def origin(self) -> str:
        return f"https://{SITE}"

    def act(self, do: str, **fields: str):
        return self.post(PAGE, PAGE, do=do, **fields)


def list_of_rules(daemon: Web) -> str:
    return (daemon.folder / "suppress.list").read_text()


def test_from_its_network_a_company_blocks_itself_at_once_and_for_good(daemon, named):
    (address, company, name), (other, other_company, other_name) = named
    for one in (address, other):
        assert daemon.view(one)[0].status == 204
    assert set(daemon.shown()) == {company, other_company}
    inside = Visitor(daemon, address)
    page = unescape(inside.get(PAGE))
    assert name in page
    assert other_name not in page
    assert company not in page, "no more than the name"
    assert address not in page
    # What a visitor says of itself does not make it another company's.
    response, text = inside.act("network", name=other_name)
    assert (response.status, "another one than before" in text) == (400, True)
    assert set(daemon.shown()) == {company, other_company}
    response, _ = inside.act("network", name=name)
    assert (response.status, response.headers["Location"]) == (303, f"{PAGE}?done=blocked&lang=en")
    assert "holds from now on" in inside.get(response.headers["Location"])
    assert daemon.shown() == [other_company]
    assert name not in unescape(inside.get(PAGE)), "it is not even known here any more"
    assert daemon.view(address)[0].status == 204
    assert daemon.shown() == [other_company]
    assert company in list_of_rules(daemon), "so that it holds for range files to come"
    key = daemon.key("officer", "audit")
    _, audit = rest(daemon, key, "GET", "/v1/audit", **{"X-Forwarded-Proto": "https"})
    assert any((entry["actor"], entry["action"]) == ("objection page", "object") for entry in audit["items"])


def test_whoever_is_in_no_companys_network_is_shown_no_name(daemon, named):
    for address in ("192.0.2.1", "unknown", f"{named[0][0]}, unknown"):
        page = Visitor(daemon, address).get(PAGE)
        assert 'value="network"' not in page
        response, _ = Visitor(daemon, address).act("network", name=named[0][2])
        assert response.status == 400
    assert named[0][1] not in list_of_rules(daemon)


def test_a_link_by_mail_blocks_the_domain_when_it_is_confirmed(daemon, mail):
    mailbox, _ = mail
    visitor = Visitor(daemon, "192.0.2.1", **{"Accept-Language": "de"})
    response, text = visitor.act("mail", address="canary.local@kunde-beispiel.de")
    assert (response.status, response.headers["Location"]) == (303, f"{PAGE}?done=mailed&lang=de"), text
    (_, _, envelope) = mailbox.mails.pop()
    assert envelope.rcpt_tos == ["canary.local@kunde-beispiel.de"]
    message = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert message["Subject"] == "Widerspruch: Bestätigen Sie Ihre Domain"
    link = urllib.parse.urlsplit(re.search(r"https://\S+", message.get_content())[0])
    assert link.netloc == SITE
    path = f"{link.path}?{link.query}"
    page = visitor.get(path)
    assert "kunde-beispiel.de" in page
    assert "canary" not in page
    assert "kunde-beispiel.de" not in list_of_rules(daemon), "looking at a link changes nothing"
    fields = dict(urllib.parse.parse_qsl(link.query))
    for forged in (
        {"domain": "other.example.com"},
        {"until": "99999999999"},
        {"proof": "AAAA"},
        {"proof": ""},
    ):
        sent = {key: value for key, value in {**fields, **forged}.items() if key != "lang"}
        assert visitor.act("confirm", **sent)[0].status == 400, forged
    assert "other.example.com" not in list_of_rules(daemon)
    del fields["lang"]
    assert visitor.act("confirm", **fields)[0].status == 303
    assert "kunde-beispiel.de" in list_of_rules(daemon)
    held = b"".join(file.read_bytes() for file in [daemon.log, *daemon.folder.glob("leads.db*")])
    assert b"canary" not in held, "the address was used for that one mail"


def test_mails_go_to_companies_domains_and_not_without_end(daemon, mail):
    mailbox, _ = mail
    for number, address in enumerate(["a@gmail.com", "a@com", "no address", "a@", "@", "a@192.0.2.1"]):
        visitor = Visitor(daemon, f"198.51.{number}.1")
        assert visitor.act("mail", address=address)[0].status == 400, address
    assert mailbox.mails == []
    for address in (
        "a\r\nBcc: b@other.example.com@firma-beispiel.de",
        "a b@firma-beispiel.de",
        "<a@firma-beispiel.de",
    ):
        Visitor(daemon, "198.51.100.1").act("mail", address=address)
    assert mailbox.mails == []
    statuses = []
    for number in range(8):
        visitor = Visitor(daemon, f"203.0.{number}.1")
        statuses.append(visitor.act("mail", address="info@flut-beispiel.de")[0].status)
    assert statuses[0] == 303
    assert statuses[-1] == 429
    assert len(mailbox.mails) <= 4
    # One network is limited whatever it asks for.
    statuses = [Visitor(daemon, "192.0.2.9").act("confirm", domain="a.de")[0].status for _ in range(12)]
    assert statuses[0] == 400
    assert statuses[-1] == 429


def test_a_record_in_the_dns_blocks_the_domain(daemon, dns):
    visitor = Visitor(daemon, "192.0.2.1")
    domain = "dns-beispiel.de"
    response, page = visitor.act("record", domain=domain)
    assert response.status == 200
    name, text = re.findall(r"<dd><code>([^<]+)</code></dd>", page)
    assert (name, text[:20]) == (f"_nameplate.{domain}", "nameplate-objection=")
    assert visitor.act("check", domain=domain)[0].status == 400
    for wrong in (["nameplate-objection="], [text[:-1]], [text + "x"], ["v=spf1"]):
        dns.records[name] = wrong
        assert visitor.act("check", domain=domain)[0].status == 400, wrong
    assert domain not in list_of_rules(daemon)
    dns.records[name] = ["v=spf1", text]
    response, body = visitor.act("check", domain=domain)
    assert response.status == 303, body
    assert domain in list_of_rules(daemon)
    assert set(dns.asked) == {name}
    # Another domain's record proves nothing.
    dns.records["_nameplate.andere-beispiel.de"] = [text]
    assert Visitor(daemon, "198.51.100.1").act("check", domain="andere-beispiel.de")[0].status == 400


def test_a_request_waits_for_the_owner(daemon, named):
    address, company, _ = named[0]
    daemon.view(address)
    visitor = Visitor(daemon, "192.0.2.1")
    for fields in ({"company": "Firma <b>Eins</b>", "message": "bitte"}, {"company": "Firma Zwei"}):
        assert visitor.act("request", **fields)[0].status == 303
    assert visitor.act("request", company=" ")[0].status == 400
    assert daemon.shown() == [company], "a request alone changes nothing"
    proxied = {"X-Forwarded-Proto": "https"}
    daemon.user("dora", "data_protection_officer")
    daemon.user("nils", "analyst")
    analyst = daemon.browser(**proxied)
    analyst.sign_in("nils")
    assert analyst.ask("GET", "/objections")[0].status == 403
    officer = daemon.browser(**proxied)
    officer.sign_in("dora")
    page = officer.get("/objections")
    assert "Firma &#60;b&#62;Eins" in page
    first, second = re.findall(r'action="(/objections/requests/\d+)"', page)
    assert officer.post("/objections", first, do="accept")[0].status == 400, "whom it names, the officer says"
    assert officer.post("/objections", first, do="accept", who=company)[0].status == 303
    assert daemon.shown() == []
    assert officer.post("/objections", second, do="decline")[0].status == 303
    assert "No request waits" in officer.get("/objections")
    # None is there any more whose token could be used.
    token = officer.token("/account")
    assert officer.ask("POST", second, {"csrf": token, "do": "decline"})[0].status == 404


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "Widerspruch eines Unternehmens"),
        ("nl", "Bezwaar van een bedrijf"),
        ("fr", "Opposition d'une entreprise"),
        ("en", "Objection by a company"),
    ],
)
def test_it_speaks_four_languages(daemon, language, words):
    for page in (
        Visitor(daemon, "192.0.2.1", **{"Accept-Language": language}).get(PAGE),
        Visitor(daemon, "192.0.2.1").get(f"{PAGE}?lang={language}"),
    ):
        assert f'<html lang="{language}">' in page
        assert words in unescape(page)


def test_without_a_word_in_the_configuration_nothing_is_sent_and_nobody_asked(small_database, socket_folder):
    daemon = Proxied(small_database, socket_folder)
    try:
        visitor = Visitor(daemon.wait_until_ready(), "192.0.2.1")
        page = visitor.get(PAGE)
        assert 'value="mail"' not in page
        assert 'value="record"' not in page
        assert visitor.act("mail", address="info@firma-beispiel.de")[0].status == 404
        assert visitor.act("check", domain="firma-beispiel.de")[0].status == 404
    finally:
        daemon.kill()


def test_mail_needs_a_server(small_database, socket_folder):
    daemon = Proxied(small_database, socket_folder, web="[web.objection]\nmail = true")
    assert daemon.process.wait(support.PATIENCE) == 1
    assert "web.objection.mail: a mail server in [leads.outgoing.mail]" in daemon.log.read_text()


def test_no_script_of_the_site_reads_the_name_past_the_gate(daemon, named):
    address, _, name = named[0]
    inside = Visitor(daemon, address)
    for destination in ("empty", "iframe", "script", "object"):
        assert name not in unescape(inside.get(PAGE, Sec_Fetch_Dest=destination)), destination
    assert name in unescape(inside.get(PAGE, Sec_Fetch_Dest="document"))


def test_a_form_from_elsewhere_blocks_nobody(daemon, named):
    address, company, name = named[0]
    inside = Visitor(daemon, address)
    token = inside.token(PAGE)
    fields = {"do": "network", "name": name}
    for sent, headers in [
        (fields, {}),
        ({**fields, "csrf": "A" * 43}, {}),
        ({**fields, "csrf": token}, {"Origin": "https://evil.example"}),
        ({**fields, "csrf": token}, {"Origin": None}),
        ({**fields, "csrf": token}, {"Sec-Fetch-Site": "cross-site"}),
        ({**fields, "csrf": token}, {"Cookie": None}),
    ]:
        assert inside.ask("POST", PAGE, sent, **headers)[0].status == 403, (sent, headers)
    assert company not in list_of_rules(daemon)
