"""lookup_arrow and lookup_many on arrays, with the libraries that people have: NumPy, PyArrow, Polars,
pandas, DuckDB."""

from __future__ import annotations

import gc
import ipaddress
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import nameplate
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from conftest import Daemon, vectors

CASES = [vector for vector in vectors("whole", "lookup") if vector.expected != "invalid"]
TEXTS = [case.input.decode() for case in CASES]
WANTED = [json.loads(case.expected) for case in CASES]
V4 = [(text, wanted) for text, wanted in zip(TEXTS, WANTED, strict=True) if ":" not in text]
V6 = [(text, wanted) for text, wanted in zip(TEXTS, WANTED, strict=True) if ":" in text]


def packed(texts: list[str]) -> list[bytes]:
    return [ipaddress.ip_address(text).packed for text in texts]


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    return value


def rows(result: Any) -> list[Any]:
    """What a result says, as the JSON has it."""
    array = pa.array(result)
    array.validate(full=True)
    return [None if row is None else without_nulls(row) for row in array.to_pylist()]


@pytest.fixture(params=["Database", "Client"])
def subject(
    request: pytest.FixtureRequest, db: nameplate.Database, daemons: dict[str, Daemon]
) -> Iterator[Any]:
    if request.param == "Database":
        yield db
    else:
        with nameplate.Client(daemons["whole"].socket) as client:
            yield client


@pytest.mark.parametrize(
    "kind",
    [
        pa.string(),
        pa.large_string(),
        pa.string_view(),
        pa.dictionary(pa.int8(), pa.string()),
        pa.dictionary(pa.uint16(), pa.large_string()),
        pa.dictionary(pa.int32(), pa.string()),
    ],
    ids=str,
)
def test_text_in_every_layout(subject: Any, kind: pa.DataType) -> None:
    texts, wanted = TEXTS, WANTED
    if pa.types.is_dictionary(kind):
        texts, wanted = (TEXTS[:60] * 3), (WANTED[:60] * 3)
    column = (
        pa.array(texts).cast(kind)
        if not pa.types.is_dictionary(kind)
        else pa.array(texts).dictionary_encode().cast(kind)
    )
    assert rows(subject.lookup_arrow(column)) == wanted
    # A slice begins in the middle of its buffers; a null has no bytes.
    assert rows(subject.lookup_arrow(column[7:50])) == wanted[7:50]
    assert rows(subject.lookup_arrow(column[:0])) == []
    holes = pa.array([None if index % 3 == 0 else text for index, text in enumerate(texts)])
    holes = holes.dictionary_encode() if pa.types.is_dictionary(kind) else holes.cast(kind)
    expected = [None if index % 3 == 0 else row for index, row in enumerate(wanted)]
    assert rows(subject.lookup_arrow(holes)) == expected
    assert rows(subject.lookup_arrow(holes[5:40])) == expected[5:40]


def test_long_text_in_views(subject: Any) -> None:
    # Views hold twelve bytes themselves.
    texts = ["20.0.0.0", "2001:0db8:0000:0000:0000:0000:0000:0001", None, "192.168.1.255", "x" * 5000]
    result = rows(subject.lookup_arrow(pa.array(texts, pa.string_view()), errors="null"))
    assert [row and row["status"] for row in result] == ["company", "reserved", None, "reserved", None]


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.binary_view()], ids=str)
def test_packed_of_both_families(subject: Any, kind: pa.DataType) -> None:
    assert rows(subject.lookup_arrow(pa.array(packed(TEXTS), kind))) == WANTED


@pytest.mark.parametrize("fields", [None, ["status", "company", "operator"]])
def test_packed_of_one_width(subject: Any, fields: list[str] | None) -> None:
    def some(row: dict[str, Any]) -> dict[str, Any]:
        return row if fields is None else {key: value for key, value in row.items() if key in fields}

    for cases, width in ((V4, 4), (V6, 16)):
        bytes_ = packed([text for text, _ in cases])
        wanted = [some(row) for _, row in cases]
        assert rows(subject.lookup_arrow(pa.array(bytes_, pa.binary(width)), fields=fields)) == wanted
        holes = pa.array([None, *bytes_, None], pa.binary(width))
        assert rows(subject.lookup_arrow(holes, fields=fields)) == [None, *wanted, None]
        assert rows(subject.lookup_arrow(holes[3:30], fields=fields)) == [None, *wanted, None][3:30]
    numbers = pa.array([int(ipaddress.ip_address(text)) for text, _ in V4], pa.uint32())
    assert rows(subject.lookup_arrow(numbers, fields=fields)) == [some(row) for _, row in V4]


