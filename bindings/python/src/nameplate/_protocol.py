"""What both clients say and hear: requests as bytes, and what becomes of replies."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from . import _core
from ._addresses import Address, Addresses, Column
from ._core import Answer, NameplateError
from ._metadata import Metadata, of_info

# Kinds of replies, as the C reader numbers them.
ANY, ANSWER, ANSWERS, NETWORKS = range(4)

#: Addresses of a request. The reply to so many is some 200 kB, about what a socket holds.
CHUNK = 500

#: Requests on their way at once: the daemon works at one while the reply to another is read. More would not
#: be sooner, and if they filled the socket both ends might wait to write.
AHEAD = 2

#: Bytes that are read at once.
READ = 256 << 10

_Reply = TypeVar("_Reply")

INFO = b"*1\r\n$4\r\nINFO\r\n"
PING = b"*1\r\n$4\r\nPING\r\n"
RELOAD = b"*1\r\n$6\r\nRELOAD\r\n"


def error(code: str, text: str) -> NameplateError:
    """A NameplateError with its code."""
    made = NameplateError(text)
    made.code = code
    return made


def no_address(item: int) -> Exception:
    """The error of the C part for an item that is no address."""
    try:
        _core.refuse(item)
    except ValueError as made:
        return made


def closed() -> NameplateError:
    return error("closed", "this client is closed: make another one")


def unreachable(path: str, cause: OSError) -> NameplateError:
    reason = cause.strerror or type(cause).__name__
    return error(
        "socket",
        f"no daemon can be reached at {path}: {reason}; start `nameplate serve`, or check path and rights",
    )


def ended(path: str) -> NameplateError:
    return error(
        "socket",
        f"the daemon at {path} closed the connection before it answered: see its log, then ask again",
    )


def too_slow(path: str, seconds: float) -> NameplateError:
    return error(
        "timeout",
        f"the daemon at {path} did not answer within {seconds:g} seconds: see its log, "
        "or allow more with timeout=",
    )


def check_timeout(timeout: float | None) -> float | None:
    if timeout is not None and not timeout > 0:
        raise ValueError("timeout is a number of seconds above 0, or None to wait for ever")
    return timeout


def check_errors(errors: str) -> str:
    if errors not in ("raise", "null"):
        raise ValueError("errors is 'raise' or 'null'")
    return errors


def lookup_request(address: Address) -> bytes:
    return _core.encode(b"LOOKUP", (address,), 0, 1, -1)


def text_request(command: bytes, text: str) -> bytes:
    if not isinstance(text, str):
        raise TypeError("a company's id is a str, as company.id of an answer")
    # What can't be encoded is no company's id; the daemon then knows none.
    encoded = text.encode(errors="replace")
    return b"*2\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n" % (len(command), command, len(encoded), encoded)


def many_requests(addresses: tuple[Address, ...], errors: str) -> Iterator[tuple[bytes, int]]:
    """Requests for all of the addresses, in order, each with how many it is for."""
    null = int(check_errors(errors) == "null")
    for start in range(0, len(addresses), CHUNK):
        count = min(CHUNK, len(addresses) - start)
        yield _core.encode(b"MLOOKUP", addresses, start, count, null), count


def checked(reply: Any, kind: Callable[[Any], bool] | type) -> Any:
    """The reply, if it is of the kind that was asked for; an error is raised."""
    if isinstance(reply, Exception):
        raise reply
    if isinstance(kind, type) and not isinstance(reply, kind):
        raise error(
            "protocol", "the daemon answered something else than was asked: is it another version? Ask again"
        )
    return reply


def add_answers(answers: list[Answer | None], reply: Any, count: int, failures: int, errors: str) -> None:
    """Adds the reply of a request for `count` addresses, of which `failures` are errors."""
    if isinstance(reply, Exception):
        raise reply
    if len(reply) != count:
        raise error("protocol", "the daemon gave another number of answers than was asked for: ask again")
    if failures:
        for index, item in enumerate(reply):
            if isinstance(item, Answer):
                continue
            if not isinstance(item, ValueError):
                raise item
            if errors == "raise":
                raise no_address(len(answers) + index)
            reply[index] = None
    answers += reply


_FIELDS = {"status", "name", "confidence", "block"} | {
    f"{part}.{name}"
    for part, names in {
        "company": "id name kind country domain legal_form industry register register_id",
        "operator": "asn name kind",
    }.items()
    for name in names.split()
}


def check_field(field: str | None) -> str | None:
    if field is not None and (not isinstance(field, str) or field not in _FIELDS):
        raise ValueError(
            "field is one name as in as_dict(), as 'status', 'company.name' or 'operator.asn', or 'name' "
            "for whichever name there is; networks and sources are had without it"
        )
    return field


def field_of(answers: list[Answer | None], field: str) -> list[Any]:
    """One field of each answer."""
    outer, _, inner = field.partition(".")
    values = [None if answer is None else getattr(answer, outer) for answer in answers]
    return [None if value is None else getattr(value, inner) for value in values] if inner else values


def metadata(reply: Any) -> Metadata:
    try:
        return of_info(checked(reply, str))
    except (KeyError, ValueError):
        raise error(
            "protocol", "what answers on this socket is no nameplate daemon: check the path"
        ) from None


def column_addresses(column: Column) -> tuple[tuple[Address, ...], list[bool]]:
    """A column's addresses without its nulls, and for each row whether there is one."""
    items = _core.arrow_addresses(column)
    return tuple(item for item in items if item is not None), [item is not None for item in items]


def with_nulls(answers: list[Answer | None], present: list[bool], errors: str) -> list[Answer | None]:
    """The answers with the column's nulls between them again; raises for what is no address."""
    rest = iter(answers)
    rows = [next(rest) if there else None for there in present]
    if errors == "raise":
        for index, (row, there) in enumerate(zip(rows, present, strict=True)):
            if there and row is None:
                raise no_address(index)
    return rows


def addresses_of(addresses: Addresses) -> tuple[Address, ...]:
    return _core.addresses(addresses)
