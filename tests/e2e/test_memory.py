"""What the daemon's memory holds: of visitors' addresses nothing, a second after they were answered.

`test_privacy.py` looks at what comes out of the daemon; this looks into it. Addresses are sent in every
way there is, well and badly, by clients that behave and clients that don't.
"""

import contextlib
import ipaddress
import itertools
import random
import re
import select
import socket
import threading
import time
from pathlib import Path

import pytest
import redis
from memory import Memory
from support import PATIENCE, Daemon, UnixConnection, read_all, request

COUNT = 5_000  # of each family

# What all canaries have in the middle, so that a part of one is found as well: in any memory that
# has nothing to do with them, so many bytes in this order are not to be expected.
V4_MARK = ".177.93."
V6_MARK = bytes.fromhex("b1c75d3f82e6")
V6_TEXT_MARK = "b1c7:5d3f:82e6"

LIMITS = """
[limits]
request_seconds = 2
reply_seconds = 2
request_bytes = 65536
"""


def canaries() -> tuple[list[ipaddress.IPv4Address], list[ipaddress.IPv6Address]]:
    chance = random.Random("canary")
    ends = chance.sample([(a, d) for a in range(11, 223) if a != 127 for d in range(256)], COUNT)
    v4 = [ipaddress.IPv4Address(f"{a}{V4_MARK}{d}") for a, d in ends]
    v6 = [
        ipaddress.IPv6Address(chance.randint(0x2000, 0x3FFE).to_bytes(2) + V6_MARK + chance.randbytes(8))
        for _ in range(COUNT)
    ]
    return v4, v6


# As text, and IPv6 also as the number that it becomes: whole or in halves, in network order, in the
# processor's, and as eight numbers of 16 bits. Four bytes of IPv4 are anywhere by chance.
PATTERN = re.compile(
    b"|".join(
        map(
            re.escape,
            [
                V4_MARK.encode(),
                V6_TEXT_MARK.encode(),
                V6_TEXT_MARK.upper().encode(),
                V6_MARK,
                V6_MARK[::-1],
                bytes(itertools.chain(*(V6_MARK[at : at + 2][::-1] for at in (0, 2, 4)))),
            ],
        )
    )
)


def batched(some: list, count: int):
    for start in range(0, len(some), count):
        yield some[start : start + count]


def invalid(text: str) -> list[str]:
    return [
        f"{text}:80",
        f"{text}/32",
        f"[{text}]:80",
        f"{text}%eth0",
        f" {text}",
        f"{text}\t",
        f"x@{text}",
        text * 40,
    ]


def whole_requests(text: str) -> list[bytes]:
    """Everything that can be asked with a text, asked rightly and wrongly."""
    commands = [
        ["LOOKUP", text],
        ["LOOKUPJSON", text],
        ["lookup", text, text],
        ["MLOOKUP", text, text, *invalid(text)],
        *(["LOOKUP", bad] for bad in invalid(text)),
        *(["LOOKUPJSON", bad] for bad in invalid(text)),
        ["ANSWER", text],
        ["NETWORKS", text],
        ["NETWORKS", f"domain:{text}"],
        ["LOOKUPPACKED", text, text],
        ["LOOKUPPACKED", "4", text],
        ["GET", text],
        [text, text],
        [text],
        ["PING", text],
        ["ECHO", text],
        ["PING", text, text],
        ["INFO", text],
        ["COMMAND", text],
        ["COMMAND", "DOCS", text],
        ["COMMAND", "INFO", text],
        ["CONFIG", "GET", text],
        ["SELECT", text],
        ["AUTH", text],
        ["AUTH", "default", text],
        ["HELLO", text],
        ["HELLO", "3", "AUTH", text, text],
        ["HELLO", "2", "SETNAME", text],
        ["CLIENT", text],
        ["CLIENT", "SETNAME", text],
        ["CLIENT", "GETNAME"],
        ["CLIENT", "LIST"],
        ["CLIENT", "INFO", text],
        ["CLIENT", "SETINFO", "LIB-NAME", text],
        ["CLIENT", "SETINFO", text, text],
        ["CLIENT", "REPLY", text],
    ]
    inline = [f"LOOKUP {text}\r\n", f'lookupjson "{text}"\n', f"LOOKUP '{text}'\r\n", f"{text}\r\n"]
    return [request(*command) for command in commands] + [line.encode() for line in inline]


