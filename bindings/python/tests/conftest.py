"""Range files and daemons, built and started once. All of them are real: the binary is what `make release`
built."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nameplate
import pytest

ROOT = Path(__file__).resolve().parents[3]
VECTORS = ROOT / "tests/vectors"

# What nothing here takes on a healthy machine, so that a hang fails instead of hanging.
PATIENCE = 30


def binary() -> Path:
    return ROOT / os.environ.get("NAMEPLATE_BIN", "target/release/nameplate")


def run(*arguments: object) -> None:
    subprocess.run([binary(), *map(str, arguments)], check=True, timeout=PATIENCE, capture_output=True)


@dataclass(frozen=True)
class Vector:
    world: str
    command: str
    input: bytes
    expected: str


def unescape(text: str) -> bytes:
    parts = text.split("\\x")
    return parts[0].encode() + b"".join(bytes([int(part[:2], 16)]) + part[2:].encode() for part in parts[1:])


def vectors(world: str, command: str) -> list[Vector]:
    lines = (VECTORS / "vectors.tsv").read_text(encoding="utf-8").split("\n")
    columns = [line.split("\t") for line in lines if line and not line.startswith("#")]
    found = [Vector(w, c, unescape(i), e) for w, c, i, e in columns if (w, c) == (world, command)]
    assert found, "no such vectors"
    return found


class Daemon:
    """A `nameplate serve`, with all that it writes in one file."""

    def __init__(self, database: Path, folder: Path, *extra: object) -> None:
        self.socket = folder / "nameplate.sock"
        self.log = folder / "daemon.log"
        self._arguments = ["serve", "--db", database, "--socket", self.socket, *extra]
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [binary(), *map(str, self._arguments)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline = time.monotonic() + PATIENCE
        while True:
            assert self.process.poll() is None, f"the daemon ended: {self.log.read_text()}"
            assert time.monotonic() < deadline, f"the daemon is not ready: {self.log.read_text()}"
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(PATIENCE)
                probe.connect(str(self.socket))
                probe.sendall(b"PING\r\n")
                if probe.recv(64) == b"+PONG\r\n":
                    return
            time.sleep(0.02)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The range file of the vectors."""
    path = tmp_path_factory.mktemp("vectors") / "vectors.npl"
    run("build", "--config", VECTORS / "vectors.toml", "-o", path)
    return path


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    """The same, for a test that changes it."""
    path = tmp_path / "copy.npl"
    shutil.copy(whole, path)
    path.chmod(0o644)
    return path


@pytest.fixture(scope="session")
def db(whole: Path) -> Iterator[nameplate.Database]:
    with nameplate.open(whole) as database:
        yield database


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder whose path is short: a socket's path holds some 100 bytes."""
    path = Path(tempfile.mkdtemp(prefix="np-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def daemons(whole: Path) -> Iterator[dict[str, Daemon]]:
    """A daemon for each world of the vectors."""
    folders = {world: Path(tempfile.mkdtemp(prefix="np-")) for world in ("whole", "suppressed")}
    started: dict[str, Daemon] = {}
    try:
        started["whole"] = Daemon(whole, folders["whole"])
        started["suppressed"] = Daemon(whole, folders["suppressed"], "--suppress", VECTORS / "suppress.list")
        yield started
    finally:
        for daemon in started.values():
            daemon.stop()
        for path in folders.values():
            shutil.rmtree(path)


@pytest.fixture
def own_daemon(copy: Path, folder: Path) -> Iterator[Daemon]:
    """A daemon that the test may end, and whose file it may replace."""
    daemon = Daemon(copy, folder)
    yield daemon
    daemon.stop()
