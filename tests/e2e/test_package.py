"""The Debian package and its units, on a copy of this machine with systemd as its first process."""

import contextlib
import os
import shutil
import socket
import stat
import subprocess
import time
from pathlib import Path

import machine
import pytest
from support import PATIENCE, ROOT, read_all, request

PACKAGE = Path(os.environ.get("NAMEPLATE_DEB", ROOT / "target/nameplate.deb"))
FILE = "var/lib/nameplate/nameplate.npl"
SOCKET = "run/nameplate/nameplate.sock"
DROP_IN = "etc/systemd/system/nameplate.service.d/test.conf"
# A user of the machine who is neither root nor the daemon's.
OTHER = 4711

WHY_NOT = machine.why_not()
pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=f"no machine to try on: {WHY_NOT}")


@pytest.fixture(scope="module")
def bare():
    assert PACKAGE.is_file(), f"no package at {PACKAGE}: run `make deb`"
    host = machine.Machine()
    try:
        yield host.wait_until_up()
    finally:
        host.end()


@pytest.fixture
def installed(bare, small_database):
    """The package installed and a range file in its place; afterwards all is purged."""
    shutil.copy(PACKAGE, bare.root / "tmp/nameplate.deb")
    bare.run("dpkg", "--no-triggers", "--install", "/tmp/nameplate.deb")
    shutil.copy(small_database, bare.root / FILE)
    try:
        yield bare
    finally:
        bare.run("systemctl", "stop", "nameplate.socket", "nameplate.service")
        bare.run("dpkg", "--no-triggers", "--purge", "nameplate")
        (bare.root / DROP_IN).unlink(missing_ok=True)
        bare.run("systemctl", "daemon-reload")


def drop_in(host, text: str) -> None:
    path = host.root / DROP_IN
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    host.run("systemctl", "daemon-reload")


def configure(host, *edits: tuple[str, str]) -> None:
    path = host.root / "etc/nameplate/nameplate.toml"
    text = path.read_text()
    for old, new in edits:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    path.write_text(text)


def connect(host) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(PATIENCE)
    client.connect(str(host.root / SOCKET))
    return client


def ask(host, *arguments: str) -> str:
    with connect(host) as client:
        client.sendall(request(*arguments) + request("QUIT"))
        return read_all(client).decode()


