"""What the service manager is to the daemon: sockets that it passes, and what it is told."""

import contextlib
import fcntl
import os
import signal
import socket
import stat
import subprocess

import pytest
from support import PATIENCE, Daemon, error_line, nameplate_bin, read_all, request, run


class Manager:
    """The socket on which a service manager is told how a daemon is."""

    def __init__(self, folder):
        self.path = folder / "notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.socket.settimeout(PATIENCE)

    def next(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self.socket.recv(4096).decode().splitlines())

    def until(self, key: str) -> dict[str, str]:
        while key not in (told := self.next()):
            pass
        return told


@pytest.fixture
def manager(socket_folder):
    manager = Manager(socket_folder)
    yield manager
    manager.socket.close()


@contextlib.contextmanager
def serving(*arguments, env=None, passed=(), names=None):
    """A `nameplate serve` with these descriptors as 3, 4, and so on, for it alone."""
    # Numbers out of the way of those that they get.
    copies = [fcntl.fcntl(source, fcntl.F_DUPFD, 100) for source in passed]
    environment = {**os.environ, "RUST_LOG": "debug", **(env or {})}
    script = 'exec "$0" "$@"'
    if passed:
        environment["LISTEN_FDS"] = str(len(passed))
        if names is not None:
            environment["LISTEN_FDNAMES"] = names
        moves = " ".join(f"{3 + place}<&{copy} {copy}<&-" for place, copy in enumerate(copies))
        # The process that they are for is named by its number, which is this shell's until the end.
        script = f"exec {moves}; export LISTEN_PID=$$; {script}"
    process = subprocess.Popen(
        ["bash", "-c", script, nameplate_bin(), "serve", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        pass_fds=copies,
        env=environment,
        text=True,
    )
    for copy in copies:
        os.close(copy)
    try:
        yield process
    finally:
        process.kill()
        process.wait(PATIENCE)
        process.stderr.close()


def listener(path, kind=socket.SOCK_STREAM) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, kind)
    made.bind(str(path))
    if kind == socket.SOCK_STREAM:
        made.listen()
    return made


def ask(path, *arguments: str) -> bytes:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(PATIENCE)
        client.connect(str(path))
        client.sendall(request(*arguments) + request("QUIT"))
        return read_all(client)


def test_it_is_told_when_clients_can_connect_and_when_the_end_begins(small_database, socket_folder, manager):
    path = socket_folder / "n.sock"
    env = {"NOTIFY_SOCKET": str(manager.path)}
    with serving("--db", small_database, "--socket", path, env=env) as process:
        told = manager.next()
        assert told["READY"] == "1"
        assert told["STATUS"].startswith("serving build ")
        assert ask(path, "PING") == b"+PONG\r\n+OK\r\n", "at once, without trying again"

        process.send_signal(signal.SIGHUP)
        begun = manager.next()
        assert begun["RELOADING"] == "1"
        assert int(begun["MONOTONIC_USEC"]) > 0
        ended = manager.until("READY")
        assert ended["READY"] == "1"
        assert b"reloads:1\r\n" in ask(path, "INFO")

        process.send_signal(signal.SIGTERM)
        assert manager.until("STOPPING")["STOPPING"] == "1"
        assert process.wait(PATIENCE) == 0


def test_a_reload_that_fails_is_told_and_ends_all_the_same(small_database, socket_folder, manager, tmp_path):
    copy = tmp_path / "copy.npl"
    copy.write_bytes(small_database.read_bytes())
    env = {"NOTIFY_SOCKET": str(manager.path)}
    with serving("--db", copy, "--socket", socket_folder / "n.sock", env=env) as process:
        manager.until("READY")
        copy.write_bytes(b"no range file")
        process.send_signal(signal.SIGHUP)
        manager.until("RELOADING")
        ended = manager.until("READY")
        assert "the last reload failed (" in ended["STATUS"]
        assert ask(socket_folder / "n.sock", "PING").startswith(b"+PONG")


