"""Frames that no client of good will sends: refused, without memory, without a panic, others answered.

`make test-long` (NAMEPLATE_LONG) sends a gigabyte of rubbish, `make test` 64 MB.
"""

import contextlib
import os
import random
import socket
import threading

import pytest
from memory import resident
from support import Daemon, read_all, request

LONG = "NAMEPLATE_LONG" in os.environ
RUBBISH_BYTES = 1 << 30 if LONG else 64 << 20
MOST_GROWTH = 1 << 20
LIMIT = 1 << 20  # limits.request_bytes
QUESTION = request("LOOKUPJSON", "198.24.10.1")
DEEP = 100_000


def packed_request(length: int) -> bytes:
    """A request of so many bytes in all."""
    content = length - len(b"*3\r\n$12\r\nLOOKUPPACKED\r\n$1\r\n4\r\n$\r\n\r\n") - len(str(length))
    for bytes_ in range(content - 1, content + 3):
        found = request("LOOKUPPACKED", "4", bytes(bytes_))
        if len(found) == length:
            return found
    raise AssertionError(length)


def ask(daemon: Daemon) -> None:
    with daemon.connect() as client:
        client.sendall(QUESTION)
        assert b"Vishay" in client.recv(4096)


def converse(daemon: Daemon, sent: bytes) -> bytes:
    """What comes back until the daemon ends the conversation, or has answered everything."""
    with daemon.connect() as client:

        def send():
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                client.sendall(sent)
                client.shutdown(socket.SHUT_WR)

        sending = threading.Thread(target=send)
        sending.start()
        received = read_all(client)
        sending.join()
    return received


# What is sent, and how the last reply begins.
FRAMES = {
    "an array of length zero": (b"*0\r\n" * 1000 + request("PING"), b"+PONG\r\n"),
    "a bulk of length zero": (b"*1\r\n$0\r\n\r\n", b"-ERR unknown command\r\n"),
    "an address of length zero": (request("LOOKUP", ""), b"-ERR invalid address\r\n"),
    "no packed addresses": (request("LOOKUPPACKED", "4", b""), b"*2\r\n:1\r\n$0\r\n\r\n"),
    "empty lines": (b"\r\n" * 10_000 + b"PING\r\n", b"+PONG\r\n"),
    "one byte over the limit": (packed_request(LIMIT + 1), b"-ERR Protocol error: "),
    "a bulk of 4 GiB": (
        b"*2\r\n$6\r\nLOOKUP\r\n$4294967296\r\n",
        b"-ERR Protocol error: invalid bulk length\r\n",
    ),
    "a bulk of 4 GiB less a byte": (
        b"*1\r\n$4294967295\r\n",
        b"-ERR Protocol error: invalid bulk length\r\n",
    ),
    "an array of 4 GiB": (b"*4294967296\r\n", b"-ERR Protocol error: invalid multibulk length\r\n"),
    "as many arguments as may be, of none": (b"*65536\r\n", b""),
    "a line of a megabyte": (
        b"LOOKUP " + b"1" * (1 << 20),
        b"-ERR Protocol error: too big inline request\r\n",
    ),
    "nested arrays": (b"*1\r\n" * DEEP, b"-ERR Protocol error: expected '$'\r\n"),
    "nested arrays at the end": (
        b"*3\r\n$4\r\nPING\r\n*2\r\n*2\r\n$1\r\nx",
        b"-ERR Protocol error: expected '$'\r\n",
    ),
    "types of replies": (b"%1\r\n+a\r\n:1\r\n", b"-ERR"),
}


@pytest.fixture
def warm_daemon(own_daemon):
    """One whose threads have the buffers that they keep for the next clients, and know all their ways."""
    clients = [own_daemon.connect() for _ in range(40)]
    for client in clients:
        client.sendall(QUESTION * 3000 + QUESTION[:-3])
    for client in clients:
        received = 0
        while received < 3000:
            received += client.recv(1 << 16).count(b'{"status"')
        client.close()
    converse(own_daemon, packed_request(LIMIT + 1))
    ask(own_daemon)
    return own_daemon


def growth(daemon: Daemon, before: int) -> int:
    return resident(daemon.process.pid)["anon"] - before


