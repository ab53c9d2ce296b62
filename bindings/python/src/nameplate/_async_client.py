"""The client of a daemon, for asyncio.

One connection serves all tasks: requests go out as they come, and replies come back in the same order. It
belongs to the event loop that opened it; in another loop, or another process, another one is opened.
"""

import asyncio
import os
from collections import deque
from collections.abc import Coroutine, Iterable
from types import TracebackType
from typing import Any, Literal, cast, overload

from . import _core, _protocol
from ._addresses import Address, Addresses, Column
from ._core import Answer, ArrowAnswers, Network
from ._metadata import Metadata


class _StaleError(Exception):
    """A connection that was used before has ended before it answered."""


class _Connection(asyncio.Protocol):
    def __init__(self, path: str, timeout: float | None) -> None:
        self._path = path
        self._timeout = timeout
        self._reader = _core.Reader()
        #: Who waits for a reply, and for which kind.
        self._waiting: deque[tuple[asyncio.Future[Any], int]] = deque()
        self._transport: asyncio.Transport | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._used = False
        self.loop = asyncio.get_running_loop()
        self.process = os.getpid()
        self.ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        self._used = True
        reader = self._reader
        reader.feed(data)
        while self._waiting:
            future, kind = self._waiting[0]
            try:
                reply = reader.read(kind)
            except Exception as cause:
                self.fail(cause)
                return
            if reply is _core.INCOMPLETE:
                return
            self._waiting.popleft()
            if not future.done():
                future.set_result((reply, reader.errors))
        if reader.pending:
            # Something that nobody asked for.
            self.fail(_protocol.ended(self._path))

    def connection_lost(self, _cause: Exception | None) -> None:
        stale = self._used and not self._reader.pending
        self.fail(_StaleError() if stale else _protocol.ended(self._path))

    def fail(self, cause: Exception) -> None:
        """Ends the connection; all who wait get the error."""
        self.ended = True
        self._writable.set()
        if self._transport is not None:
            self._transport.abort()
        while self._waiting:
            future, _ = self._waiting.popleft()
            if not future.done():
                future.set_exception(cause)

    async def ask(self, request: bytes, kind: int) -> tuple[Any, int]:
        """Sends a request; gives the reply, and how many of its elements are errors."""
        if not self._writable.is_set():
            await self._writable.wait()
        if self.ended or self._transport is None:
            raise _StaleError if self._used else _protocol.ended(self._path)
        future: asyncio.Future[Any] = self.loop.create_future()
        self._waiting.append((future, kind))
        self._transport.write(request)
        if self._timeout is None:
            return cast("tuple[Any, int]", await future)
        timer = self.loop.call_later(self._timeout, self._expire, future)
        try:
            return cast("tuple[Any, int]", await future)
        finally:
            timer.cancel()

    def _expire(self, future: "asyncio.Future[Any]") -> None:
        if not future.done():
            # Replies come in order, so the ones behind it would be late as well.
            self.fail(_protocol.too_slow(self._path, self._timeout or 0))