def test_pieces_become_one_column(subject: Any) -> None:
    pieces = pa.chunked_array([TEXTS[:10], [], TEXTS[10:11], TEXTS[11:]])
    assert rows(subject.lookup_arrow(pieces)) == WANTED
    assert rows(subject.lookup_arrow(pa.chunked_array([], pa.string()))) == []
    assert rows(subject.lookup_arrow(pa.nulls(3))) == [None] * 3


def test_fields_that_are_asked_for(subject: Any) -> None:
    column = pa.array(TEXTS)
    answers = subject.lookup_many(TEXTS)
    named = pa.array(subject.lookup_arrow(column, fields=["name"]))
    assert named.type.names == ["name"]
    assert named.field(0).to_pylist() == [answer.name for answer in answers]
    some = pa.array(
        subject.lookup_arrow(column, fields=["operator.asn", "company.country", "network.last", "confidence"])
    )
    assert some.type.names == ["company", "operator", "network", "confidence"]
    assert [row["operator"] and row["operator"]["asn"] for row in some.to_pylist()] == [
        answer.operator and answer.operator.asn for answer in answers
    ]
    assert [row["network"] and row["network"]["last"] for row in some.to_pylist()] == [
        answer.network and answer.network.last for answer in answers
    ]
    assert some.field(0).type.names == ["country"]
    for given in (["none"], [], "name", ["company."], [5], 5, ["compan"]):
        with pytest.raises(ValueError, match="fields is a list of names"):
            subject.lookup_arrow(column, fields=given)


def test_what_is_no_address(subject: Any) -> None:
    column = pa.array(["20.0.0.0", None, "203.0.113.7 ", "20.0.0.0"])
    for fields in (None, ["name"]):
        with pytest.raises(ValueError, match="item 2 is not an IP address: give") as caught:
            subject.lookup_arrow(column, fields=fields)
        assert "203.0" not in str(caught.value)
        result = pa.array(subject.lookup_arrow(column, fields=fields, errors="null"))
        assert result.is_valid().to_pylist() == [True, False, False, True]
    for length in (0, 3, 5, 15, 17):
        with pytest.raises(ValueError, match="item 0 is not"):
            subject.lookup_arrow(pa.array([b"\0" * length], pa.binary()))
    with pytest.raises(ValueError, match="errors is"):
        subject.lookup_arrow(column, errors="ignore")


@pytest.mark.parametrize(
    "given",
    [
        None,
        5,
        "20.0.0.0",
        ["20.0.0.0"],
        object(),
        pa.array([1, 2]),
        pa.array([1.5]),
        pa.array([["a"]]),
        pa.array([b"1"], pa.binary(1)),
        pa.table({"a": ["20.0.0.0"]}),
        pl.DataFrame({"a": ["20.0.0.0"]}),
        pa.array([True]),
    ],
    ids=lambda given: type(given).__name__,
)
def test_what_is_no_column_of_addresses(subject: Any, given: Any) -> None:
    with pytest.raises(TypeError, match="column"):
        subject.lookup_arrow(given)


def test_exporters_that_fail_or_lie(subject: Any) -> None:
    class Failing:
        def __arrow_c_array__(self, _schema: object = None) -> Any:
            raise OSError("mine")

    class Lying:
        def __arrow_c_array__(self, _schema: object = None) -> Any:
            return "x", "y"

    class Strange:
        def __arrow_c_stream__(self, _schema: object = None) -> Any:
            return 5

    with pytest.raises(OSError, match="mine"):
        subject.lookup_arrow(Failing())
    for given in (Lying(), Strange()):
        with pytest.raises((TypeError, ValueError)):
            subject.lookup_arrow(given)

    def failing_batches() -> Iterator[pa.RecordBatch]:
        raise OSError("mine")
        yield

    reader = pa.RecordBatchReader.from_batches(pa.schema([("a", pa.string())]), failing_batches())
    with pytest.raises((TypeError, RuntimeError)):
        subject.lookup_arrow(reader)


def test_polars(subject: Any) -> None:
    frame = pl.DataFrame({"ip": [*TEXTS, None]})
    result = pl.Series(subject.lookup_arrow(frame["ip"])).alias("hit")
    named = frame.with_columns(result).unnest("hit")
    assert named["status"].cast(pl.String).to_list() == [row["status"] for row in WANTED] + [None]
    names = named["company"].struct.field("name").cast(pl.String).to_list()
    assert names == [row.get("company", {}).get("name") for row in WANTED] + [None]
    assert named["operator"].struct.field("asn").to_list() == [
        row.get("operator", {}).get("asn") for row in WANTED
    ] + [None]
    assert named["network"].struct.field("first").to_list() == [
        row.get("network", {}).get("first") for row in WANTED
    ] + [None]
    assert [None if s is None else list(s) for s in named["sources"].to_list()] == [
        row.get("sources") for row in WANTED
    ] + [None]
    binary = pl.Series(packed(TEXTS), dtype=pl.Binary)
    assert pl.Series(subject.lookup_arrow(binary, fields=["status"])).struct.field("status").cast(
        pl.String
    ).to_list() == [row["status"] for row in WANTED]


