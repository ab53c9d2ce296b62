"""What goes out, as others take it: signatures by an implementation of our own, a real mail server, TLS."""

import base64
import email
import email.policy
import hashlib
import hmac
import json
import ssl
import subprocess
import time

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from receiver import KEY, SECRET, Receiver
from support import PATIENCE, ROOT, Daemon, error_line, request, run, run_ok


class MailServer(Controller):
    """On a port of the system's choice."""

    def __init__(self, mailbox, **settings):
        super().__init__(mailbox, hostname="127.0.0.1", port=0, **settings)

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Mailbox:
    """What a mail server took."""

    def __init__(self, answer="250 OK"):
        self.answer, self.mails = answer, []

    async def handle_DATA(self, _server, session, envelope):  # noqa: N802
        self.mails.append((session.ssl is not None, session.auth_data, envelope))
        return self.answer


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """An authority's certificate, and a context with one of localhost that it signed."""
    folder = tmp_path_factory.mktemp("tls")

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)

    key = ("-newkey", "rsa:2048", "-nodes", "-days", "2")
    openssl("req", "-x509", *key, "-subj", "/CN=an authority", "-keyout", "ca.key", "-out", "ca.pem")
    names = ("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=CA:FALSE")
    signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-subj", "/CN=localhost", *names)
    openssl("req", "-x509", *key, *signed, "-keyout", "key.pem", "-out", "certificate.pem")
    made, own, key = folder / "ca.pem", folder / "certificate.pem", folder / "key.pem"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own, key)
    return made, context


def configured(folder, target, outgoing="", allow=("127.0.0.0/8", "localhost"), plaintext=("127.0.0.0/8",)):
    """A configuration with one target `x`."""
    for name, text in {"secret": SECRET, "password": "p4ss"}.items():
        (folder / name).write_text(text + "\n")
        (folder / name).chmod(0o600)
    config = folder / "nameplate.toml"
    config.write_text(
        f"[leads.outgoing]\nallow = {list(allow)}\nplaintext = {list(plaintext)}\n{outgoing}\n"
        f"[[leads.targets]]\nname = 'x'\n{target.replace('FOLDER', str(folder))}\n"
    )
    return config


def hook(port, scheme="http", host="127.0.0.1"):
    return f"kind = 'webhook'\nurl = '{scheme}://{host}:{port}/hook'\nsecret_file = 'FOLDER/secret'"


def test_a_webhook_is_signed_as_standard_webhooks_says(tmp_path):
    with Receiver() as receiver:
        config = configured(tmp_path, hook(receiver.port))
        assert run_ok("try-target", "--config", config, "x") == "x took it\n"
    [(path, headers, body)] = receiver.requests
    assert path == "/hook"
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"].startswith("msg_")
    # Receivers refuse what is more than five minutes off.
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 300
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(base64.b64decode(KEY), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
    event = json.loads(body)
    assert event["type"] == "test"
    assert event["data"]["lead"]["company"]["id"] == "test:nameplate"
    assert "right to object" in event["data"]["provenance"]["permitted_use"]


@pytest.mark.parametrize("status", [301, 307, 400, 410, 429, 500])
def test_what_a_receiver_refuses_is_said(tmp_path, status):
    with Receiver() as bystander:
        headers = [("location", f"http://127.0.0.1:{bystander.port}/"), ("retry-after", "1")]
        with Receiver(status, headers) as receiver:
            config = configured(tmp_path, hook(receiver.port))
            assert error_line(run("try-target", "--config", config, "x")).endswith(f"answered {status}")
    assert len(receiver.requests) == 1
    assert bystander.requests == []


def test_a_private_address_is_not_connected_to_unless_its_network_is_listed(tmp_path):
    with Receiver() as receiver:
        target = hook(receiver.port, "http", "localhost")
        config = configured(tmp_path, target, allow=["localhost"], plaintext=["localhost"])
        assert "address is loopback" in error_line(run("try-target", "--config", config, "x"))
        config = configured(tmp_path, hook(receiver.port), allow=["example.com"], plaintext=[])
        assert "not in leads.outgoing.allow" in error_line(run("try-target", "--config", config, "x"))
    assert receiver.requests == []


def test_tls_wants_a_certificate_of_somebody_trusted(tmp_path, certificate):
    made, context = certificate
    with Receiver(context=context) as receiver:
        target = hook(receiver.port, "https", "localhost")
        line = error_line(run("try-target", "--config", configured(tmp_path, target), "x"))
        assert "TLS failed: " in line
        assert receiver.requests == []
        config = configured(tmp_path, target, f"certificates = '{made}'")
        assert run_ok("try-target", "--config", config, "x") == "x took it\n"
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("kind", ["slack", "teams"])
def test_a_chat_gets_its_own_json(tmp_path, kind):
    with Receiver() as receiver:
        target = f"kind = '{kind}'\nurl = 'http://127.0.0.1:{receiver.port}/services/T/B/x'"
        run_ok("try-target", "--config", configured(tmp_path, target), "x")
    [(path, headers, body)] = receiver.requests
    assert path == "/services/T/B/x"
    assert "webhook-signature" not in headers
    message = json.loads(body)
    if kind == "slack":
        assert {block["type"] for block in message["blocks"]} == {"header", "section", "context"}
    else:
        assert message["attachments"][0]["contentType"] == "application/vnd.microsoft.card.adaptive"


def mail(port, security, more=""):
    server = "127.0.0.1" if security == "none" else "localhost"
    settings = f"server = '{server}'\nport = {port}\nsecurity = '{security}'\nfrom = 'leads@example.com'"
    return f"[leads.outgoing.mail]\n{settings}\n{more}"


MAIL = "kind = 'mail'\naddress = 'sales@example.com'"


def checks(_server, _session, _envelope, _mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"nameplate", b"p4ss"), auth_data=data)


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_a_mail_server_takes_a_mail(tmp_path, certificate, security):
    made, context = certificate
    mailbox = Mailbox()
    settings = {"authenticator": checks, "auth_require_tls": security != "none"}
    if security == "starttls":
        settings |= {"tls_context": context, "require_starttls": True}
    if security == "tls":
        settings |= {"ssl_context": context, "auth_require_tls": False}
    server = MailServer(mailbox, **settings)
    server.start()
    try:
        signed_in = f"user = 'nameplate'\npassword_file = '{tmp_path}/password'"
        outgoing = f"certificates = '{made}'\n{mail(server.port, security, signed_in)}"
        assert run_ok("try-target", "--config", configured(tmp_path, MAIL, outgoing), "x") == "x took it\n"
    finally:
        server.stop()
    [(encrypted, credentials, envelope)] = mailbox.mails
    # With tls, the server has no other connections, and does not say so.
    assert encrypted == (security == "starttls")
    assert credentials.login == b"nameplate"
    assert envelope.mail_from == "leads@example.com"
    assert envelope.rcpt_tos == ["sales@example.com"]
    message = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert message["subject"] == "A test of nameplate, no visit"
    assert message["message-id"].startswith("<msg_")
    assert message["auto-submitted"] == "auto-generated"
    assert message.get_content_type() == "text/plain"
    assert "right to object" in message.get_content().replace("\r\n", "\n")


