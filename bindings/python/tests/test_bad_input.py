"""Bad input gives an error of Python's own kind, at once, that says what to do and quotes no address; the
process lives."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nameplate
import pytest

from conftest import ROOT, VECTORS, Daemon, run

SECRET = "203.0.113.77"

NO_ADDRESSES: list[Any] = [
    "",
    " ",
    "1.1.1",
    "1.1.1.1.1",
    "1.1.1.256",
    "01.1.1.1",
    "0x1.0x1.0x1.0x1",
    "16843009",
    SECRET + ":80",
    SECRET + "/32",
    " " + SECRET,
    SECRET + "\n",
    SECRET + "\0",
    "[::1]",
    "fe80::1%eth0",
    ":::",
    "1::2::3",
    "é.1.1.1",
    "٣.٣.٣.٣",
    "\udc80",
    "1" * 10_000_000,
    "é" * 10_000_000,
    b"",
    b"1.1.1",
    b"\0" * 5,
    SECRET.encode(),
    b"\0" * 10_000_000,
    -1,
    2**128,
    10**1000,
    ipaddress.ip_address("fe80::1%eth0"),
]

NO_TYPES: list[Any] = [
    None,
    True,
    1.5,
    object(),
    [SECRET],
    (1, 2, 3, 4),
    {},
    bytearray(4),
    ipaddress.ip_network("192.0.2.0/24"),
    ipaddress.ip_interface("192.0.2.1/24"),
]


@pytest.fixture(params=["Database", "Client"])
def subject(
    request: pytest.FixtureRequest, db: nameplate.Database, daemons: dict[str, Daemon]
) -> Iterator[Any]:
    if request.param == "Database":
        yield db
    else:
        with nameplate.Client(daemons["whole"].socket) as client:
            yield client


def quotes_nothing(error: BaseException, given: Any) -> None:
    text = str(error)
    assert SECRET not in text
    assert len(text) < 400
    assert error.__cause__ is None
    if isinstance(given, str) and len(given) > 3:
        assert given not in text


@pytest.mark.parametrize("given", NO_ADDRESSES, ids=range(len(NO_ADDRESSES)))
def test_what_is_no_address_is_a_value_error(subject: Any, given: Any) -> None:
    with pytest.raises(ValueError, match="not an IP address: give") as caught:
        subject.lookup(given)
    assert type(caught.value) is ValueError
    quotes_nothing(caught.value, given)
    with pytest.raises(ValueError, match=r"item 1 is not an IP address: give .* errors='null'") as caught:
        subject.lookup_many([SECRET, given])
    quotes_nothing(caught.value, given)
    answers = subject.lookup_many([SECRET, given, SECRET], errors="null")
    assert [answer is None for answer in answers] == [False, True, False]
    # The connection, or the file, goes on.
    assert subject.lookup(SECRET).status


@pytest.mark.parametrize("given", NO_TYPES, ids=range(len(NO_TYPES)))
def test_what_can_be_no_address_is_a_type_error(subject: Any, given: Any) -> None:
    with pytest.raises(TypeError, match="an address is a str, an int") as caught:
        subject.lookup(given)
    quotes_nothing(caught.value, given)
    with pytest.raises(TypeError, match="an address is a str, an int"):
        subject.lookup_many([SECRET, given], errors="null")
    assert subject.lookup(SECRET).status


@pytest.mark.parametrize("given", [None, 5, SECRET, b"1234", {"a": 1}, object()])
def test_what_is_not_many_addresses_is_a_type_error(subject: Any, given: Any) -> None:
    with pytest.raises(TypeError, match="many addresses are"):
        subject.lookup_many(given)


def test_what_raises_while_it_is_iterated_is_raised(subject: Any) -> None:
    def addresses() -> Iterator[str]:
        yield SECRET
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        subject.lookup_many(addresses())


def test_no_addresses_give_no_answers(subject: Any) -> None:
    assert subject.lookup_many([]) == []
    assert subject.lookup_many(iter(())) == []


@pytest.mark.parametrize("errors", ["coerce", None, 1])
def test_errors_is_raise_or_null(subject: Any, errors: Any) -> None:
    with pytest.raises(ValueError, match="errors is 'raise' or 'null'"):
        subject.lookup_many([SECRET], errors=errors)


def test_a_company_id_is_a_str(subject: Any) -> None:
    no_ids: list[Any] = [None, 5, b"asn:1", []]
    for given in no_ids:
        with pytest.raises(TypeError, match="a company's id is a str"):
            subject.networks(given)
    for unknown in ("", "asn:0", "\udc80", "x" * 500_000):
        assert subject.networks(unknown) == []


def test_arguments_that_are_missing_or_too_many(subject: Any) -> None:
    for call in (subject.lookup, subject.lookup_many, subject.networks):
        with pytest.raises(TypeError):
            call()
    with pytest.raises(TypeError):
        subject.lookup(SECRET, SECRET)


def test_nothing_can_be_changed(subject: Any) -> None:
    answer = subject.lookup("20.0.0.0")
    for thing in (answer, answer.company, answer.operator, answer.network):
        with pytest.raises(AttributeError):
            thing.name = "x"
        with pytest.raises((AttributeError, TypeError)):
            type(thing).name = "x"
        with pytest.raises(TypeError):
            type(thing)()
        with pytest.raises(TypeError):
            type("Sub", (type(thing),), {})


def test_no_repr_shows_an_address(subject: Any) -> None:
    # The network is this address alone.
    answer = subject.lookup("20.0.7.7")
    assert answer.network.first == answer.network.last == "20.0.7.7"
    for thing in (answer, answer.company, answer.operator, answer.network):
        assert "20.0.7" not in repr(thing)
        assert "20.0.7" not in str(thing)
    assert repr(answer) == "<nameplate.Answer company 'Universiteit van Voorbeeld', confidence 95>"


class TestFiles:
    def fails(self, code: str, *arguments: Any, **options: Any) -> str:
        with pytest.raises(nameplate.NameplateError) as caught:
            nameplate.open(*arguments, **options)
        assert caught.value.code == code
        return str(caught.value)

    def test_missing(self, tmp_path: Path) -> None:
        assert "none.npl" in self.fails("missing", tmp_path / "none.npl")

    def test_a_folder(self, tmp_path: Path) -> None:
        assert self.fails("io", tmp_path)

    def test_empty(self, tmp_path: Path) -> None:
        (tmp_path / "empty").touch()
        assert self.fails("empty", tmp_path / "empty")

    def test_foreign(self) -> None:
        assert self.fails("foreign", ROOT / "Cargo.lock")

    def test_cut_off(self, copy: Path) -> None:
        whole = copy.read_bytes()
        for length in (1, 100, len(whole) // 2, len(whole) - 1):
            copy.write_bytes(whole[:length])
            with pytest.raises(nameplate.NameplateError):
                nameplate.open(copy)

    def test_newer(self, copy: Path) -> None:
        damaged = bytearray(copy.read_bytes())
        # The version stands behind the eight bytes of magic: docs/FORMAT.md.
        damaged[8:12] = (99).to_bytes(4, "little")
        copy.write_bytes(damaged)
        with pytest.raises(nameplate.NameplateError) as caught:
            nameplate.open(copy)
        assert caught.value.code in ("newer", "damaged")

    def test_damaged_inside(self, copy: Path) -> None:
        damaged = bytearray(copy.read_bytes())
        damaged[-100] ^= 0xFF
        copy.write_bytes(damaged)
        assert self.fails("damaged", copy, verify=True)

    def test_suppression_list_that_is_missing_or_none(self, whole: Path, tmp_path: Path) -> None:
        assert self.fails("suppression", whole, suppress=tmp_path / "none.list")
        assert self.fails("suppression", whole, suppress=ROOT / "Cargo.lock")

    def test_not_signed_or_no_key(self, whole: Path, tmp_path: Path) -> None:
        run("keygen", tmp_path / "key")
        public = next(path for path in tmp_path.iterdir() if path.suffix == ".pub")
        assert self.fails("unsigned", whole, public_key=public)
        assert self.fails("key", whole, public_key=ROOT / "Cargo.lock")

    def test_arguments_that_are_no_path(self) -> None:
        no_paths: list[Any] = [None, 5, 1.5, [], True]
        for given in no_paths:
            with pytest.raises(TypeError):
                nameplate.open(given)
        with pytest.raises(ValueError, match="null"):
            nameplate.open("a\0b")

    def test_bytes_and_str_are_paths(self, whole: Path) -> None:
        for path in (str(whole), bytes(whole), whole):
            with nameplate.open(path) as database:
                assert database.lookup("20.0.0.0").status == "company"


def test_a_closed_database_says_so(whole: Path) -> None:
    database = nameplate.open(whole)
    answer = database.lookup("20.0.0.0")
    assert not database.closed
    database.close()
    database.close()
    assert database.closed
    # What was read stays.
    assert answer.as_dict()["company"]["country"] == "DE"
    calls: list[Callable[[], Any]] = [
        lambda: database.lookup(SECRET),
        lambda: database.lookup_many([SECRET]),
        lambda: database.lookup_arrow([SECRET]),
        lambda: database.networks("asn:1"),
        lambda: database.metadata,
        database.reload,
        lambda: database.suppress(VECTORS / "suppress.list"),
        database.__enter__,
    ]
    for call in calls:
        with pytest.raises(nameplate.NameplateError, match="closed") as caught:
            call()
        assert caught.value.code == "closed"


def test_a_database_that_is_closed_while_it_reads_an_argument(whole: Path) -> None:
    database = nameplate.open(whole)

    class Number:
        def __index__(self) -> int:
            database.close()
            return 0x14000000

    assert database.lookup(Number()).status == "company"
    assert database.closed
    other = nameplate.open(whole)

    def addresses() -> Iterator[str]:
        yield SECRET
        other.close()

    with pytest.raises(nameplate.NameplateError, match="closed"):
        other.lookup_many(addresses())


@pytest.mark.parametrize("given", [b"", b"x", b"\0" * 100, b"\0\xff\xff\xff\xff", 5, None, "text"])
def test_a_pickle_that_is_none_is_refused(given: Any) -> None:
    from nameplate import _core

    with pytest.raises((ValueError, TypeError)):
        _core.restore(given)


class Server:
    """A socket that answers whatever it is told, to as many connections as it is told."""

    def __init__(self, folder: Path, replies: list[bytes | None]) -> None:
        self.path = folder / "fake.sock"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen()
        self.replies = replies
        self.requests: list[bytes] = []
        self.open: list[socket.socket] = []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        for reply in self.replies:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.requests.append(connection.recv(65536))
            if reply is None:
                self.open.append(connection)
                continue
            connection.sendall(reply)
            connection.close()

    def close(self) -> None:
        # Closing alone would leave accept waiting.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(30)
        self.listener.close()
        for connection in self.open:
            connection.close()


RUBBISH = [
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"\0\0\0\0\r\n",
    b"+OK\r\n",
    b":1\r\n",
    b"$-1\r\n",
    b"$5\r\nhello\r\n",
    b"*0\r\n",
    b"*1\r\n$6\r\nstatus\r\n",
    b"*2\r\n$6\r\nstatus\r\n$5\r\nother\r\n",
    b"*2\r\n$4\r\nnope\r\n$7\r\ncompany\r\n",
    b"*4\r\n$6\r\nstatus\r\n$7\r\nunknown\r\n$6\r\nstatus\r\n$7\r\nunknown\r\n",
    b"*4\r\n$6\r\nstatus\r\n$8\r\noperator\r\n$12\r\noperator.asn\r\n$1\r\nx\r\n",
    b"*4\r\n$6\r\nstatus\r\n$7\r\ncompany\r\n$12\r\ncompany.name\r\n$1\r\n\xff\r\n",
    b"*4\r\n$6\r\nstatus\r\n$7\r\ncompany\r\n$13\r\nnetwork.first\r\n$3\r\n::1\r\n",
    b"*2\r\n$99999999999\r\n",
    b"*99999999999999999999\r\n",
    b"*1000000\r\n",
    b"*-5\r\n",
    b"*2\r\n$6\r\nstatusXX$7\r\nunknown\r\n",
    b"%1\r\n+status\r\n+unknown\r\n",
    b"x" * 100_000,
]


def ask_waiting(path: Path) -> None:
    with nameplate.Client(path, timeout=20) as client:
        client.lookup(SECRET)


def ask_awaiting(path: Path) -> None:
    async def ask() -> None:
        async with nameplate.AsyncClient(path, timeout=20) as client:
            await client.lookup(SECRET)

    asyncio.run(ask())


def ask_many(path: Path) -> None:
    with nameplate.Client(path, timeout=20) as client:
        client.lookup_many([SECRET])


def ask_many_awaiting(path: Path) -> None:
    async def ask() -> None:
        async with nameplate.AsyncClient(path, timeout=20) as client:
            await client.lookup_many([SECRET])

    asyncio.run(ask())


ASKS = [ask_waiting, ask_awaiting, ask_many, ask_many_awaiting]


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("rubbish", RUBBISH, ids=range(len(RUBBISH)))
def test_a_socket_that_answers_rubbish(folder: Path, rubbish: bytes, ask: Callable[[Path], None]) -> None:
    server = Server(folder, [rubbish, rubbish])
    try:
        with pytest.raises(nameplate.NameplateError) as caught:
            ask(server.path)
        assert caught.value.code in ("protocol", "socket")
        assert SECRET not in str(caught.value)
    finally:
        server.close()


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("part", [b"", b"*", b"*2\r\n$6\r\nsta", b"*1\r\n*2\r\n$6\r\nstatus\r\n$7\r\nunkn"])
def test_a_socket_that_closes_in_the_middle(folder: Path, part: bytes, ask: Callable[[Path], None]) -> None:
    server = Server(folder, [part, part])
    try:
        with pytest.raises(nameplate.NameplateError) as caught:
            ask(server.path)
        assert caught.value.code in ("socket", "protocol")
    finally:
        server.close()


def test_a_socket_that_answers_nothing_is_a_timeout(folder: Path) -> None:
    server = Server(folder, [None, None])
    try:
        with (
            nameplate.Client(server.path, timeout=0.05) as client,
            pytest.raises(nameplate.NameplateError) as caught,
        ):
            client.lookup(SECRET)
        assert caught.value.code == "timeout"
        assert "timeout=" in str(caught.value)

        async def ask() -> None:
            async with nameplate.AsyncClient(server.path, timeout=0.05) as client:
                await client.lookup(SECRET)

        with pytest.raises(nameplate.NameplateError) as caught:
            asyncio.run(ask())
        assert caught.value.code == "timeout"
    finally:
        server.close()


@pytest.mark.parametrize("ask", ASKS)
def test_a_socket_that_is_not_there(folder: Path, ask: Callable[[Path], None]) -> None:
    for path in (folder / "none.sock", folder, folder / ("x" * 200)):
        with pytest.raises(
            nameplate.NameplateError, match=r"no daemon can be reached at .*nameplate serve"
        ) as caught:
            ask(path)
        assert caught.value.code == "socket"


@pytest.mark.parametrize("ask", ASKS)
def test_an_error_of_the_daemon_keeps_its_code(folder: Path, ask: Callable[[Path], None]) -> None:
    server = Server(folder, [b"-BUSY too many clients\r\n"])
    try:
        with pytest.raises(nameplate.NameplateError, match="too many clients") as caught:
            ask(server.path)
        assert caught.value.code == "busy"
    finally:
        server.close()


@pytest.mark.parametrize("kind", [nameplate.Client, nameplate.AsyncClient])
def test_arguments_of_clients(kind: Any, folder: Path) -> None:
    for path in (None, 5, b"bytes"):
        with pytest.raises(TypeError):
            kind(path)
    for timeout in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="timeout"):
            kind(folder / "x", timeout=timeout)


def test_a_closed_client_says_so(daemons: dict[str, Daemon]) -> None:
    client = nameplate.Client(daemons["whole"].socket)
    assert client.lookup(SECRET).status
    client.close()
    client.close()
    for call in (
        lambda: client.lookup(SECRET),
        lambda: client.lookup_many([SECRET]),
        client.__enter__,
        client.ping,
    ):
        with pytest.raises(nameplate.NameplateError, match="closed") as caught:
            call()
        assert caught.value.code == "closed"

    async def ask() -> None:
        other = nameplate.AsyncClient(daemons["whole"].socket)
        await other.ping()
        await other.close()
        with pytest.raises(nameplate.NameplateError, match="closed"):
            await other.lookup(SECRET)

    asyncio.run(ask())