def test_the_watchdog_hears_from_it(small_database, socket_folder, manager):
    env = {"NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "100000"}
    with serving("--db", small_database, "--socket", socket_folder / "n.sock", env=env):
        for _ in range(5):
            assert manager.until("WATCHDOG")["WATCHDOG"] == "1"


def test_without_a_watchdog_it_says_no_more_than_it_must(small_database, socket_folder, manager):
    env = {"NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}
    path = socket_folder / "n.sock"
    with serving("--db", small_database, "--socket", path, env=env) as process:
        assert "READY" in manager.next()
        for _ in range(100):
            ask(path, "LOOKUPJSON", "198.24.10.1")
        process.send_signal(signal.SIGTERM)
        assert "STOPPING" in manager.next()


def test_what_is_told_holds_no_address(small_database, socket_folder, manager):
    env = {"NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "10000"}
    path = socket_folder / "n.sock"
    with serving("--db", small_database, "--socket", path, env=env) as process:
        manager.until("READY")
        for _ in range(20):
            ask(path, "LOOKUPJSON", "198.24.10.1")
            ask(path, "LOOKUPJSON", "198.24.10.1x")
        ask(path, "RELOAD")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    manager.socket.setblocking(False)
    count = 0
    with contextlib.suppress(BlockingIOError):
        while told := manager.socket.recv(4096):
            assert b"198.24" not in told
            count += 1
    assert count > 0


def test_a_passed_socket_is_served_and_left(small_database, socket_folder):
    path = socket_folder / "passed.sock"
    with listener(path) as passed:
        inode = path.stat().st_ino
        for _ in range(2):
            config = no_socket(socket_folder)
            with serving("--db", small_database, "--config", config, passed=[passed]) as process:
                assert b"Vishay" in ask(path, "LOOKUPJSON", "198.24.10.1")
                process.send_signal(signal.SIGTERM)
                assert process.wait(PATIENCE) == 0
            assert path.stat().st_ino == inode, "it is neither removed nor made anew"


def no_socket(folder):
    path = folder / "empty.toml"
    path.write_text("")
    return path


def test_a_passed_socket_takes_the_place_of_the_configured_one(small_database, socket_folder):
    path, unused = socket_folder / "passed.sock", socket_folder / "configured.sock"
    with listener(path) as passed, serving("--db", small_database, "--socket", unused, passed=[passed]):
        assert b"+PONG" in ask(path, "PING")
        assert not unused.exists()


def test_the_socket_for_metrics_does_not_serve_clients(small_database, socket_folder):
    """In whichever order they are passed, the name decides."""
    clients, monitor = socket_folder / "c.sock", socket_folder / "m.sock"
    arguments = ("--db", small_database, "--socket", "unused")
    with (
        listener(clients) as one,
        listener(monitor) as other,
        serving(*arguments, passed=[other, one], names="monitor:x"),
    ):
        assert b"+PONG" in ask(clients, "PING")


def test_what_is_passed_must_be_a_listening_unix_socket(small_database, socket_folder):
    connected, peer = socket.socketpair()
    datagram = listener(socket_folder / "d.sock", socket.SOCK_DGRAM)
    internet = socket.create_server(("127.0.0.1", 0))
    with connected, peer, datagram, internet, (socket_folder / "file").open("w") as file:
        for wrong in (connected, datagram, internet, file):
            with serving(
                "--db", small_database, "--socket", "unused", passed=[wrong], names="odd"
            ) as process:
                _, complaint = process.communicate(timeout=PATIENCE)
            assert process.returncode == 1
            assert 'descriptor 3, called "odd"' in complaint
            assert "is not a listening Unix stream socket" in complaint


def test_two_passed_sockets_for_clients_are_one_too_many(small_database, socket_folder):
    arguments = ("--db", small_database, "--socket", "unused")
    with (
        listener(socket_folder / "1.sock") as one,
        listener(socket_folder / "2.sock") as two,
        serving(*arguments, passed=[one, two]) as process,
    ):
        _, complaint = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "two sockets for clients" in complaint


def test_sockets_passed_to_another_process_are_not_taken(small_database, socket_folder):
    path = socket_folder / "n.sock"
    env = {"LISTEN_FDS": "1", "LISTEN_PID": "1"}
    with serving("--db", small_database, "--socket", path, env=env) as process:
        assert any("serving" in line for line in process.stderr), "it makes its own"
        assert b"+PONG" in ask(path, "PING")


def test_without_any_socket_it_says_how_to_give_one(small_database, socket_folder):
    done = run("serve", "--db", small_database, "--config", no_socket(socket_folder))
    assert error_line(done).endswith("give --socket or the key socket, or have the service manager pass one")


@pytest.mark.parametrize("name", ["@nameplate", "@"])
def test_there_are_no_abstract_sockets(name, small_database):
    assert "abstract socket" in error_line(run("serve", "--db", small_database, "--socket", name))


def test_flags_say_who_may_connect(small_database, socket_folder):
    path = socket_folder / "n.sock"
    config = socket_folder / "n.toml"
    config.write_text('[access]\nmode = "0600"\nallow_users = ["nobody"]\n')
    extra = ("--config", config, "--mode", "0620", "--allow-user", str(os.geteuid()))
    daemon = Daemon(small_database, socket_folder, path, extra)
    try:
        daemon.wait_until_ready()
        assert stat.S_IMODE(path.stat().st_mode) == 0o620
    finally:
        daemon.kill()


@pytest.mark.parametrize(
    ("flag", "value", "complaint"),
    [
        ("--group", "no-such-group-here", 'access.group: this system has no group "no-such-group-here"'),
        ("--allow-user", "no-such-user", 'access.allow_users: this system has no user "no-such-user"'),
        ("--allow-group", "4294967295", "access.allow_groups: a name, or a number from 0 to 4294967294"),
    ],
)
def test_accounts_that_are_none_are_named(flag, value, complaint, small_database, socket_folder):
    done = run("serve", "--db", small_database, "--socket", socket_folder / "n.sock", flag, value)
    assert complaint in error_line(done)
    assert not (socket_folder / "n.sock").exists()


def test_a_mode_that_is_none_is_wrong_usage(small_database, socket_folder):
    done = run("serve", "--db", small_database, "--socket", socket_folder / "n.sock", "--mode", "rw-")
    assert done.returncode == 2
    assert "--mode" in done.stderr


def test_a_wrong_line_of_the_configuration_is_named(small_database, socket_folder):
    config = socket_folder / "n.toml"
    config.write_text("[limits]\nclients = 10\n\nclient = 11\n")
    line = error_line(
        run("serve", "--db", small_database, "--socket", socket_folder / "n.sock", "--config", config)
    )
    assert f"{config}, line 4: unknown field `client`" in line


def open_files(process) -> tuple[str, str]:
    with open(f"/proc/{process.pid}/limits", encoding="ascii") as limits:
        line = next(line for line in limits if line.startswith("Max open files"))
    soft, hard = line.split()[3:5]
    return soft, hard


@pytest.mark.parametrize(
    ("hard", "soft_after", "warned"),
    [(4096, "1064", False), (1064, "1064", False), (512, "512", True)],
)
def test_the_limit_of_open_files_is_raised_as_far_as_it_goes(
    hard, soft_after, warned, small_database, socket_folder
):
    config = socket_folder / "n.toml"
    config.write_text("[limits]\nclients = 1000\n")
    command = ["prlimit", f"--nofile=256:{hard}", nameplate_bin(), "serve", "--db", small_database]
    path = socket_folder / "n.sock"
    with (socket_folder / "log").open("wb") as log:
        daemon = subprocess.Popen([*command, "--socket", path, "--config", config], stdout=log, stderr=log)
    try:
        while not path.exists():
            assert daemon.poll() is None
        assert open_files(daemon) == (soft_after, str(hard))
        text = (socket_folder / "log").read_text()
        assert text.count("limits.clients does not fit") == int(warned)
    finally:
        daemon.kill()
        daemon.wait(PATIENCE)
