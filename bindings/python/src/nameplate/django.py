"""Middleware for Django.

    MIDDLEWARE = ["nameplate.django.NameplateMiddleware", ...]
    NAMEPLATE = {"DATABASE": "/var/lib/nameplate/nameplate.npl"}
    # or        {"SOCKET": "/run/nameplate/nameplate.sock"}

sets a lazy ``request.nameplate``. Other keys of NAMEPLATE:

- SUPPRESS: a suppression list's file, with DATABASE.
- TIMEOUT: seconds, with SOCKET.
- TRUSTED_PROXIES: the proxies before Django, the nearest to it last: addresses, networks or prefixes.
- PROXY_COUNT: instead, how many proxies there are.

Without the last two, django-ipware decides where its own setting IPWARE_META_PROXY_COUNT says how many
proxies there are; else the address is REMOTE_ADDR. No forwarded header is believed otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

from ._client import Client
from ._core import Database, NameplateError
from ._core import open as open_database
from ._visitor import ClientAddress, LazyAnswer, lazy

__all__ = ["LazyAnswer", "NameplateMiddleware"]

_KEYS = {"DATABASE", "SOCKET", "SUPPRESS", "TIMEOUT", "TRUSTED_PROXIES", "PROXY_COUNT"}


def _subject(options: dict[str, Any]) -> Database | Client:
    if ("DATABASE" in options) == ("SOCKET" in options):
        raise ImproperlyConfigured(
            "NAMEPLATE has a DATABASE, a range file, or a SOCKET, the daemon's: one of them"
        )
    try:
        if "SOCKET" in options:
            return Client(options["SOCKET"], timeout=options.get("TIMEOUT", 5.0))
        return open_database(options["DATABASE"], suppress=options.get("SUPPRESS"))
    except (NameplateError, TypeError, ValueError) as cause:
        raise ImproperlyConfigured(f"NAMEPLATE: {cause}") from None


def _by_django_ipware() -> Callable[[HttpRequest], str | None]:
    try:
        from ipware import get_client_ip
    except ImportError:
        raise ImproperlyConfigured(
            "IPWARE_META_PROXY_COUNT is set: pip install 'nameplate[django]'"
        ) from None
    order = None if hasattr(settings, "IPWARE_META_PRECEDENCE_ORDER") else ["HTTP_X_FORWARDED_FOR"]

    def address(request: HttpRequest) -> str | None:
        found, _ = get_client_ip(request, request_header_order=order)
        return found or request.META.get("REMOTE_ADDR") or None

    return address


def _by_peer(client_address: ClientAddress) -> Callable[[HttpRequest], str | None]:
    def address(request: HttpRequest) -> str | None:
        return client_address(request.META.get("REMOTE_ADDR"), request.META.get("HTTP_X_FORWARDED_FOR"))

    return address


class NameplateMiddleware:
    """Sets ``request.nameplate``, a LazyAnswer."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        options = getattr(settings, "NAMEPLATE", None)
        if not isinstance(options, dict) or not set(options) <= _KEYS:
            raise ImproperlyConfigured(
                f"NAMEPLATE is a dict in the settings, with keys of {', '.join(sorted(_KEYS))}"
            )
        self._get_response = get_response
        self._subject = _subject(options)
        proxies, count = options.get("TRUSTED_PROXIES"), options.get("PROXY_COUNT")
        if not proxies and not count and getattr(settings, "IPWARE_META_PROXY_COUNT", None) is not None:
            self._address = _by_django_ipware()
        else:
            try:
                self._address = _by_peer(ClientAddress(proxies, count))
            except (ImportError, TypeError, ValueError) as cause:
                raise ImproperlyConfigured(f"NAMEPLATE: {cause}") from None
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        request.nameplate = lazy(self._subject, lambda: self._address(request))
        return self._get_response(request)
