"""The daemon under clients that are many, slow, deaf or too many.

`make test-long` (NAMEPLATE_LONG) takes longer: a soak of twenty minutes. Times are measured and printed; what
is asserted are counts, bytes, and shares of a processor.
"""

import contextlib
import json
import os
import re
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from memory import beyond_the_file
from support import PATIENCE, Daemon, read_all, request

LONG = "NAMEPLATE_LONG" in os.environ
CROWD = 1000
MOST_PER_CLIENT = 64 << 10

QUESTION = request("LOOKUPJSON", "198.24.10.1")


@pytest.fixture(autouse=True)
def many_descriptors():
    """For as many clients as a test has, and for the daemon, which inherits the limit."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(4096, before[1])
    if wanted < CROWD + 100:
        pytest.skip(f"only {before[1]} descriptors for {CROWD} clients")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, before[0]), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@contextlib.contextmanager
def running(database, folder, settings="", **kwargs):
    config = folder / "nameplate.toml"
    config.write_text(settings)
    daemon = Daemon(database, folder, extra=["--config", config], level="info", **kwargs)
    try:
        yield daemon.wait_until_ready()
    finally:
        daemon.kill()


def info(daemon: Daemon) -> dict[str, str]:
    with daemon.connect() as client:
        client.sendall(request("INFO") + request("QUIT"))
        text = read_all(client).decode()
    return dict(re.findall(r"(\w+):(.*)\r", text))


class Healthy:
    """Well-behaved clients in a process of their own, while something else happens."""

    def __init__(self, daemon: Daemon, seconds: float, clients: int = 8):
        program = Path(__file__).with_name("healthy.py")
        arguments = [sys.executable, program, daemon.socket, clients, seconds]
        self.process = subprocess.Popen([*map(str, arguments)], stdout=subprocess.PIPE, text=True)

    def result(self) -> dict[str, float]:
        """When they have ended, all of them answered."""
        out, _ = self.process.communicate(timeout=PATIENCE + 60)
        found = json.loads(out)
        assert found["answered"] == found["questions"] > 0, found
        return found


def wait_for_cut_off(clients: list[socket.socket], patience: float = PATIENCE) -> None:
    """Until the daemon has hung up on all of them, who read nothing."""
    deadline = time.monotonic() + patience
    for client in clients:
        hung_up = select.poll()
        hung_up.register(client, select.POLLHUP)
        assert hung_up.poll(max(deadline - time.monotonic(), 0) * 1000), "it is cut off"
        client.close()


def send_what_is_taken(clients: list[socket.socket], sent: bytes, seconds: float) -> int:
    """Each sends the same again and again, whenever the daemon or the kernel takes it; how many bytes."""
    poll = select.epoll()
    by_number = {}
    for client in clients:
        client.setblocking(False)
        by_number[client.fileno()] = (client, 0)
        poll.register(client, select.EPOLLOUT)
    total = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for number, event in poll.poll(0.1):
            client, position = by_number[number]
            if event & (select.EPOLLHUP | select.EPOLLERR):
                poll.unregister(client)
                continue
            with contextlib.suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
                count = client.send(sent[position:])
                total += count
                # In whole rounds, so that each request is whole.
                by_number[number] = (client, (position + count) % len(sent))
    return total


def crowded(daemon: Daemon, behave, patience: float) -> None:
    """A thousand clients do what `behave` does, while others want to be answered."""
    steady = Healthy(daemon, 2).result()
    before = beyond_the_file(daemon.process.pid)
    crowd = [daemon.connect() for _ in range(CROWD)]
    healthy = Healthy(daemon, 4)
    largest = 0
    done = threading.Event()

    def watch():
        nonlocal largest
        while not done.wait(0.02):
            largest = max(largest, beyond_the_file(daemon.process.pid))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        behave(crowd)
        meanwhile = healthy.result()
        wait_for_cut_off(crowd, patience)
    finally:
        done.set()
        watching.join()
    each = (largest - before) / CROWD
    after = Healthy(daemon, 1).result()
    left = beyond_the_file(daemon.process.pid)
    print(
        f"{CROWD} clients hold {each / 1024:.1f} KiB each at most; "
        f"healthy clients, microseconds: steady {steady}, meanwhile {meanwhile}, after {after}; "
        f"beyond the file: {before >> 10} KiB before, {largest >> 10} at most, "
        f"{left >> 10} after"
    )
    assert each <= MOST_PER_CLIENT
    # What they held goes back to the system, but for what the threads keep for the next clients.
    assert left <= before + (12 << 20)


def test_a_thousand_clients_that_never_read(small_database, socket_folder):
    limits = "[limits]\nreply_seconds = 5\nidle_seconds = 600\n"
    with running(small_database, socket_folder, limits) as daemon:

        def never_read(crowd):
            total = send_what_is_taken(crowd, QUESTION * 100, 4)
            assert total > CROWD * len(QUESTION) * 1000, "they send as much as the kernel and the daemon take"

        crowded(daemon, never_read, PATIENCE)
        counts = info(daemon)
        assert int(counts["refused_reply_seconds"]) == CROWD
        assert daemon.terminate() == 0


def test_a_thousand_clients_that_send_a_byte_a_second(small_database, socket_folder):
    limits = "[limits]\nrequest_seconds = 5\nidle_seconds = 600\n"
    with running(small_database, socket_folder, limits) as daemon:

        def drip(crowd):
            for byte in QUESTION[:4]:
                for client in crowd:
                    client.sendall(bytes([byte]))
                time.sleep(1)

        crowded(daemon, drip, PATIENCE)
        assert int(info(daemon)["refused_request_seconds"]) == CROWD
        assert daemon.terminate() == 0


def test_a_thousand_idle_clients(small_database, socket_folder):
    """Who has asked something and stays: a pool's connections, most of the time."""
    limits = "[limits]\nidle_seconds = 4\n"
    with running(small_database, socket_folder, limits) as daemon:
        idle = beyond_the_file(daemon.process.pid)
        crowd = [daemon.connect() for _ in range(CROWD)]
        for client in crowd:
            client.sendall(QUESTION)
            assert b"Vishay" in client.recv(4096)
        connected = beyond_the_file(daemon.process.pid)
        wait_for_cut_off(crowd)
        print(f"beyond the file: {idle >> 10} KiB idle, {connected >> 10} KiB with {CROWD} clients")
        assert idle <= 8 << 20
        assert connected <= 40 << 20
        assert int(info(daemon)["refused_idle_seconds"]) == CROWD


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_two_hundred_clients_against_sixty_four_descriptors(small_database, socket_folder):
    with running(small_database, socket_folder, descriptors=64) as daemon:
        clients = [daemon.connect() for _ in range(200)]
        for client in clients:
            client.sendall(request("PING"))
        time.sleep(1)
        served = [client for client in clients if select.select([client], [], [], 0)[0]]
        assert 32 <= len(served) < 64, "some are answered, the others wait"
        for client in served:
            assert client.recv(64) == b"+PONG\r\n"
        start = time.monotonic()
        used = processor_seconds(daemon.process.pid)
        seconds = 30 if LONG else 5
        while time.monotonic() - start < seconds:
            # Those who are served notice nothing.
            for client in served:
                client.sendall(request("PING"))
                assert client.recv(64) == b"+PONG\r\n"
            time.sleep(0.5)
        elapsed = time.monotonic() - start
        used = processor_seconds(daemon.process.pid) - used
        lines = [line for line in daemon.log.read_text().splitlines() if "cannot accept" in line]
        print(f"{used / elapsed:.2%} of a core, {len(lines)} log lines in {elapsed:.0f} s")
        assert used / elapsed < 0.05
        assert 1 <= len(lines) <= elapsed + 3
        # Each who leaves makes room for one who waits.
        for client in served:
            client.close()
        waiting = [client for client in clients if client not in served]
        while waiting:
            [*answered], _, _ = select.select(waiting, [], [], PATIENCE)
            assert answered, "who waits comes next"
            for client in answered:
                assert client.recv(64) == b"+PONG\r\n"
                client.close()
                waiting.remove(client)
        assert daemon.terminate() == 0