def broken_requests(text: str) -> list[bytes]:
    """Each ends its connection, if not the one that sends it does."""
    encoded = text.encode()
    return [
        b"*" + encoded + b"\r\n",
        b"*1\r\n$" + encoded + b"\r\n",
        b"*1\r\n" + encoded + b"\r\n",
        b"*2\r\n$6\r\nLOOKUP\r\n$2\r\n" + encoded + b"\r\n",
        b"*2\r\n$6\r\nLOOKUP\r\n$99999999999\r\n" + encoded,
        b"*2\r\n*1\r\n$6\r\nLOOKUP\r\n" + encoded + b"\r\n",
        b'LOOKUP "' + encoded + b"\r\n",
        b"LOOKUP " + encoded * 9000,
    ]


def half_requests(text: str) -> list[bytes]:
    encoded = text.encode()
    whole = request("LOOKUP", text)
    return [
        whole[:-3],
        whole[:-8],
        b"LOOKUP " + encoded,
        b"*3\r\n$12\r\nLOOKUPPACKED\r\n$1\r\n4\r\n$60000\r\n" + encoded * 100,
        b"*9\r\n$7\r\nMLOOKUP\r\n" + b"".join(b"$%d\r\n%b\r\n" % (len(encoded), encoded) for _ in range(7)),
    ]


def say(daemon: Daemon, sent: bytes) -> None:
    """Sends all, reading what comes meanwhile, and ends the connection when all is answered."""
    with daemon.connect() as client:
        sending = threading.Thread(target=send_and_end, args=(client, sent))
        sending.start()
        read_all(client)
        sending.join()


def send_and_end(client: socket.socket, sent: bytes) -> None:
    # Whoever sends what is no request is cut off before all is sent.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)


def hang_up(daemon: Daemon, sent: bytes) -> None:
    with daemon.connect() as client, contextlib.suppress(OSError):
        client.sendall(sent)


def ask_for_metrics(path: Path, text: str) -> None:
    """The monitor is not for addresses. Should one get there, it goes nowhere either."""
    for method, page, headers in (
        ("GET", f"/metrics?{text}", {}),
        ("GET", f"/{text}", {}),
        ("POST", "/health", {"X-Forwarded-For": text}),
        (f"GET{V4_MARK}", "/", {"Accept": text, "Cookie": text * 100}),
    ):
        connection = UnixConnection(path)
        with contextlib.suppress(OSError):
            connection.request(method, page, headers=headers)
            connection.getresponse().read()
        connection.close()
    for sent in (text.encode() * 3, b"GET /metrics HTTP/1.1\r\nX: " + text.encode(), text.encode() * 2000):
        with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
            client.connect(str(path))
            client.sendall(sent)


def send_everything(daemon: Daemon, monitor: Path) -> None:
    v4, v6 = canaries()
    both = list(itertools.chain(*zip(v4, v6, strict=True)))
    texts = [str(address) for address in both]
    exploded = [address.exploded for address in v6]
    capitals = [text.upper() for text in exploded]
    mapped = [f"::ffff:{address}" for address in v4]
    # In large commands and long pipelines, in both protocols.
    for protocol in (2, 3):
        with redis.Redis(unix_socket_path=str(daemon.socket), protocol=protocol) as client:
            for some in (texts, exploded, capitals, mapped):
                for part in batched(some, 500):
                    client.execute_command("MLOOKUP", *part)
                    client.execute_command("MLOOKUP", *(f"{text}:80" for text in part))
                with client.pipeline(transaction=False) as pipeline:
                    for text in some:
                        pipeline.execute_command("LOOKUP", text)
                    pipeline.execute(raise_on_error=False)
            for width, family in (("4", v4), ("16", v6)):
                for part in batched(family, 1000):
                    packed = b"".join(address.packed for address in part)
                    client.execute_command("LOOKUPPACKED", width, packed)
                    for wrong in ("5", {"4": "16", "16": "4"}[width]):
                        with contextlib.suppress(redis.ResponseError):
                            client.execute_command("LOOKUPPACKED", wrong, packed + b"x")
    # Everything that can be said about an address; of one connection, then of many.
    say(daemon, b"".join(b"".join(whole_requests(text)) for text in texts))
    for text in texts[::50]:
        say(daemon, b"".join(whole_requests(text)))
        for sent in broken_requests(text):
            say(daemon, sent)
        for sent in [*half_requests(text), *broken_requests(text), request("LOOKUP", text)]:
            hang_up(daemon, sent)
    for text in texts[::200]:
        ask_for_metrics(monitor, text)


