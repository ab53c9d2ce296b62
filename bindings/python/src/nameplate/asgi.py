"""Middleware for ASGI: Starlette, FastAPI, Quart, Litestar and others.

    app.add_middleware(nameplate.asgi.NameplateMiddleware, subject=nameplate.open("nameplate.npl"))

puts an answer into ``scope["nameplate"]``: with a Database a lazy one, with an AsyncClient one to be awaited.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from ._async_client import AsyncClient
from ._visitor import ClientAddress, LazyAnswer, PendingAnswer, Subject, lazy

__all__ = ["LazyAnswer", "NameplateMiddleware", "PendingAnswer"]

_Scope = MutableMapping[str, Any]
_Application = Callable[[_Scope, Any, Any], Awaitable[None]]


class NameplateMiddleware:
    """Puts a LazyAnswer, or with an AsyncClient a PendingAnswer, into ``scope["nameplate"]``.

    Both can be awaited.

    Args:
        app: the application around which it stands.
        subject: a Database or an AsyncClient. A Client works too, but holds up the event loop.
        trusted_proxies: the proxies before this application, the one nearest to it last: addresses,
            networks or prefixes. Without it and without `proxy_count` the address is the scope's client,
            which servers with trusted proxies of their own set: uvicorn's --forwarded-allow-ips, hypercorn's
            ProxyFixMiddleware.
        proxy_count: instead, how many proxies there are.
    """

    def __init__(
        self,
        app: _Application,
        subject: Subject | AsyncClient,
        *,
        trusted_proxies: Sequence[str] | None = None,
        proxy_count: int | None = None,
    ) -> None:
        self._app = app
        self._subject = subject
        self._client_address = ClientAddress(trusted_proxies, proxy_count)

    async def __call__(self, scope: _Scope, receive: Any, send: Any) -> None:
        if scope["type"] in ("http", "websocket"):
            subject = self._subject
            client, headers = scope.get("client"), scope.get("headers") or ()
            if isinstance(subject, AsyncClient):
                scope["nameplate"] = PendingAnswer(subject, self._address(client, headers))
            else:
                scope["nameplate"] = lazy(subject, lambda: self._address(client, headers))
        await self._app(scope, receive, send)

    def _address(self, client: Sequence[Any] | None, headers: Any) -> str | None:
        forwarded = None
        if self._client_address.reads_header:
            # A header that stands there several times is one, with commas.
            values = [value for name, value in headers if name.lower() == b"x-forwarded-for"]
            forwarded = b",".join(values).decode("latin-1")
        return self._client_address(client[0] if client else None, forwarded)
