"""What the tests share: the command, the daemon, and addresses to ask for."""

import contextlib
import csv
import http.client
import ipaddress
import json
import os
import random
import resource
import signal
import socket
import subprocess
import time
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data/sample"
TABLES = ROOT / "data/sources/ip-location-db-asn"

# What nothing here takes on a healthy machine, so that a hang fails instead of hanging.
PATIENCE = 30

EDGES = [
    "0.0.0.0",
    "0.255.255.255",
    "1.0.0.0",
    "10.0.0.1",
    "127.0.0.1",
    "169.254.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "214.95.0.0",
    "214.255.255.255",
    "215.0.0.0",
    "215.0.255.255",
    "215.1.0.0",
    "215.1.3.255",
    "215.1.4.0",
    "224.0.0.1",
    "255.255.255.254",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:0.0.0.0",
    "::ffff:8.8.8.8",
    "::ffff:101:101",
    "0:0:0:0:0:ffff:255.255.255.255",
    "::8.8.8.8",
    "100::1",
    "2001:db8::1",
    "2001:4860:4860::8888",
    "2001:4860:4860:0000:0000:0000:0000:8888",
    "2606:4700:4700::1111",
    "2606:4700:4700:0::1111",
    "fe80::1",
    "fd00::1",
    "ff02::1",
    "FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFE",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
]

# No address in the sense of the contract, though some library somewhere would read most of them.
# None has a line end, and none begins with a dash, so that each can be an argument or a line.
NO_ADDRESSES = [
    "1.1.1",
    "1.1.1.1.1",
    "1.1.1.256",
    "01.1.1.1",
    "1.1.1.01",
    "0x1.0x1.0x1.0x1",
    "0x01010101",
    "16843009",
    "1.1.1.1:80",
    "1.1.1.1/32",
    " 1.1.1.1",
    "1.1.1.1 ",
    "1.1.1.1\t",
    "[::1]",
    "[::1]:80",
    "fe80::1%eth0",
    ":::",
    "1::2::3",
    "12345::",
    "::g",
    "::ffff:1.1.1.256",
    "localhost",
    "1" * 10_240,
    "é.1.1.1",
]


def nameplate_bin() -> Path:
    """The binary to test; relative paths are the repository's."""
    return ROOT / os.environ.get("NAMEPLATE_BIN", "target/release/nameplate")


def run(*args, stdin=None, **kwargs) -> subprocess.CompletedProcess:
    """Runs nameplate to its end. `stdin` is text or bytes; output is text."""
    if isinstance(stdin, str):
        stdin = stdin.encode()
    done = subprocess.run(
        [nameplate_bin(), *map(str, args)],
        # Never the terminal of whoever runs the tests.
        input=stdin if stdin is not None else b"",
        capture_output=True,
        timeout=PATIENCE,
        check=False,
        **kwargs,
    )
    done.stdout = done.stdout.decode()
    done.stderr = done.stderr.decode()
    return done


def run_ok(*args, **kwargs) -> str:
    """Standard output of a nameplate that succeeds and has nothing to complain about."""
    done = run(*args, **kwargs)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def error_line(done: subprocess.CompletedProcess, code: int = 1) -> str:
    """The one line with which a nameplate failed."""
    assert done.returncode == code, done
    assert done.stderr.endswith("\n"), done
    assert done.stderr.count("\n") == 1, done
    return done.stderr.rstrip("\n")


def lookup_json(database: Path, addresses: list[str]) -> list[dict]:
    """The command line's answers, against which the daemon's are compared."""
    out = run_ok("lookup", "--db", database, "--json", "-", stdin="".join(f"{a}\n" for a in addresses))
    answers = [json.loads(line) for line in out.splitlines()]
    assert len(answers) == len(addresses)
    return answers


def flatten(answer: dict) -> dict[str, str]:
    """A JSON answer as the map that LOOKUP gives: names with dots, text only."""
    flat = {}
    for key, value in answer.items():
        if isinstance(value, dict):
            flat.update({f"{key}.{inner}": str(leaf) for inner, leaf in value.items()})
        elif isinstance(value, list):
            flat[key] = ",".join(value)
        else:
            flat[key] = str(value)
    return flat


def source_tables() -> list[Path]:
    """The tables of which `database` is built: the whole ones where they are, else the sample."""
    folder = TABLES if TABLES.is_dir() else SAMPLE
    return [folder / "asn-ipv4.csv", folder / "asn-ipv6.csv"]


def build_config() -> Path:
    return ROOT / ("data/nameplate.toml" if TABLES.is_dir() else "data/sample.toml")


def rows(table: Path) -> list[list[str]]:
    with table.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))


def addresses_of(table: Path, count: int) -> list[str]:
    """Addresses of one family: at, before and behind the ends of rows, and inside and outside them.

    The same for every run, so that a failure comes again.
    """
    chance = random.Random(table.name)
    address = ipaddress.ip_address(rows(table)[0][0]).__class__
    largest = 2 ** address(0).max_prefixlen - 1
    numbers = set()
    for row in chance.sample(rows(table), count // 6):
        first, last = (int(ipaddress.ip_address(text)) for text in row[:2])
        numbers.update({first, last, (first + last) // 2, max(first - 1, 0), min(last + 1, largest)})
    while len(numbers) < count:
        numbers.add(chance.randint(0, largest))
    return [str(address(number)) for number in sorted(numbers)]


class Daemon:
    """A `nameplate serve`, with all that it writes caught in one file."""

    def __init__(
        self,
        database: Path,
        folder: Path,
        socket_path: Path | None = None,
        extra=(),
        level: str = "trace",
        descriptors: int | None = None,
    ):
        self.socket = socket_path or folder / "nameplate.sock"
        self.log = folder / "daemon.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [nameplate_bin(), "serve", "--db", database, "--socket", self.socket, *extra],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "RUST_LOG": level, "RUST_BACKTRACE": "1"},
                preexec_fn=descriptors and partial(few_descriptors, descriptors),
            )

    def wait_until_ready(self) -> "Daemon":
        deadline = time.monotonic() + PATIENCE
        while True:
            assert self.process.poll() is None, f"the daemon ended: {self.log.read_text()}"
            assert time.monotonic() < deadline, f"the daemon is not ready: {self.log.read_text()}"
            with contextlib.suppress(OSError), self.connect() as client:
                client.sendall(b"PING\r\n")
                if client.recv(64) == b"+PONG\r\n":
                    return self
            time.sleep(0.02)

    def connect(self) -> socket.socket:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(PATIENCE)
        try:
            client.connect(str(self.socket))
        except OSError:
            client.close()
            raise
        return client

    def terminate(self) -> int:
        """Ends it as an init system does; gives its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)


def few_descriptors(count: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))


def request(*arguments: str | bytes) -> bytes:
    """A command in the protocol's own form."""
    encoded = [a if isinstance(a, bytes) else a.encode() for a in arguments]
    return b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%b\r\n" % (len(a), a) for a in encoded)


def read_all(client: socket.socket) -> bytes:
    """What comes until the daemon closes the connection."""
    received = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while chunk := client.recv(1 << 16):
            received += chunk
    return bytes(received)


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path):
        super().__init__("localhost", timeout=PATIENCE)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


def http_get(path: Path, page: str, **headers: str) -> tuple[http.client.HTTPResponse, str]:
    """A page of the monitor at this socket."""
    connection = UnixConnection(path)
    try:
        connection.request("GET", page, headers=headers)
        response = connection.getresponse()
        return response, response.read().decode()
    finally:
        connection.close()
