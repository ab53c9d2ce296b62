"""The daemon's life: its socket, its end, and clients that behave badly."""

import contextlib
import os
import resource
import signal
import socket
import stat
import subprocess

import pytest
from support import PATIENCE, Daemon, error_line, read_all, request, run


def ping(daemon):
    with daemon.connect() as client:
        client.sendall(request("PING"))
        return client.recv(64)


def send_until_full(client):
    """Sends requests, without reading a reply, until neither the daemon nor the kernel takes more."""
    batch = request("LOOKUPJSON", "198.24.10.1") * 1000
    client.settimeout(1)
    with contextlib.suppress(TimeoutError):
        while True:
            client.sendall(batch)


def test_only_owner_and_group_may_ask(own_daemon):
    mode = own_daemon.socket.stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o660


def test_the_mode_does_not_depend_on_the_caller_s_umask(small_database, socket_folder):
    before = os.umask(0)
    try:
        daemon = Daemon(small_database, socket_folder)
    finally:
        os.umask(before)
    try:
        daemon.wait_until_ready()
        assert stat.S_IMODE(daemon.socket.stat().st_mode) == 0o660
    finally:
        daemon.kill()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_ends_it_and_removes_the_socket(end, own_daemon):
    with own_daemon.connect() as idle:
        own_daemon.process.send_signal(end)
        assert own_daemon.process.wait(PATIENCE) == 0
        assert not own_daemon.socket.exists()
        assert read_all(idle) == b"", "an idle client is let go"


def test_what_was_asked_before_the_end_is_answered_whole(own_daemon):
    # As much as the kernel holds for sure: all of it has been sent when the signal comes, and some
    # of it hardly has been read.
    count = 1000
    with own_daemon.connect() as client:
        client.sendall(request("LOOKUPJSON", "198.24.10.1") * count)
        own_daemon.process.send_signal(signal.SIGTERM)
        received = read_all(client)
    assert own_daemon.process.wait(PATIENCE) == 0
    assert received.count(b"Vishay Intertechnology, Inc.") == 2 * count, "as company and as operator"
    assert received.endswith(b"\r\n")


def test_a_client_that_does_not_read_cannot_hold_up_the_end(own_daemon):
    with own_daemon.connect() as deaf:
        send_until_full(deaf)
        assert own_daemon.terminate() == 0
    assert not own_daemon.socket.exists()


def test_a_stale_socket_is_replaced(small_database, socket_folder):
    first = Daemon(small_database, socket_folder).wait_until_ready()
    first.kill()
    assert first.socket.exists(), "a killed daemon leaves its socket"
    second = Daemon(small_database, socket_folder)
    try:
        assert ping(second.wait_until_ready()) == b"+PONG\r\n"
        assert second.terminate() == 0
    finally:
        second.kill()


def test_a_live_socket_is_refused_and_goes_on(own_daemon, small_database):
    done = run("serve", "--db", small_database, "--socket", own_daemon.socket)
    assert str(own_daemon.socket) in error_line(done)
    assert ping(own_daemon) == b"+PONG\r\n"


def test_a_file_that_is_no_socket_is_left_alone(small_database, socket_folder):
    path = socket_folder / "nameplate.sock"
    path.write_text("precious")
    assert str(path) in error_line(run("serve", "--db", small_database, "--socket", path))
    assert path.read_text() == "precious"


@pytest.mark.parametrize("folder", ["no-such-folder", "x" * 120])
def test_a_socket_that_cannot_be_made_is_named(folder, small_database, socket_folder):
    path = socket_folder / folder / "nameplate.sock"
    assert folder in error_line(run("serve", "--db", small_database, "--socket", path))


def dumps_core(process: subprocess.Popen) -> bool:
    """Ends the process in the way that leaves a core dump where nothing forbids it."""
    process.send_signal(signal.SIGABRT)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return os.WCOREDUMP(status)