def test_pandas(subject: Any) -> None:
    frame = pd.DataFrame({"ip": TEXTS})
    column = pa.array(
        subject.lookup_arrow(
            pa.array(frame["ip"], type=pa.string()), fields=["name", "status", "operator.asn"]
        )
    )
    frame["name"] = column.field("name").to_pandas()
    assert [None if pd.isna(name) else name for name in frame["name"]] == [
        answer.name for answer in subject.lookup_many(TEXTS)
    ]
    assert frame["name"].dtype == "category"
    # A Series is an iterable, an array of objects, or one of text.
    assert [answer.as_dict() for answer in subject.lookup_many(frame["ip"])] == WANTED
    assert [answer.as_dict() for answer in subject.lookup_many(frame["ip"].to_numpy())] == WANTED


def test_duckdb(db: nameplate.Database) -> None:
    hits = pa.table({"hit": pa.chunked_array([pa.array(db.lookup_arrow(pa.array(TEXTS)))])})
    with duckdb.connect() as connection:
        connection.register("hits", hits)
        counted = connection.sql(
            "select hit.status::varchar as status, count(*) as n from hits group by all order by all"
        ).fetchall()
        names = connection.sql(
            "select distinct hit.company.name::varchar from hits where hit.company is not null"
        ).fetchall()
    statuses = sorted({row["status"] for row in WANTED})
    assert counted == [(status, sum(row["status"] == status for row in WANTED)) for status in statuses]
    assert {name for (name,) in names} == {row["company"]["name"] for row in WANTED if "company" in row}


