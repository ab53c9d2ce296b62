"""What the middleware share: whose address it is, and the answer that is looked up when it is first wanted.

The address is the peer's, the one that the connection is from, unless trusted proxies are named. Then
X-Forwarded-For is read from its end: the peer itself and each address before it must be a trusted proxy, or
as many as are said to be there, and the first that is not is the client's. Whatever a client writes into
the header stands further left and is never reached.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

from . import _core
from ._async_client import AsyncClient
from ._core import Answer, Company, NameplateError, Network, Operator

if TYPE_CHECKING:
    from python_ipware import IpWare

_LOG = logging.getLogger("nameplate")

#: Stands for a peer on a Unix socket, which has no address: a proxy on this machine.
LOCAL = "127.0.0.1"

#: An answer that says nothing.
UNKNOWN: Answer = _core.unknown()


class Subject(Protocol):
    """A Database or a Client."""

    def lookup(self, address: Any, /) -> Answer: ...


class ClientAddress:
    """Tells the client's address from the peer's and X-Forwarded-For."""

    def __init__(
        self, trusted_proxies: Sequence[str] | None, proxy_count: int | None, header: str = "X-Forwarded-For"
    ) -> None:
        if isinstance(trusted_proxies, str):
            raise TypeError(
                "trusted_proxies is a list of addresses, networks or prefixes, nearest to the client first"
            )
        self.header = header
        self._ipware: IpWare | None = None
        if trusted_proxies or proxy_count:
            try:
                from python_ipware import IpWare
            except ImportError:
                raise ImportError(
                    "to trust proxies, install python-ipware: pip install 'nameplate[web]'"
                ) from None
            self._ipware = IpWare(
                precedence=("FORWARDED_CHAIN",),
                proxy_count=proxy_count,
                proxy_list=list(trusted_proxies) if trusted_proxies else None,
            )

    @property
    def reads_header(self) -> bool:
        """Whether the header matters."""
        return self._ipware is not None

    def __call__(self, peer: str | None, forwarded: str | None) -> str | None:
        """The client's address as text, or None where there is none."""
        if self._ipware is None or not forwarded:
            return peer or None
        address, trusted = self._ipware.get_client_ip({"FORWARDED_CHAIN": f"{forwarded}, {peer or LOCAL}"})
        return str(address) if address is not None and trusted else peer or None


class LazyAnswer:
    """Looks the visitor up when something is first read; then it is as the Answer. Immutable.

    Where there is no address, or the lookup fails, it is the answer of an unknown address; a failure is
    logged, without the address. It can also be awaited, for the Answer itself.
    """

    __slots__ = ("_answer", "_ask")

    def __init__(self, ask: Callable[[], Answer]) -> None:
        self._ask: Callable[[], Answer] | None = ask
        self._answer: Answer | None = None

    @property
    def answer(self) -> Answer:
        """The Answer itself."""
        if self._answer is None:
            ask = self._ask
            self._answer = UNKNOWN if ask is None else ask()
            # With it the address goes.
            self._ask = None
        return self._answer

    @property
    def status(self) -> Literal["company", "operator", "unknown", "reserved"]:
        return self.answer.status

    @property
    def name(self) -> str | None:
        return self.answer.name

    @property
    def company(self) -> Company | None:
        return self.answer.company

    @property
    def operator(self) -> Operator | None:
        return self.answer.operator

    @property
    def network(self) -> Network | None:
        return self.answer.network

    @property
    def confidence(self) -> int | None:
        return self.answer.confidence

    @property
    def sources(self) -> tuple[str, ...]:
        return self.answer.sources

    @property
    def block(self) -> str | None:
        return self.answer.block

    def as_dict(self) -> dict[str, Any]:
        return self.answer.as_dict()

    def __await__(self) -> Generator[Any, None, Answer]:
        return self.answer
        yield

    def __repr__(self) -> str:
        return "<nameplate.LazyAnswer>" if self._answer is None else repr(self._answer)


class PendingAnswer:
    """Looks the visitor up when it is first awaited, for the Answer: ``hit = await scope["nameplate"]``."""

    __slots__ = ("_address", "_answer", "_client")

    def __init__(self, client: AsyncClient, address: str | None) -> None:
        self._client = client
        self._address = address
        self._answer: Answer | None = None

    async def _get(self) -> Answer:
        if self._answer is None:
            try:
                self._answer = UNKNOWN if self._address is None else await self._client.lookup(self._address)
            except (NameplateError, ValueError) as cause:
                self._answer = failed(cause)
            self._address = None
        return self._answer

    def __await__(self) -> Generator[Any, None, Answer]:
        return self._get().__await__()

    def __repr__(self) -> str:
        return "<nameplate.PendingAnswer>" if self._answer is None else repr(self._answer)


def failed(cause: Exception) -> Answer:
    """The answer where a lookup fails: a page must not fail with it."""
    if isinstance(cause, NameplateError):
        _LOG.warning("a visitor could not be looked up: %s", cause)
    return UNKNOWN


def lazy(subject: Subject, address: Callable[[], str | None]) -> LazyAnswer:
    """An answer that is looked up when it is wanted."""

    def ask() -> Answer:
        try:
            found = address()
            return UNKNOWN if found is None else subject.lookup(found)
        except (NameplateError, ValueError) as cause:
            return failed(cause)

    return LazyAnswer(ask)
