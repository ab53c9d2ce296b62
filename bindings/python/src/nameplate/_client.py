"""The client of a daemon, for programs that wait.

A client keeps the connections that its threads opened, and each call has one to itself while it runs. A
connection that the daemon closed meanwhile, as it does when it is started anew, is noticed at the first
reply that does not come: then the question is asked once more on a fresh one.
"""

import os
import socket
import time
import weakref
from collections import deque
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Literal, cast, overload

from . import _core, _protocol
from ._addresses import Address, Addresses, Column
from ._core import Answer, ArrowAnswers, Network
from ._metadata import Metadata

#: Connections that are kept for later.
_IDLE = 64


class _StaleError(Exception):
    """A connection that was used before has ended before it answered."""


class _Connection:
    __slots__ = ("_path", "_timeout", "reader", "socket", "used")

    def __init__(self, path: str, timeout: float | None) -> None:
        self._path = path
        self._timeout = timeout
        self.reader = _core.Reader()
        #: Whether something was answered on it.
        self.used = False
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.socket.settimeout(timeout)
            self.socket.connect(path)
        except TimeoutError:
            self.socket.close()
            raise _protocol.too_slow(path, timeout or 0) from None
        except OSError as cause:
            self.socket.close()
            raise _protocol.unreachable(path, cause) from None

    def send(self, request: bytes) -> None:
        try:
            self.socket.sendall(request)
        except TimeoutError:
            raise _protocol.too_slow(self._path, self._timeout or 0) from None
        except OSError:
            raise self._ended() from None

    def receive(self, kind: int) -> Any:
        """The next reply. All of it is there within the timeout."""
        reader = self.reader
        reply = reader.read(kind) if reader.pending else _core.INCOMPLETE
        deadline: float | None = None
        while reply is _core.INCOMPLETE:
            try:
                data = self.socket.recv(_protocol.READ)
            except TimeoutError:
                raise _protocol.too_slow(self._path, self._timeout or 0) from None
            except OSError:
                data = b""
            if not data:
                raise self._ended()
            self.used = True
            reader.feed(data)
            reply = reader.read(kind)
            if reply is _core.INCOMPLETE and self._timeout is not None:
                # Each wait is bounded already; this bounds all of them.
                now = time.monotonic()
                deadline = deadline or now + self._timeout
                if now >= deadline:
                    raise _protocol.too_slow(self._path, self._timeout)
        return reply

    def _ended(self) -> Exception:
        return _StaleError() if self.used and not self.reader.pending else _protocol.ended(self._path)