def test_numpy_arrays(subject: Any) -> None:
    numbers = np.array([int(ipaddress.ip_address(text)) for text, _ in V4], dtype=np.uint32)
    v4 = [row for _, row in V4]

    def dicts(array: Any) -> list[Any]:
        return [answer.as_dict() for answer in subject.lookup_many(array)]

    assert dicts(numbers) == v4
    assert dicts(numbers[::2]) == v4[::2]
    assert dicts(numbers.astype(np.int64)) == v4
    assert dicts(numbers.astype(np.uint64)) == v4
    assert dicts(numbers.astype(">u4")) == v4
    assert dicts(numbers[:0]) == []
    assert dicts(np.array(TEXTS)) == WANTED
    assert dicts(np.array(TEXTS, dtype=object)) == WANTED
    for cases, width in ((V4, 4), (V6, 16)):
        wanted = [row for _, row in cases]
        bytes_ = b"".join(packed([text for text, _ in cases]))
        for array in (
            np.frombuffer(bytes_, dtype=f"S{width}"),
            np.frombuffer(bytes_, dtype=f"V{width}"),
            np.frombuffer(bytes_, dtype=np.uint8).reshape(-1, width),
            np.asfortranarray(np.frombuffer(bytes_, dtype=np.uint8).reshape(-1, width)),
            memoryview(bytes_).cast("B", (len(cases), width)),
        ):
            assert dicts(array) == wanted
    assert subject.lookup(numbers[0]).as_dict() == v4[0]
    assert subject.lookup(np.str_(TEXTS[0])).as_dict() == WANTED[0]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (np.array([1.5]), TypeError),
        (np.array([True]), TypeError),
        (np.array([-1]), ValueError),
        (np.zeros((2, 2), dtype=np.uint32), TypeError),
        (np.zeros((2, 5), dtype=np.uint8), ValueError),
        (np.zeros(8, dtype=np.uint8), TypeError),
        (np.array([b"20.0.0.0"]), TypeError),
        (np.array("20.0.0.0"), TypeError),
        (np.array(["no address"]), ValueError),
        (bytearray(8), TypeError),
    ],
    ids=range(10),
)
def test_arrays_that_hold_no_addresses(subject: Any, given: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        subject.lookup_many(given)


@pytest.mark.parametrize("times", [1, 200])
def test_one_field_of_many(subject: Any, times: int) -> None:
    # A Database takes few addresses one by one, and of many makes each answer once.
    texts = TEXTS * times
    answers = subject.lookup_many(texts)
    assert subject.lookup_many(texts, field="name") == [answer.name for answer in answers]
    assert subject.lookup_many(texts, field="status") == [answer.status for answer in answers]
    assert subject.lookup_many(texts, field="company.country") == [
        answer.company and answer.company.country for answer in answers
    ]
    assert subject.lookup_many(texts, field="operator.asn") == [
        answer.operator and answer.operator.asn for answer in answers
    ]
    assert subject.lookup_many(texts, field="confidence") == [answer.confidence for answer in answers]
    assert subject.lookup_many(texts, field="block") == [answer.block for answer in answers]
    mixed = [ipaddress.ip_address(text) if index % 2 else text for index, text in enumerate(texts)]
    assert subject.lookup_many(mixed, field="name") == [answer.name for answer in answers]
    assert subject.lookup_many([*texts, "no"], field="name", errors="null")[-1] is None
    with pytest.raises(ValueError, match=f"item {len(texts)} is not"):
        subject.lookup_many([*texts, "no"], field="name")
    with pytest.raises(TypeError, match="an address is"):
        subject.lookup_many([*texts, None], field="name")
    numbers = np.array([int(ipaddress.ip_address(text)) for text, _ in V4], dtype=np.uint32)
    assert (
        subject.lookup_many(np.tile(numbers, times), field="name")
        == [answer.name for answer in subject.lookup_many(numbers)] * times
    )
    six = np.frombuffer(b"".join(packed([text for text, _ in V6])), dtype="V16")
    assert (
        subject.lookup_many(np.tile(six, times), field="name")
        == [answer.name for answer in subject.lookup_many(six)] * times
    )
    for given in ("none", "network.first", "sources", "", 5, ["name"]):
        with pytest.raises(ValueError, match="field is one name"):
            subject.lookup_many(texts, field=given)


def test_texts_that_are_nearly_quads(db: nameplate.Database) -> None:
    """Bulk lookups read dotted quads themselves: they must take what lookup takes, and nothing else."""
    parts = [
        "0",
        "1",
        "9",
        "10",
        "99",
        "100",
        "199",
        "249",
        "255",
        "256",
        "300",
        "999",
        "00",
        "01",
        "001",
        "000",
        "",
        "1000",
        "a",
        "-1",
        "+1",
        " 1",
        "1 ",
        "\x001",
        "٣",
    ]
    texts = {f"{a}.{b}.20.{c}" for a in parts for b in parts for c in parts}
    texts |= {
        "1.2.3",
        "1.2.3.4.5",
        "1..2.3",
        ".1.2.3",
        "1.2.3.",
        "1,2,3,4",
        "1.2.3:4",
        "1.2.3/4",
        "....",
        ".......",
        "1234567",
        "::1.2.3.4",
    }
    for text in sorted(texts):
        try:
            expected: str | None = db.lookup(text).status
        except ValueError:
            expected = None
        try:
            valid = text.isascii() and bool(ipaddress.ip_address(text))
        except ValueError:
            valid = False
        assert valid or text.startswith("0.0.") or expected is None
        assert db.lookup_many([text], field="status", errors="null") == [expected]
        assert db.lookup_many([text], errors="null", field=None)[0] == (db.lookup(text) if expected else None)
    listed = sorted(texts)
    bulk = pa.array(db.lookup_arrow(pa.array(listed), fields=["status"], errors="null"))
    assert [row and row["status"] for row in bulk.to_pylist()] == db.lookup_many(
        listed, field="status", errors="null"
    )


def test_columns_outlive_what_they_came_from(whole: Path) -> None:
    database = nameplate.open(whole)
    result = database.lookup_arrow(pa.array(TEXTS))
    database.close()
    del database
    gc.collect()
    table = pa.array(result)
    again = pa.chunked_array(result)
    name = table.field("company").field("name")
    del result, table
    gc.collect()
    assert name.to_pylist() == [row.get("company", {}).get("name") for row in WANTED]
    assert [without_nulls(row) for row in again.to_pylist()] == WANTED


def test_parts_that_are_never_taken_leave_no_memory(db: nameplate.Database) -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    column = pa.array(TEXTS * 100)
    result = db.lookup_arrow(column)

    def work() -> None:
        for _ in range(30):
            db.lookup_arrow(column).__arrow_c_array__()
            db.lookup_arrow(column).__arrow_c_stream__()
            result.__arrow_c_schema__()
            pa.array(result)

    work()
    before = resident()
    for _ in range(5):
        work()
    # One column takes some 5 MB.
    assert resident() - before < 50 << 20


def test_threads_look_up_columns_at_once(db: nameplate.Database) -> None:
    column = pa.array(TEXTS * 20)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(5):
                assert rows(db.lookup_arrow(column)) == WANTED * 20
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
