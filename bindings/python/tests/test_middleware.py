"""The middleware, with the frameworks, and whose address they take."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import django
import nameplate
import nameplate.asgi
import nameplate.wsgi
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.test import AsyncRequestFactory, RequestFactory, override_settings

from conftest import VECTORS, Daemon, vectors

settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="tests alone", USE_TZ=True)
django.setup()

import nameplate.django  # noqa: E402

# Of the vectors: a company, and an operator.
COMPANY = "20.0.0.0"
OPERATOR = "1.0.0.0"
PROXY = "192.0.2.10"
OUTER = "192.0.2.20"

#: What is configured, where the request is from, what X-Forwarded-For says, and whose address is taken: a
#: company's or an operator's by their status; a proxy's is reserved.
CASES: list[tuple[dict[str, Any], str | None, str | None, str]] = [
    # Nothing is trusted: the header does not matter.
    ({}, COMPANY, None, "company"),
    ({}, COMPANY, OPERATOR, "company"),
    ({}, PROXY, COMPANY, "reserved"),
    ({}, None, COMPANY, "unknown"),
    ({}, "", None, "unknown"),
    ({}, "no address", None, "unknown"),
    # A trusted proxy says who asked it; nobody else can.
    ({"trusted_proxies": [PROXY]}, PROXY, COMPANY, "company"),
    ({"trusted_proxies": [PROXY]}, PROXY, None, "reserved"),
    ({"trusted_proxies": [PROXY]}, OPERATOR, COMPANY, "operator"),
    ({"trusted_proxies": ["192.0.2.0/24"]}, PROXY, COMPANY, "company"),
    # What a client writes itself stands to the left.
    ({"trusted_proxies": [PROXY]}, PROXY, f"{OPERATOR}, {COMPANY}", "company"),
    ({"trusted_proxies": [PROXY]}, OPERATOR, f"{COMPANY}, {PROXY}", "operator"),
    ({"trusted_proxies": [PROXY]}, PROXY, "rubbish, , ::zz", "reserved"),
    ({"trusted_proxies": [OUTER, PROXY]}, PROXY, f"{COMPANY}, {OUTER}", "company"),
    ({"trusted_proxies": [OUTER, PROXY]}, PROXY, f"{OPERATOR}, {COMPANY}, {OUTER}", "company"),
    ({"trusted_proxies": [OUTER, PROXY]}, PROXY, COMPANY, "reserved"),
    ({"proxy_count": 1}, PROXY, COMPANY, "company"),
    ({"proxy_count": 1}, PROXY, f"{OPERATOR}, {COMPANY}", "company"),
    ({"proxy_count": 2}, PROXY, f"{COMPANY}, {OUTER}", "company"),
    ({"proxy_count": 2}, PROXY, COMPANY, "reserved"),
    # A proxy on a Unix socket is one of this machine.
    ({"proxy_count": 1}, None, COMPANY, "company"),
    ({"trusted_proxies": ["127.0.0.1"]}, "", COMPANY, "company"),
    ({"trusted_proxies": [PROXY]}, None, COMPANY, "unknown"),
]


def wsgi_status(subject: Any, options: dict[str, Any], peer: str | None, forwarded: str | None) -> str:
    seen: list[nameplate.wsgi.LazyAnswer] = []

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        seen.append(environ["nameplate"])
        start_response("200 OK", [])
        return [b""]

    environ: dict[str, Any] = {}
    setup_testing_defaults(environ)
    if peer is not None:
        environ["REMOTE_ADDR"] = peer
    if forwarded is not None:
        environ["HTTP_X_FORWARDED_FOR"] = forwarded
    list(nameplate.wsgi.NameplateMiddleware(app, subject, **options)(environ, lambda *_: None))
    assert seen[0].as_dict() == seen[0].answer.as_dict()
    return seen[0].status


def asgi_scope(peer: str | None, forwarded: str | None) -> dict[str, Any]:
    # A client may send the header twice.
    values = [] if forwarded is None else forwarded.split(", ", 1)
    headers = [(b"x-forwarded-for", value.encode()) for value in values]
    return {
        "type": "http",
        "client": None if peer is None else (peer, 1234),
        "headers": [(b"host", b"x"), *headers],
    }


async def asgi_answer(subject: Any, options: dict[str, Any], scope: dict[str, Any]) -> nameplate.Answer:
    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        answers.append(await scope["nameplate"])

    answers: list[nameplate.Answer] = []
    await nameplate.asgi.NameplateMiddleware(app, subject, **options)(scope, None, None)
    return answers[0]


@pytest.mark.parametrize(("options", "peer", "forwarded", "status"), CASES)
def test_whose_address_it_is(
    db: nameplate.Database,
    whole: Path,
    options: dict[str, Any],
    peer: str | None,
    forwarded: str | None,
    status: str,
) -> None:
    assert wsgi_status(db, options, peer, forwarded) == status
    assert asyncio.run(asgi_answer(db, options, asgi_scope(peer, forwarded))).status == status
    keys = {"DATABASE": whole, **{key.upper(): value for key, value in options.items()}}
    with override_settings(NAMEPLATE=keys):
        assert django_status(peer, forwarded) == status


def meta(peer: str | None, forwarded: str | None) -> dict[str, str]:
    return {"REMOTE_ADDR": peer or "", **({} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded})}


def django_status(peer: str | None, forwarded: str | None) -> str:
    def view(request: Any) -> HttpResponse:
        return HttpResponse(request.nameplate.status)

    middleware = nameplate.django.NameplateMiddleware(view)
    return str(middleware(RequestFactory().get("/", **meta(peer, forwarded))).content.decode())


def test_django_ipware_decides_where_it_is_configured(whole: Path) -> None:
    with override_settings(NAMEPLATE={"DATABASE": whole}, IPWARE_META_PROXY_COUNT=1):
        assert django_status(PROXY, f"{COMPANY}, {OUTER}") == "company"
        # By its own settings a header with another number of addresses is not believed, and no other header
        # is read.
        assert django_status(OPERATOR, COMPANY) == "operator"
        request = RequestFactory().get("/", REMOTE_ADDR=OPERATOR, HTTP_X_REAL_IP=f"{COMPANY}, {OUTER}")
        seen: list[Any] = []
        nameplate.django.NameplateMiddleware(lambda request: seen.append(request))(request)
        assert seen[0].nameplate.status == "operator"


def test_django_awaits_and_asks_the_daemon(daemons: dict[str, Daemon]) -> None:
    async def view(request: Any) -> HttpResponse:
        return HttpResponse(request.nameplate.company.name)

    async def ask() -> HttpResponse:
        middleware = nameplate.django.NameplateMiddleware(view)
        request = AsyncRequestFactory().get("/")
        request.META["REMOTE_ADDR"] = COMPANY
        response: HttpResponse = await middleware(request)
        return response

    with override_settings(NAMEPLATE={"SOCKET": str(daemons["whole"].socket)}):
        assert asyncio.run(ask()).content.decode() == "Beispiel Maschinenbau GmbH"


@pytest.mark.parametrize(
    "options",
    [
        None,
        {},
        {"DATABASE": "x", "SOCKET": "y"},
        {"DATABASE": "/none"},
        {"SOCKET": 5},
        {"SOCKET": "x", "TIMEOUT": -1},
        {"OTHER": 1},
        {"SOCKET": "x", "TRUSTED_PROXIES": "10.0.0.1"},
        {"SOCKET": "x", "TRUSTED_PROXIES": [""]},
    ],
)
def test_django_settings_that_are_none(options: Any) -> None:
    with override_settings(NAMEPLATE=options), pytest.raises(ImproperlyConfigured, match="NAMEPLATE"):
        nameplate.django.NameplateMiddleware(lambda _: None)


def test_django_suppresses(whole: Path) -> None:
    shown = {case.input for case in vectors("whole", "lookup") if '"status":"company"' in case.expected}
    hidden = [
        case
        for case in vectors("suppressed", "lookup")
        if case.input in shown and '"status":"company"' not in case.expected
    ]
    with override_settings(NAMEPLATE={"DATABASE": whole, "SUPPRESS": VECTORS / "suppress.list"}):
        for case in hidden:
            assert django_status(case.input.decode(), None) == json.loads(case.expected)["status"]
    assert hidden


def test_an_async_client_is_asked_when_it_is_awaited(daemons: dict[str, Daemon]) -> None:
    async def ask() -> None:
        async with nameplate.AsyncClient(daemons["whole"].socket) as client:
            answer = await asgi_answer(client, {}, asgi_scope(COMPANY, None))
            assert answer.status == "company"
            answer = await asgi_answer(client, {"proxy_count": 1}, asgi_scope(PROXY, COMPANY))
            assert answer.status == "company"
            assert (await asgi_answer(client, {}, asgi_scope(None, None))).status == "unknown"
            assert (await asgi_answer(client, {}, asgi_scope("no address", None))).status == "unknown"

    asyncio.run(ask())


def test_a_lifespan_has_no_visitor(db: nameplate.Database) -> None:
    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        assert "nameplate" not in scope

    asyncio.run(nameplate.asgi.NameplateMiddleware(app, db)({"type": "lifespan"}, None, None))


class Counting:
    def __init__(self) -> None:
        self.lookups = 0

    def lookup(self, _address: str) -> nameplate.Answer:
        self.lookups += 1
        raise nameplate.NameplateError("the daemon is away")


@pytest.fixture
def lazy() -> tuple[Counting, Any]:
    counting, environ = Counting(), {"REMOTE_ADDR": COMPANY}
    nameplate.wsgi.NameplateMiddleware(lambda _environ, _start: [], counting)(environ, None)
    return counting, environ["nameplate"]


def test_nothing_is_looked_up_before_it_is_wanted(lazy: tuple[Counting, Any]) -> None:
    counting, hit = lazy
    assert repr(hit) == "<nameplate.LazyAnswer>"
    assert counting.lookups == 0
    assert (hit.status, hit.name, hit.company, hit.operator, hit.network) == (
        "unknown",
        None,
        None,
        None,
        None,
    )
    assert (hit.confidence, hit.sources, hit.block, hit.as_dict()) == (None, (), None, {"status": "unknown"})
    assert counting.lookups == 1
    assert repr(hit) == "<nameplate.Answer unknown>"
    with pytest.raises(AttributeError):
        hit.status = "company"


def test_a_page_does_not_fail_with_the_lookup_and_the_log_has_no_address(
    lazy: tuple[Counting, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert lazy[1].status == "unknown"
    assert [record.getMessage() for record in caplog.records] == [
        "a visitor could not be looked up: the daemon is away"
    ]
    assert COMPANY not in caplog.text


def test_proxies_are_a_list(db: nameplate.Database) -> None:
    for made in (nameplate.wsgi.NameplateMiddleware, nameplate.asgi.NameplateMiddleware):
        with pytest.raises(TypeError, match="list"):
            made(lambda *_: None, db, trusted_proxies=PROXY)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="proxy"):
            made(lambda *_: None, db, trusted_proxies=["no address"])  # type: ignore[arg-type]


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.nameplate.status)


urlpatterns: list[Any] = []