def connected(daemon: Daemon) -> socket.socket:
    """A client that is answered, as soon as there is room for one."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        client = daemon.connect()
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            client.sendall(request("PING"))
            if client.recv(64) == b"+PONG\r\n":
                return client
        client.close()
    raise AssertionError("there is no room for a client")


def test_more_clients_than_the_limit_are_told_so(small_database, socket_folder):
    with running(small_database, socket_folder, "[limits]\nclients = 10\n") as daemon:
        # Who asked whether it is ready may not yet be seen to have left.
        clients = [connected(daemon) for _ in range(10)]
        for _ in range(500):
            with daemon.connect() as refused:
                assert read_all(refused) == b"-BUSY too many clients; try again later\r\n"
        lines = [line for line in daemon.log.read_text().splitlines() if "too many clients" in line]
        assert 1 <= len(lines) < 50, "not one for each"
        clients.pop().close()
        clients.append(connected(daemon))
        clients[-1].sendall(request("INFO", "stats"))
        counts = clients[-1].recv(1 << 14)
        assert int(re.search(rb"refused_clients:(\d+)", counts)[1]) >= 500


def test_a_slow_reader_that_takes_a_byte_at_a_time_is_cut_off(small_database, socket_folder):
    with running(small_database, socket_folder, "[limits]\nreply_seconds = 2\n") as daemon:
        with daemon.connect() as slow:
            slow.settimeout(1)
            with contextlib.suppress(TimeoutError):
                while True:
                    slow.sendall(QUESTION * 1000)
            taken = 0
            hung_up = select.poll()
            hung_up.register(slow, select.POLLHUP)
            while not hung_up.poll(20):
                taken += len(slow.recv(1))
                assert taken < PATIENCE * 50, "it is cut off"
        assert int(info(daemon)["refused_reply_seconds"]) == 1


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def test_a_soak_at_half_load(small_database, socket_folder):
    """As many questions as it can answer half of the time, clients come and go, it reloads: nothing grows."""
    seconds = 1200 if LONG else 20
    program = ["redis-benchmark", "-s", "", "-q", "--csv"]
    with running(small_database, socket_folder) as daemon:
        pid = daemon.process.pid
        program[2] = str(daemon.socket)
        end = time.monotonic() + seconds
        samples = []
        turns = 0
        started = time.monotonic()
        used = processor_seconds(pid)
        while time.monotonic() < end:
            begun = time.monotonic()
            for shape in (["-c", "50", "-P", "16", "-n", "400000"], ["-c", "200", "-n", "20000"]):
                done = subprocess.run(
                    [*program, *shape, "LOOKUPJSON", "198.24.10.1"],
                    capture_output=True,
                    text=True,
                    timeout=PATIENCE,
                    check=True,
                )
                assert "ERR" not in done.stdout + done.stderr, done
            daemon.process.send_signal(signal.SIGHUP)
            turns += 1
            # As long a pause as the work was.
            time.sleep(max(time.monotonic() - begun, 0.1))
            samples.append((beyond_the_file(pid), descriptors(pid)))
        used = processor_seconds(pid) - used
        elapsed = time.monotonic() - started
        counts = info(daemon)
        assert int(counts["reloads"]) > 0
        assert int(counts["reload_failures"]) == 0
        assert int(counts["generations_held"]) == 1
        # What the first half needed at most, the second does not exceed but by a little.
        half = len(samples) // 2
        early, late = (max(memory for memory, _ in part) for part in (samples[:half], samples[half:]))
        print(
            f"{turns} turns in {elapsed:.0f} s, {used / elapsed:.0%} of a core, "
            f"{counts['total_commands_processed']} commands, {counts['reloads']} reloads; beyond the file "
            f"{early >> 10} KiB at most in the first half, {late >> 10} in the second; "
            f"descriptors {samples[0][1]} to {samples[-1][1]}"
        )
        assert late <= early + (2 << 20)
        assert descriptors(pid) <= samples[0][1]
        assert daemon.terminate() == 0