def test_it_leaves_no_core_dump(small_database, socket_folder, monkeypatch):
    """A dump would hold the addresses that are just being looked up."""
    monkeypatch.chdir(socket_folder)
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    try:
        if not dumps_core(subprocess.Popen(["sleep", "60"])):
            pytest.skip("this machine makes no core dumps")
        daemon = Daemon(small_database, socket_folder)
        try:
            daemon.wait_until_ready()
            assert not dumps_core(daemon.process)
        finally:
            daemon.kill()
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)


def test_a_log_in_a_file_has_no_colours(own_daemon):
    assert b"\x1b" not in own_daemon.log.read_bytes()


def test_the_range_file_may_vanish_while_it_is_served(small_database, socket_folder, tmp_path):
    copy = tmp_path / "copy.npl"
    copy.write_bytes(small_database.read_bytes())
    daemon = Daemon(copy, socket_folder)
    try:
        daemon.wait_until_ready()
        os.truncate(copy, 0)
        copy.unlink()
        with daemon.connect() as client:
            client.sendall(request("LOOKUPJSON", "198.24.10.1"))
            assert b"Vishay" in client.recv(4096)
    finally:
        daemon.kill()


# Each is followed by PING on a connection of its own. What the daemon may do with the first
# connection is say -ERR and close it; what it may not do is fall over.
HOSTILE = {
    "a bulk of 4 GB": b"*2\r\n$6\r\nLOOKUP\r\n$4294967296\r\n",
    "a bulk longer than any": b"*2\r\n$6\r\nLOOKUP\r\n$99999999999999999999999\r\n",
    "a negative bulk": b"*2\r\n$6\r\nLOOKUP\r\n$-5\r\n",
    "an array of 4 billion": b"*4294967296\r\n",
    "an array of no number": b"*x\r\n",
    "a wrong type": b"*1\r\n:5\r\n",
    "no line end": b"LOOKUP " + b"1" * 1_000_000,
    "a bulk without its line end": b"*1\r\n$4\r\nPINGxx",
    "noise": bytes(range(256)) * 256,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    "HTTP": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


@pytest.mark.parametrize("sent", HOSTILE.values(), ids=HOSTILE.keys())
def test_bytes_that_are_no_request_are_refused_or_closed(sent, own_daemon):
    with own_daemon.connect() as client:
        try:
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass  # closed before all was sent, which is its right
        reply = read_all(client)
    assert reply.startswith(b"-") or reply == b""
    assert ping(own_daemon) == b"+PONG\r\n"


def test_a_client_that_hangs_up_in_the_middle_harms_nobody(own_daemon):
    whole = request("LOOKUPJSON", "198.24.10.1")
    for length in range(len(whole)):
        with own_daemon.connect() as client:
            client.sendall(whole[:length])
    assert ping(own_daemon) == b"+PONG\r\n"


def test_a_request_may_come_byte_by_byte(own_daemon):
    with own_daemon.connect() as client:
        for byte in request("LOOKUPJSON", "198.24.10.1"):
            client.sendall(bytes([byte]))
        assert b"Vishay" in client.recv(4096)


def test_inline_commands_are_read(own_daemon):
    with own_daemon.connect() as client:
        client.sendall(b"LOOKUPJSON 192.168.1.1\r\nQUIT\r\n")
        reply = read_all(client)
    assert b"Private-Use" in reply
    assert reply.endswith(b"+OK\r\n")


def test_a_client_that_does_not_read_does_not_hold_up_the_others(own_daemon):
    with own_daemon.connect() as deaf:
        send_until_full(deaf)
        assert ping(own_daemon) == b"+PONG\r\n"


def test_more_connections_than_descriptors_do_not_end_it(small_database, socket_folder):
    daemon = Daemon(small_database, socket_folder)
    try:
        daemon.wait_until_ready()
        subprocess.run(["prlimit", f"--pid={daemon.process.pid}", "--nofile=40:40"], check=True)
        clients = [daemon.connect() for _ in range(60)]
        for client in clients:
            client.close()
        assert ping(daemon) == b"+PONG\r\n"
        assert daemon.terminate() == 0
    finally:
        daemon.kill()