def ask_as(host, user: int, *groups: int) -> str:
    """What a user of this machine, outside of the other, gets who asks for a PING and ends the conversation.

    To the daemon such a process has the number 0. Once a library made an error of that, and nobody from
    outside got in.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.chdir((host.root / SOCKET).parent)
            os.setgroups(groups[1:])
            os.setgid(groups[0])
            os.setuid(user)
            os.write(writer, converse(Path(SOCKET).name))
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        received = pipe.read()
    os.waitpid(child, 0)
    return received.decode()


def converse(path: str) -> bytes:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(PATIENCE)
        try:
            client.connect(path)
        except PermissionError:
            return b"permission denied"
        # Who is not welcome is disconnected at once, maybe before this.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.sendall(request("PING") + request("QUIT"))
        return read_all(client)


def shown(host, name: str) -> str:
    return host.run("systemctl", "show", "--value", f"--property={name}", "nameplate.service").stdout.strip()


def until(host, holds) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, host.journal()
        time.sleep(0.05)


def traces(host) -> set[str]:
    """What a package may leave behind: the files of the system, and its users and groups."""
    folders = ["/etc", "/usr", "/lib/systemd", "/opt", "/srv", "/var/lib", "/run/nameplate"]
    # What records all packages alike, what dpkg, ldconfig and man-db keep of the last state, and what the
    # machine itself writes while it runs.
    no_matter = ["/var/lib/dpkg", "/var/lib/systemd", "/etc/ld.so.cache", "/etc/.pwd.lock", "*-"]
    prune = [word for path in no_matter for word in ("-path", path, "-prune", "-o")]
    files = host.run("find", *folders, *prune, "-print", check=False).stdout
    accounts = ("etc/passwd", "etc/group", "etc/shadow", "etc/gshadow")
    lines = [f"{name}: {line}" for name in accounts for line in (host.root / name).read_text().splitlines()]
    return set(files.splitlines()) | set(lines)


def test_it_installs_starts_and_is_gone_without_a_trace(bare, small_database):
    before = traces(bare)
    shutil.copy(PACKAGE, bare.root / "tmp/nameplate.deb")
    bare.run("dpkg", "--no-triggers", "--install", "/tmp/nameplate.deb")
    assert bare.run("nameplate", "--version").stdout.startswith("nameplate ")
    assert "nameplate" in bare.run("id", "nameplate").stdout
    for page in ("nameplate.1", "nameplate-serve.1"):
        found = list((bare.root / "usr/share/man/man1").glob(f"{page}*"))
        assert found, page

    # Without a range file there is nothing to serve, which is no failure.
    bare.run("systemctl", "start", "nameplate")
    assert (shown(bare, "ActiveState"), shown(bare, "Result")) == ("inactive", "success")
    shutil.copy(small_database, bare.root / FILE)
    bare.run("systemctl", "start", "nameplate")
    assert shown(bare, "ActiveState") == "active"
    assert shown(bare, "StatusText").startswith("serving build ")
    assert "Vishay" in ask(bare, "LOOKUPJSON", "198.24.10.1")
    found = (bare.root / SOCKET).stat()
    user = int(bare.run("id", "--user", "nameplate").stdout)
    assert (stat.S_IMODE(found.st_mode), found.st_uid) == (0o660, user)

    bare.run("dpkg", "--no-triggers", "--install", "/tmp/nameplate.deb")
    assert "Vishay" in ask(bare, "LOOKUPJSON", "198.24.10.1"), "an upgrade leaves it running"
    bare.run("dpkg", "--no-triggers", "--remove", "nameplate")
    assert shown(bare, "ActiveState") in ("inactive", "failed")
    assert not (bare.root / SOCKET).exists()
    assert (bare.root / FILE).exists(), "what people made stays until the package is purged"
    bare.run("dpkg", "--no-triggers", "--purge", "nameplate")
    bare.run("systemctl", "daemon-reload")
    assert traces(bare) == before


def test_it_needs_no_system_call_that_the_unit_forbids(installed):
    """Here such a call ends it, instead of failing: lookups, reloads and clients in numbers, and its end."""
    drop_in(installed, "[Service]\nSystemCallErrorNumber=kill\nRestart=no\n")
    installed.run("systemctl", "start", "nameplate")
    pid = shown(installed, "MainPID")
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connect(installed)) for _ in range(300)]
        for client in clients:
            client.sendall(request("LOOKUPJSON", "198.24.10.1") * 100)
        for count in range(3):
            installed.run("systemctl", "reload", "nameplate")
            until(installed, lambda wanted=count + 1: f"reloads:{wanted}\r\n" in ask(installed, "INFO"))
        assert "+OK" in ask(installed, "RELOAD")
        for client in clients:
            client.sendall(request("QUIT"))
            assert read_all(client).count(b"Vishay") == 200
    assert shown(installed, "MainPID") == pid
    assert shown(installed, "StatusText").startswith("serving build ")
    installed.run("systemctl", "stop", "nameplate")
    assert shown(installed, "Result") == "success", installed.journal()


def test_the_unit_leaves_group_and_list_to_the_configuration(installed):
    """The daemon, which has no privilege, gives the group; the list names a user who is not root."""
    configure(
        installed,
        ('#group = "www-data"', 'group = "www-data"'),
        ("allow_users = []", f"allow_users = [{OTHER}]"),
    )
    drop_in(installed, "[Service]\nSupplementaryGroups=www-data\n")
    installed.run("systemctl", "start", "nameplate")
    group = int(installed.run("getent", "group", "www-data").stdout.split(":")[2])
    assert (installed.root / SOCKET).stat().st_gid == group
    assert ask_as(installed, OTHER, OTHER) == "permission denied"
    assert ask_as(installed, OTHER, group) == "+PONG\r\n+OK\r\n"
    assert ask_as(installed, OTHER + 1, OTHER, group).startswith("-NOPERM ")
    assert ask_as(installed, 0, 0) == "+PONG\r\n+OK\r\n"


def test_the_unit_shuts_it_in(installed):
    installed.run("systemctl", "start", "nameplate")
    pid = int(shown(installed, "MainPID"))
    status = dict(
        line.split(":\t", 1)
        for line in installed.run("cat", f"/proc/{pid}/status").stdout.splitlines()
        if ":\t" in line
    )
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0, name
    own = installed.run("readlink", "/proc/1/ns/net").stdout
    assert installed.run("readlink", f"/proc/{pid}/ns/net").stdout != own


def test_who_does_not_answer_is_restarted(installed):
    drop_in(installed, "[Service]\nWatchdogSec=2\nRestart=on-watchdog\nRestartSec=0\n")
    installed.run("systemctl", "start", "nameplate")
    pid = shown(installed, "MainPID")
    installed.run("kill", "-STOP", pid)
    until(
        installed,
        lambda: shown(installed, "NRestarts") == "1" and shown(installed, "ActiveState") == "active",
    )
    assert "Vishay" in ask(installed, "LOOKUPJSON", "198.24.10.1"), "the dead one's socket was replaced"


def test_systemd_may_make_the_socket(installed):
    configure(installed, ('socket = "/run', '#socket = "/run'))
    installed.run("systemctl", "start", "nameplate.socket")
    path = installed.root / SOCKET
    inode = path.stat().st_ino
    assert shown(installed, "ActiveState") == "inactive"
    assert "Vishay" in ask(installed, "LOOKUPJSON", "198.24.10.1"), "the first client starts it"
    assert shown(installed, "ActiveState") == "active"
    installed.run("systemctl", "restart", "nameplate.service")
    assert "Vishay" in ask(installed, "LOOKUPJSON", "198.24.10.1")
    installed.run("systemctl", "stop", "nameplate.service")
    assert path.stat().st_ino == inode, "the socket is not the daemon's to remove"
    assert "Vishay" in ask(installed, "LOOKUPJSON", "198.24.10.1"), "the next client starts it again"
    installed.run("systemctl", "stop", "nameplate.socket", "nameplate.service")
    assert not path.exists()


def test_the_package_says_what_it_is():
    shown = subprocess.run(["dpkg-deb", "--info", PACKAGE], capture_output=True, text=True, check=True).stdout
    assert "Package: nameplate\n" in shown.replace("\n ", "\n")
    assert "/etc/nameplate/nameplate.toml" in subprocess.run(
        ["dpkg-deb", "--ctrl-tarfile", PACKAGE], capture_output=True, check=True
    ).stdout.decode(errors="replace")
