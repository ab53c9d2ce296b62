"""A daemon with [leads] and [web], and clients of its HTTP side as browsers and programs are."""

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import re
import socket
import ssl
import struct
import subprocess
import time
import urllib.parse
from pathlib import Path

import support

PASSWORD = "correct horse battery staple"

# Beyond the daemon's own, all that a test may say of [web].
CONFIG = """
suppress = "{folder}/suppress.list"

[leads]
store = "{folder}/leads.db"

[[leads.sites]]
name = "shop"
hosts = ["shop.example"]
highest_level = "sessions"

[web]
listen = "{listen}"
{web}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def certificate(folder: Path, name: str = "localhost") -> tuple[Path, Path]:
    """A certificate for this name and 127.0.0.1, signed by itself, and its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ),
            *("-keyout", key, "-out", certificate, "-days", "2", "-subj", f"/CN={name}"),
            *("-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


class Web(support.Daemon):
    """A daemon whose HTTP side listens on `listen`, or on a free port of loopback."""

    def __init__(self, database: Path, folder: Path, web: str = "", listen: str = "", level: str = "trace"):
        self.folder = folder
        self.listen = listen or f"127.0.0.1:{free_port()}"
        self.config = folder / "nameplate.toml"
        self.config.write_text(CONFIG.format(folder=folder, listen=self.listen, web=web))
        if not (folder / "suppress.list").exists():
            support.run_ok("suppress", "create", "--list", folder / "suppress.list")
        super().__init__(database, folder, extra=["--config", self.config], level=level)

    def user(self, name: str, role: str) -> None:
        support.run_ok("user", "add", "--config", self.config, "--role", role, name, stdin=PASSWORD + "\n")

    def key(self, name: str, *scopes: str) -> str:
        asked = [argument for scope in scopes for argument in ("--scope", scope)]
        return support.run_ok("key", "add", "--config", self.config, *asked, name).strip()

    def browser(self, context: ssl.SSLContext | None = None, **headers: str) -> "Browser":
        return Browser(self.listen, context, headers)


class Browser:
    """Keeps cookies, follows forms, says where its requests come from."""

    def __init__(self, listen: str, context: ssl.SSLContext | None, headers: dict[str, str]):
        self.listen, self.context, self.headers = listen, context, headers
        self.cookies: dict[str, str] = {}
        self.set_cookies: list[str] = []

    @property
    def origin(self) -> str:
        scheme = "https" if self.context or self.headers.get("X-Forwarded-Proto") == "https" else "http"
        return f"{scheme}://{self.host}"

    @property
    def host(self) -> str:
        return "localhost" if "/" in self.listen else self.listen

    def ask(self, method: str, path: str, body=None, **headers: str | None):
        """A request as a browser sends it; a header that is None is left out."""
        if "/" in self.listen:
            connection = support.UnixConnection(Path(self.listen))
        elif self.context:
            connection = http.client.HTTPSConnection(
                self.listen, context=self.context, timeout=support.PATIENCE
            )
        else:
            connection = http.client.HTTPConnection(self.listen, timeout=support.PATIENCE)
        sent = {"Host": self.host, **self.headers}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method != "GET":
            sent["Origin"] = self.origin
        if isinstance(body, dict):
            body = urllib.parse.urlencode(body)
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        try:
            sent = {name: value for name, value in sent.items() if value is not None}
            # A request that is refused by its head has its reply before its body was read.
            with contextlib.suppress(BrokenPipeError):
                connection.request(method, path, body, sent)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        for line in response.msg.get_all("Set-Cookie") or []:
            self.set_cookies.append(line)
            name, value = line.split(";")[0].split("=", 1)
            self.cookies.pop(name, None)
            if value:
                self.cookies[name] = value
        return response, text

    def get(self, path: str, **headers) -> str:
        response, text = self.ask("GET", path, **headers)
        assert response.status == 200, (path, response.status, text)
        return text

    def token(self, path: str) -> str:
        """The token of the forms on a page."""
        return re.search(r'name="csrf" value="([^"]+)"', self.get(path))[1]

    def post(self, page: str, action: str, **fields: str):
        """Sends a form that is on this page."""
        return self.ask("POST", action, {"csrf": self.token(page), **fields})

    def sign_in(self, name: str, password: str = PASSWORD):
        return self.post("/sign-in", "/sign-in", name=name, password=password)[0]

    def enrol(self) -> bytes:
        """Sets up the second factor as an app does; gives its secret."""
        page = self.get("/enrolment")
        assert "<svg" in page
        secret = base64.b32decode(re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1].replace(" ", ""))
        response, text = self.post("/enrolment", "/enrolment", code=code(secret))
        assert (response.status, response.headers["Location"]) == (303, "/"), text
        return secret


def code(secret: bytes, step: int = 0) -> str:
    """TOTP of RFC 6238, `step` steps from now."""
    digest = hmac.new(secret, struct.pack(">Q", int(time.time()) // 30 + step), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def rest(web: Web, key: str, method: str, path: str, body=None, **headers):
    """A program's request: status, headers, and its JSON if it has some."""
    browser = Browser(web.listen, None, {})
    sent = {"Authorization": f"Bearer {key}", "Origin": None, **headers}
    if body is not None:
        sent.setdefault("Content-Type", "application/json")
    response, text = browser.ask(method, path, body if body is None else json.dumps(body), **sent)
    kind = response.headers.get("Content-Type", "")
    return response, json.loads(text) if text and "json" in kind and "ndjson" not in kind else text