def check(daemon: Daemon, before: int) -> None:
    """It lives, answers, has not panicked and has not grown."""
    ask(daemon)
    grown = growth(daemon, before)
    log = daemon.log.read_text()
    assert "panic" not in log
    assert grown <= MOST_GROWTH, f"{grown} bytes"


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_is_answered_or_refused(name, warm_daemon):
    sent, expected = FRAMES[name]
    converse(warm_daemon, sent)
    before = resident(warm_daemon.process.pid)["anon"]
    for _ in range(5):
        replies = converse(warm_daemon, sent)
        assert replies.startswith(b"+PONG" if expected == b"+PONG\r\n" else expected), replies[:200]
    check(warm_daemon, before)


def test_a_request_as_long_as_may_be_is_answered(warm_daemon):
    before = resident(warm_daemon.process.pid)["anon"]
    sent = packed_request(LIMIT - (LIMIT - 46) % 4)
    reply = converse(warm_daemon, sent)
    assert reply.startswith(b"*2\r\n:1\r\n$"), reply[:100]
    assert len(reply) > LIMIT - 100
    check(warm_daemon, before)


def test_claims_of_much_hold_nothing(warm_daemon):
    """A thousand clients that say how much will come, and then nothing comes."""
    before = resident(warm_daemon.process.pid)["anon"]
    ends = []
    clients = [warm_daemon.connect() for _ in range(100)]
    for client in clients:
        client.sendall(b"*65536\r\n$1048000\r\n")
    ask(warm_daemon)
    ends.append(growth(warm_daemon, before))
    for client in clients:
        client.close()
    # Each has the buffer of any client that has begun a request.
    assert ends[0] <= len(clients) * (32 << 10)
    check(warm_daemon, before)


def test_byte_by_byte(warm_daemon):
    sent = (
        request("LOOKUPJSON", "198.24.10.1")
        + b"lookup 198.24.10.1\r\n"
        + request("HELLO", "3")
        + request("PING")
    )
    whole = converse(warm_daemon, sent)
    before = resident(warm_daemon.process.pid)["anon"]
    with warm_daemon.connect() as client:
        for byte in sent:
            client.sendall(bytes([byte]))
        client.shutdown(socket.SHUT_WR)
        pieces = read_all(client)

    def without_id(replies: bytes) -> bytes:
        start = replies.index(b"$2\r\nid\r\n:")
        return replies[:start] + replies[replies.index(b"\r\n", start + 9) :]

    assert without_id(pieces) == without_id(whole)
    check(warm_daemon, before)


def test_ten_thousand_requests_before_a_reply_is_read(warm_daemon):
    def pipeline() -> None:
        with warm_daemon.connect() as client:
            client.sendall(QUESTION * 10_000)
            client.shutdown(socket.SHUT_WR)
            replies = read_all(client)
        assert replies.count(b'{"status":"company"') == 10_000
        assert len(replies) % 10_000 == 0

    pipeline()
    before = resident(warm_daemon.process.pid)["anon"]
    for _ in range(5):
        pipeline()
    check(warm_daemon, before)


def test_rubbish(warm_daemon):
    """Random bytes, and bytes that look like requests until they don't; from a few clients at once."""
    chance = random.Random("rubbish")
    noise = chance.randbytes(1 << 20)
    words = [
        b"*",
        b"$",
        b"\r\n",
        b"3",
        b"-1",
        b"LOOKUP",
        b"*2\r\n$6\r\nLOOKUP\r\n",
        b"$9\r\n192.0.2.1\r\n",
        b'"',
        b"\0",
    ]
    likely = b"".join(chance.choices(words, k=200_000))
    before = resident(warm_daemon.process.pid)["anon"]
    sent = largest = 0
    while sent < RUBBISH_BYTES:
        for kind in (noise, likely):
            start = chance.randrange(len(kind))
            # What an inline request takes, and what takes a megabyte to be seen as none.
            for rubbish in (kind[start:], b"*2\r\n$6\r\nLOOKUP\r\n$1048000\r\n" + kind):
                with warm_daemon.connect() as client:
                    with contextlib.suppress(BrokenPipeError, ConnectionResetError, TimeoutError):
                        client.settimeout(10)
                        client.sendall(rubbish)
                        client.shutdown(socket.SHUT_WR)
                    replies = read_all(client)
                    sent += len(rubbish)
                assert replies == b"" or replies.startswith((b"-", b"*", b"+", b"$"))
        ask(warm_daemon)
        largest = max(largest, growth(warm_daemon, before))
    print(f"{sent >> 20} MiB sent; resident memory grew by {largest >> 10} KiB at most")
    assert largest <= MOST_GROWTH
    check(warm_daemon, before)