class Client:
    """Asks a daemon on a Unix socket, with the methods of a Database.

    Any number of threads may use it at once. After a fork, parent and child have their own
    connections.

    Args:
        path: the daemon's socket.
        timeout: seconds in which to connect, and in which a reply must be there; None waits for ever.
    """

    def __init__(self, path: str | os.PathLike[str], *, timeout: float | None = 5.0) -> None:
        self._path = os.fspath(path)
        if not isinstance(self._path, str):
            raise TypeError("path is a str or a path object")
        self._timeout = _protocol.check_timeout(timeout)
        # Appending and popping are atomic.
        self._idle: deque[_Connection] = deque(maxlen=_IDLE)
        self._closed = False
        _clients.add(self)

    def lookup(self, address: Address) -> Answer:
        """Says who is behind an address."""
        reply = self._ask(_protocol.lookup_request(address), _protocol.ANSWER)
        if type(reply) is not Answer:
            raise reply
        return reply

    @overload
    def lookup_many(
        self, addresses: Addresses, *, errors: Literal["raise"] = "raise", field: None = None
    ) -> list[Answer]: ...
    @overload
    def lookup_many(
        self, addresses: Addresses, *, errors: Literal["null"], field: None = None
    ) -> list[Answer | None]: ...
    @overload
    def lookup_many(
        self, addresses: Addresses, *, errors: Literal["raise", "null"] = "raise", field: str
    ) -> list[Any]: ...

    def lookup_many(
        self, addresses: Addresses, *, errors: Literal["raise", "null"] = "raise", field: str | None = None
    ) -> list[Any]:
        """Looks up many addresses, some hundred in each request, and gives their answers in order.

        Args:
            addresses: a list, a NumPy array or another iterable of what `lookup` takes.
            errors: 'raise', or 'null' to get None for what is no address.
            field: gives this field of each answer instead, as 'name' or 'operator.asn'.
        """
        _protocol.check_field(field)
        taken = _protocol.addresses_of(addresses)
        answers = self._retried(lambda connection: self._many(connection, taken, errors))
        return answers if field is None else _protocol.field_of(answers, field)

    def lookup_arrow(
        self,
        column: Column,
        *,
        fields: Iterable[str] | None = None,
        errors: Literal["raise", "null"] = "raise",
    ) -> ArrowAnswers:
        """Looks up a column of addresses, as `Database.lookup_arrow` does."""
        _protocol.check_errors(errors)
        addresses, present = _protocol.column_addresses(column)
        answers = self._retried(lambda connection: self._many(connection, addresses, "null"))
        return _core.arrow_of_answers(_protocol.with_nulls(answers, present, errors), fields)

    def networks(self, company_id: str) -> list[Network]:
        """The networks of a company, IPv4 first, ascending; none where there is no such company."""
        reply = self._ask(_protocol.text_request(b"NETWORKS", company_id), _protocol.NETWORKS)
        return cast("list[Network]", _protocol.checked(reply, list))

    @property
    def metadata(self) -> Metadata:
        """What the daemon's file says about itself; asks the daemon."""
        return _protocol.metadata(self._ask(_protocol.INFO, _protocol.ANY))

    def reload(self) -> int:
        """Has the daemon open its file anew; gives the new generation's number."""
        _protocol.checked(self._ask(_protocol.RELOAD, _protocol.ANY), str)
        return self.metadata.generation

    def ping(self) -> None:
        """Returns if the daemon answers."""
        _protocol.checked(self._ask(_protocol.PING, _protocol.ANY), str)

    def close(self) -> None:
        """Closes all connections."""
        self._closed = True
        self._forget()

    def __enter__(self) -> "Client":
        if self._closed:
            raise _protocol.closed()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<nameplate.Client {self._path!r}{', closed' if self._closed else ''}>"

    def _ask(self, request: bytes, kind: int) -> Any:
        """Asks one question. Written out, for it is the path of every lookup."""
        try:
            connection = self._idle.pop()
        except IndexError:
            return self._retried(lambda connection: self._once(connection, request, kind))
        try:
            reply = self._once(connection, request, kind)
        except _StaleError:
            self._forget()
            return self._retried(lambda connection: self._once(connection, request, kind))
        except BaseException:
            connection.socket.close()
            raise
        self._keep(connection)
        return reply

    @staticmethod
    def _once(connection: _Connection, request: bytes, kind: int) -> Any:
        connection.send(request)
        return connection.receive(kind)

    def _retried(self, ask: Any) -> Any:
        """Asks on a connection that is there, or on a new one, and once more if the first one was stale."""
        while True:
            if self._closed:
                raise _protocol.closed()
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = _Connection(self._path, self._timeout)
            fresh = not connection.used
            try:
                reply = ask(connection)
            except _StaleError:
                connection.socket.close()
                self._forget()
                if fresh:
                    raise _protocol.ended(self._path) from None
                continue
            except BaseException:
                connection.socket.close()
                raise
            self._keep(connection)
            return reply

    def _many(
        self, connection: _Connection, addresses: tuple[Address, ...], errors: str
    ) -> list[Answer | None]:
        answers: list[Answer | None] = []
        counts: deque[int] = deque()
        requests: Iterator[tuple[bytes, int]] = _protocol.many_requests(addresses, errors)
        for request, count in requests:
            connection.send(request)
            counts.append(count)
            if len(counts) == _protocol.AHEAD:
                self._add(connection, answers, counts.popleft(), errors)
        while counts:
            self._add(connection, answers, counts.popleft(), errors)
        return answers

    @staticmethod
    def _add(connection: _Connection, answers: list[Answer | None], count: int, errors: str) -> None:
        try:
            reply = connection.receive(_protocol.ANSWERS)
        except _StaleError:
            if answers:
                # It was not stale, it ended while it answered.
                raise _protocol.ended(connection._path) from None
            raise
        _protocol.add_answers(answers, reply, count, connection.reader.errors, errors)

    def _keep(self, connection: _Connection) -> None:
        if self._closed or connection.reader.pending or len(self._idle) >= _IDLE:
            connection.socket.close()
        else:
            self._idle.append(connection)

    def _forget(self) -> None:
        while True:
            try:
                self._idle.pop().socket.close()
            except IndexError:
                return


_clients: "weakref.WeakSet[Client]" = weakref.WeakSet()


def _after_fork() -> None:
    """The connections belong to the parent: a child that used them too would read its replies."""
    for client in list(_clients):
        client._forget()


os.register_at_fork(after_in_child=_after_fork)