def byte_by_byte(daemon: Daemon, texts: list[str]) -> None:
    with daemon.connect() as client:
        for text in texts:
            for byte in request("LOOKUP", text) + f"LOOKUPJSON {text}x\r\n".encode():
                client.sendall(bytes([byte]))
        client.shutdown(socket.SHUT_WR)
        read_all(client)


def wait_for_cut_off(clients: list[socket.socket]) -> None:
    """Those that don't read and those that don't finish a request: the daemon ends them. Reads nothing."""
    for client in clients:
        hung_up = select.poll()
        hung_up.register(client, select.POLLHUP)
        assert hung_up.poll(PATIENCE * 1000), "it is cut off"
        client.close()


@pytest.fixture
def quick_daemon(small_database, socket_folder):
    config = socket_folder / "nameplate.toml"
    config.write_text(LIMITS)
    monitor = socket_folder / "monitor.sock"
    daemon = Daemon(small_database, socket_folder, extra=["--config", config, "--monitor", monitor])
    try:
        yield daemon.wait_until_ready()
    finally:
        daemon.kill()


def test_a_second_later_no_address_is_in_memory_or_in_the_log(quick_daemon, socket_folder):
    daemon = quick_daemon
    pid = daemon.process.pid
    v4, v6 = canaries()
    texts = [str(address) for address in itertools.chain(*zip(v4, v6, strict=True))]

    # The search finds what is there: a half request of a client that is still connected.
    with daemon.connect() as waiting:
        waiting.sendall(half_requests(texts[1])[0])
        time.sleep(0.2)
        assert Memory(pid).find(PATTERN), "an address that is held is found"
        read_all(waiting)

    send_everything(daemon, socket_folder / "monitor.sock")
    byte_by_byte(daemon, texts[::100])
    # Clients that have asked for all that and stay, silent and with a name that says nothing.
    staying = [daemon.connect() for _ in range(20)]
    for client, text in zip(staying, texts, strict=False):
        client.sendall(
            b"".join(whole_requests(text)) + request("CLIENT", "SETNAME", "x") + request("ECHO", "end")
        )
        received = b""
        while not received.endswith(b"$3\r\nend\r\n"):
            received += client.recv(1 << 16)
    # Slow readers with a pipeline behind them, and clients that stop in the middle of a request.
    pipeline = b"".join(request("LOOKUPJSON", text) + request("LOOKUP", text) for text in texts)
    deaf = [daemon.connect() for _ in range(10)]
    for client in deaf:
        client.settimeout(0.2)
        with contextlib.suppress(TimeoutError):
            client.sendall(pipeline)
        client.settimeout(PATIENCE)
    halves = []
    for text in texts[:200]:
        for sent in half_requests(text):
            client = daemon.connect()
            client.sendall(sent)
            halves.append(client)
    wait_for_cut_off(deaf + halves)

    time.sleep(1)
    memory = Memory(pid)
    hits = memory.find(PATTERN)
    print(f"{len(memory) >> 10} KiB of memory searched for {2 * COUNT} addresses: {len(hits)} hits")
    assert not hits, "\n".join(hits[:20])
    for client in staying:
        client.close()
    log = daemon.log.read_bytes()
    assert b"disconnected" in log, "a daemon at RUST_LOG=trace says something, else this would prove nothing"
    assert not PATTERN.search(log)
