"""tests/vectors, asked in every way there is: what all languages must answer alike."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nameplate
import pytest

from conftest import VECTORS, Daemon, Vector, vectors

WORLDS = ["whole", "suppressed"]

#: Asks for one address; gives an Answer, or None where it is no address.
Ask = Callable[[Any], nameplate.Answer | None]


class Waiting:
    """An AsyncClient whose methods wait."""

    def __init__(self, path: Path) -> None:
        self.loop = asyncio.new_event_loop()
        self.client = nameplate.AsyncClient(path)

    def close(self) -> None:
        self.loop.run_until_complete(self.client.close())
        self.loop.close()

    @property
    def metadata(self) -> nameplate.Metadata:
        return self.loop.run_until_complete(self.client.metadata)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.client, name)
        return lambda *args, **options: self.loop.run_until_complete(method(*args, **options))


@pytest.fixture(params=["Database", "copied Database", "Client", "AsyncClient"])
def worlds(
    request: pytest.FixtureRequest, whole: Path, daemons: dict[str, Daemon]
) -> Iterator[dict[str, Any]]:
    """Each world, asked in one way."""
    made: dict[str, Any] = {}
    for world in WORLDS:
        suppress = VECTORS / "suppress.list" if world == "suppressed" else None
        if request.param.endswith("Database"):
            made[world] = nameplate.open(
                whole, suppress=suppress, copy=request.param.startswith("copied"), verify=True
            )
        elif request.param == "Client":
            made[world] = nameplate.Client(daemons[world].socket)
        else:
            made[world] = Waiting(daemons[world].socket)
    yield made
    for subject in made.values():
        subject.close()


def text_of(vector: Vector) -> str:
    return vector.input.decode(errors="surrogateescape")


def expected(vector: Vector) -> dict[str, Any] | None:
    return None if vector.expected == "invalid" else json.loads(vector.expected)


@pytest.mark.parametrize("world", WORLDS)
def test_lookup_answers_every_vector(worlds: dict[str, Any], world: str) -> None:
    subject = worlds[world]
    for vector in vectors(world, "lookup"):
        wanted = expected(vector)
        if wanted is None:
            with pytest.raises(ValueError, match="not an IP address"):
                subject.lookup(text_of(vector))
            continue
        answer = subject.lookup(text_of(vector))
        assert answer.as_dict() == wanted
        assert list(answer.as_dict()) == list(wanted), "the order of the JSON"
        check_attributes(answer, wanted)


def check_attributes(answer: nameplate.Answer, wanted: dict[str, Any]) -> None:
    """What the properties say is what the dict says."""
    assert answer.status == wanted["status"]
    assert answer.confidence == wanted.get("confidence")
    assert answer.sources == tuple(wanted.get("sources", ()))
    assert answer.block == wanted.get("block")
    for part in ("company", "operator", "network"):
        view = getattr(answer, part)
        assert (view is None) == (part not in wanted)
        for name in wanted.get(part, {}):
            assert getattr(view, name) == wanted[part][name]
    if answer.company is not None:
        assert answer.name == answer.company.name
        for name in ("country", "domain", "legal_form", "industry", "register", "register_id"):
            assert getattr(answer.company, name) == wanted["company"].get(name)
    elif answer.operator is not None:
        assert answer.name == answer.operator.name
    else:
        assert answer.name == answer.block


@pytest.mark.parametrize("world", WORLDS)
def test_numbers_bytes_and_ipaddress_answer_as_text_does(worlds: dict[str, Any], world: str) -> None:
    subject = worlds[world]
    for vector in vectors(world, "lookup"):
        wanted = expected(vector)
        if wanted is None:
            continue
        address = ipaddress.ip_address(text_of(vector))
        assert subject.lookup(address).as_dict() == wanted
        assert subject.lookup(address.packed).as_dict() == wanted
        # A number below 2**32 is IPv4, so ::1 and its like have none.
        if address.version == 4 or int(address) >= 2**32:
            assert subject.lookup(int(address)).as_dict() == wanted


@pytest.mark.parametrize("world", WORLDS)
def test_lookup_many_answers_every_vector(worlds: dict[str, Any], world: str) -> None:
    subject = worlds[world]
    cases = vectors(world, "lookup")
    wanted = [expected(vector) for vector in cases]
    answers = subject.lookup_many([text_of(vector) for vector in cases], errors="null")
    assert [None if answer is None else answer.as_dict() for answer in answers] == wanted
    good = [vector for vector in cases if vector.expected != "invalid"]
    mixed = [
        text_of(vector)
        if index % 3 == 0
        else ipaddress.ip_address(text_of(vector))
        if index % 3 == 1
        else ipaddress.ip_address(text_of(vector)).packed
        for index, vector in enumerate(good)
    ]
    for addresses in (mixed, tuple(mixed), iter(mixed), mixed * 20):
        answers = subject.lookup_many(addresses)
        assert [answer.as_dict() for answer in answers] == [expected(v) for v in good] * (
            len(answers) // len(good)
        )
        assert answers


@pytest.mark.parametrize("world", WORLDS)
def test_networks_answers_every_vector(worlds: dict[str, Any], world: str) -> None:
    for vector in vectors(world, "networks"):
        networks = worlds[world].networks(text_of(vector))
        text = " ".join(f"{network.first}-{network.last}" for network in networks)
        assert (text or "none") == vector.expected


def test_answers_are_equal_wherever_they_are_from(db: nameplate.Database, worlds: dict[str, Any]) -> None:
    seen = set()
    for vector in vectors("whole", "lookup"):
        if vector.expected == "invalid":
            continue
        own, other = db.lookup(text_of(vector)), worlds["whole"].lookup(text_of(vector))
        assert own == other
        assert hash(own) == hash(other)
        assert own.company == other.company
        assert hash(own.company) == hash(other.company)
        assert own.operator == other.operator
        assert own.network == other.network
        assert pickle.loads(pickle.dumps(other)) == own
        seen.add(other)
    assert len(seen) > 20


def test_metadata_is_the_same_but_for_the_sources(db: nameplate.Database, worlds: dict[str, Any]) -> None:
    own, other = db.metadata, worlds["whole"].metadata
    assert own.source_count == len(own.sources) == other.source_count > 0
    for name in (
        "format_version",
        "build_number",
        "created",
        "file_length",
        "answers",
        "companies",
        "operators",
    ):
        assert getattr(own, name) == getattr(other, name)
    assert own.v4_intervals == other.v4_intervals
    assert own.v6_intervals == other.v6_intervals