class AsyncClient:
    """Asks a daemon on a Unix socket, with the methods of a Client, to be awaited.

    Any number of tasks may use it at once.

    Args:
        path: the daemon's socket.
        timeout: seconds in which to connect, and in which a reply must be there; None waits for ever.
    """

    def __init__(self, path: str | os.PathLike[str], *, timeout: float | None = 5.0) -> None:
        self._path = os.fspath(path)
        if not isinstance(self._path, str):
            raise TypeError("path is a str or a path object")
        self._timeout = _protocol.check_timeout(timeout)
        self._connection: _Connection | None = None
        self._connecting: asyncio.Task[_Connection] | None = None
        self._closed = False

    async def lookup(self, address: Address) -> Answer:
        """Says who is behind an address."""
        reply, _ = await self._ask(_protocol.lookup_request(address), _protocol.ANSWER)
        if type(reply) is not Answer:
            raise reply
        return reply

    @overload
    async def lookup_many(
        self, addresses: Addresses, *, errors: Literal["raise"] = "raise", field: None = None
    ) -> list[Answer]: ...
    @overload
    async def lookup_many(
        self, addresses: Addresses, *, errors: Literal["null"], field: None = None
    ) -> list[Answer | None]: ...
    @overload
    async def lookup_many(
        self, addresses: Addresses, *, errors: Literal["raise", "null"] = "raise", field: str
    ) -> list[Any]: ...

    async def lookup_many(
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
        answers = await self._many(taken, errors)
        return answers if field is None else _protocol.field_of(answers, field)

    async def lookup_arrow(
        self,
        column: Column,
        *,
        fields: Iterable[str] | None = None,
        errors: Literal["raise", "null"] = "raise",
    ) -> ArrowAnswers:
        """Looks up a column of addresses, as `Database.lookup_arrow` does."""
        _protocol.check_errors(errors)
        addresses, present = _protocol.column_addresses(column)
        answers = await self._many(addresses, "null")
        return _core.arrow_of_answers(_protocol.with_nulls(answers, present, errors), fields)

    async def networks(self, company_id: str) -> list[Network]:
        """The networks of a company, IPv4 first, ascending; none where there is no such company."""
        reply, _ = await self._ask(_protocol.text_request(b"NETWORKS", company_id), _protocol.NETWORKS)
        return cast("list[Network]", _protocol.checked(reply, list))

    @property
    def metadata(self) -> Coroutine[Any, Any, Metadata]:
        """What the daemon's file says about itself: ``await client.metadata``."""
        return self._metadata()

    async def _metadata(self) -> Metadata:
        reply, _ = await self._ask(_protocol.INFO, _protocol.ANY)
        return _protocol.metadata(reply)

    async def reload(self) -> int:
        """Has the daemon open its file anew; gives the new generation's number."""
        reply, _ = await self._ask(_protocol.RELOAD, _protocol.ANY)
        _protocol.checked(reply, str)
        return (await self.metadata).generation

    async def ping(self) -> None:
        """Returns if the daemon answers."""
        reply, _ = await self._ask(_protocol.PING, _protocol.ANY)
        _protocol.checked(reply, str)

    async def close(self) -> None:
        """Closes the connection."""
        self._closed = True
        connection, self._connection = self._connection, None
        if connection is not None and self._is_ours(connection):
            connection.fail(_protocol.closed())

    async def __aenter__(self) -> "AsyncClient":
        if self._closed:
            raise _protocol.closed()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<nameplate.AsyncClient {self._path!r}{', closed' if self._closed else ''}>"

    async def _ask(self, request: bytes, kind: int) -> tuple[Any, int]:
        connection = self._connection
        if connection is None or connection.ended or not self._is_ours(connection):
            connection = await self._connect()
        try:
            return await connection.ask(request, kind)
        except _StaleError:
            pass
        try:
            return await (await self._connect()).ask(request, kind)
        except _StaleError:
            raise _protocol.ended(self._path) from None

    async def _many(self, addresses: tuple[Address, ...], errors: str) -> list[Answer | None]:
        answers: list[Answer | None] = []
        ahead: deque[tuple[asyncio.Task[tuple[Any, int]], int]] = deque()
        try:
            for request, count in _protocol.many_requests(addresses, errors):
                ahead.append((asyncio.ensure_future(self._ask(request, _protocol.ANSWERS)), count))
                # The request goes out when its task first runs.
                await asyncio.sleep(0)
                if len(ahead) == _protocol.AHEAD:
                    await self._add(answers, *ahead.popleft(), errors)
            while ahead:
                await self._add(answers, *ahead.popleft(), errors)
        finally:
            for task, _ in ahead:
                task.cancel()
        return answers

    @staticmethod
    async def _add(
        answers: list[Answer | None], task: "asyncio.Task[tuple[Any, int]]", count: int, errors: str
    ) -> None:
        reply, failures = await task
        _protocol.add_answers(answers, reply, count, failures, errors)

    @staticmethod
    def _is_ours(connection: _Connection) -> bool:
        return connection.loop is asyncio.get_running_loop() and connection.process == os.getpid()

    async def _connect(self) -> _Connection:
        """The connection, new where there is none; tasks that want one at the same time share it."""
        if self._closed:
            raise _protocol.closed()
        connection = self._connection
        if connection is not None and not connection.ended and self._is_ours(connection):
            return connection
        connecting = self._connecting
        if connecting is None or connecting.done() or connecting.get_loop() is not asyncio.get_running_loop():
            connecting = self._connecting = asyncio.ensure_future(self._open())
        # A task that is cancelled takes the others' connection with it no more than its own.
        return await asyncio.shield(connecting)

    async def _open(self) -> _Connection:
        loop = asyncio.get_running_loop()
        opening = loop.create_unix_connection(lambda: _Connection(self._path, self._timeout), self._path)
        try:
            _, connection = await asyncio.wait_for(opening, self._timeout)
        except (TimeoutError, asyncio.TimeoutError):
            raise _protocol.too_slow(self._path, self._timeout or 0) from None
        except OSError as cause:
            raise _protocol.unreachable(self._path, cause) from None
        self._connection = connection
        return connection
