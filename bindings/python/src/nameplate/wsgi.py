"""Middleware for WSGI: Flask, Pyramid, Bottle and others.

    app.wsgi_app = nameplate.wsgi.NameplateMiddleware(app.wsgi_app, nameplate.open("nameplate.npl"))

puts a lazy answer into ``environ["nameplate"]``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ._visitor import ClientAddress, LazyAnswer, Subject, lazy

__all__ = ["LazyAnswer", "NameplateMiddleware"]

_Environ = dict[str, Any]
_Application = Callable[[_Environ, Any], Iterable[bytes]]


class NameplateMiddleware:
    """Puts a LazyAnswer into ``environ["nameplate"]``.

    Args:
        app: the application around which it stands.
        subject: a Database or a Client.
        trusted_proxies: the proxies before this application, the one nearest to it last: addresses,
            networks or prefixes. Without it and without `proxy_count` the address is REMOTE_ADDR, which
            servers and middleware with trusted proxies of their own set: gunicorn's forwarded_allow_ips,
            Werkzeug's ProxyFix.
        proxy_count: instead, how many proxies there are.
    """

    def __init__(
        self,
        app: _Application,
        subject: Subject,
        *,
        trusted_proxies: Sequence[str] | None = None,
        proxy_count: int | None = None,
    ) -> None:
        self._app = app
        self._subject = subject
        self._client_address = ClientAddress(trusted_proxies, proxy_count)

    def __call__(self, environ: _Environ, start_response: Any) -> Iterable[bytes]:
        # Taken now: what stands behind may change the environ.
        peer, forwarded = environ.get("REMOTE_ADDR"), environ.get("HTTP_X_FORWARDED_FOR")
        environ["nameplate"] = lazy(self._subject, lambda: self._client_address(peer, forwarded))
        return self._app(environ, start_response)
