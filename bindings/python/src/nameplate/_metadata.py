"""What a range file says about itself."""

from dataclasses import dataclass
from datetime import datetime, timezone


@dataclass(frozen=True, slots=True)
class Source:
    """A source that a file was built from."""

    #: Short name, as answers show it: ``ip-asn``.
    name: str
    #: Title for people.
    title: str
    #: Licence.
    licence: str
    #: Whom the licence wants named, wherever the data is shown.
    attribution: str
    #: Where the source is described.
    url: str
    #: Date of the data, as ``2026-06-17``; empty where it has none.
    date: str
    #: Rows that were used.
    rows: int


@dataclass(frozen=True, slots=True)
class Metadata:
    """Numbers about a range file."""

    #: Version of the file's format.
    format_version: int
    #: Grows from build to build.
    build_number: int
    #: Which of the files that were opened one after the other, from 1.
    generation: int
    #: When the newest data is from; None where no source has a date.
    created: datetime | None
    #: Bytes of the file.
    file_length: int
    #: IPv4 intervals, gaps included.
    v4_intervals: int
    #: IPv6 intervals, gaps included.
    v6_intervals: int
    #: Answers there are.
    answers: int
    #: Companies there are.
    companies: int
    #: Operators there are.
    operators: int
    #: How many sources there are.
    source_count: int
    #: The sources; over a socket they are not told, and this is empty.
    sources: tuple[Source, ...]


def _created(seconds: int) -> datetime | None:
    return datetime.fromtimestamp(seconds, timezone.utc) if seconds else None


def of_file(numbers: dict[str, int], sources: list[tuple[str | None, ...]]) -> Metadata:
    """Metadata of what the C part reads."""
    made = tuple(Source(*("" if text is None else text for text in source)) for source in sources)  # type: ignore[arg-type]
    numbers = dict(numbers)
    created = _created(numbers.pop("created"))
    return Metadata(created=created, source_count=len(made), sources=made, **numbers)


def of_info(info: str) -> Metadata:
    """Metadata of the daemon's INFO; raises KeyError and ValueError where that is something else."""
    lines = dict(line.split(":", 1) for line in info.splitlines() if ":" in line)
    names = {
        "format_version": "format_version",
        "build_number": "build_number",
        "generation": "generation",
        "file_length": "file_bytes",
        "v4_intervals": "ipv4_intervals",
        "v6_intervals": "ipv6_intervals",
        "answers": "answers",
        "companies": "companies",
        "operators": "operators",
        "source_count": "sources",
    }
    numbers = {name: int(lines[line]) for name, line in names.items()}
    return Metadata(created=_created(int(lines["created"])), sources=(), **numbers)