def test_a_mail_server_that_refuses_or_has_no_tls_gets_nothing(tmp_path):
    mailbox = Mailbox("554 no")
    server = MailServer(mailbox)
    server.start()
    try:
        config = configured(tmp_path, MAIL, mail(server.port, "none"))
        assert error_line(run("try-target", "--config", config, "x")).endswith("refused it with 554")
        mailbox.mails.clear()
        config = configured(tmp_path, MAIL, mail(server.port, "starttls"))
        assert "does not offer STARTTLS" in error_line(run("try-target", "--config", config, "x"))
    finally:
        server.stop()
    assert mailbox.mails == []


def test_no_error_shows_a_secret(tmp_path):
    for config in (
        configured(tmp_path, hook(1)),
        configured(tmp_path, hook(1).replace("FOLDER/secret", "FOLDER/password")),
        configured(tmp_path, "kind = 'slack'\nurl = 'https://example.org/services/k3y'"),
    ):
        line = error_line(run("try-target", "--config", config, "x"))
        assert not any(secret in line for secret in (KEY, "p4ss", "k3y")), line


def test_a_visit_becomes_a_signed_webhook_and_an_address_is_nowhere(tmp_path, socket_folder):
    database = tmp_path / "vectors.npl"
    run_ok("build", "--config", ROOT / "tests/vectors/vectors.toml", "-o", database)
    suppress = tmp_path / "suppress.list"
    run_ok("suppress", "create", "--list", suppress)
    with Receiver() as receiver:
        config = configured(tmp_path, hook(receiver.port))
        config.write_text(
            f"suppress = '{suppress}'\n[leads]\nstore = '{tmp_path}/leads.db'\n"
            + config.read_text()
            + "[[leads.sites]]\nname = 'shop'\nhosts = ['shop.example']\nlegal_basis = 'consent'\n"
        )
        daemon = Daemon(database, socket_folder, extra=["--config", config])
        try:
            daemon.wait_until_ready()
            visit = {
                "site": "shop",
                "address": "20.0.3.131",
                "url": "https://shop.example/pricing?key=1",
                "title": "</script>\r\n=1+1 \u202e",
                "consent": "company",
            }
            with daemon.connect() as client:
                client.sendall(request("VISIT", json.dumps(visit)))
                assert b'"level":"company"' in client.recv(4096)
            assert receiver.taken.wait(PATIENCE), daemon.log.read_text()
            assert daemon.terminate() == 0
        finally:
            daemon.kill()
    [(_, headers, body)] = receiver.requests
    event = json.loads(body)
    assert event["type"] == "lead.created"
    assert event["data"]["lead"]["company"]["name"] == "Beispiel Maschinenbau GmbH"
    assert event["data"]["pages"][0]["path"] == "/pricing"
    assert event["data"]["provenance"]["sources"][0]["licence"] == "CC0-1.0"
    number = int.from_bytes(bytes([20, 0, 3, 131]), "big")
    for hidden in ("20.0.3.131", str(number), f"{number:08x}"):
        assert hidden not in body.decode()
        assert hidden not in str(headers)
        assert hidden not in daemon.log.read_text()
