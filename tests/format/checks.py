"""The checks of "At verify" in docs/FORMAT.md, for the second reader.

Each is the plainest reading of the document's words: it makes anew what the file should hold and
compares. `verify` takes an open file, whose header, table and checksums are right already, and
raises `RefusedError` at the first broken rule.
"""

import struct
from array import array
from collections.abc import Iterator
from itertools import pairwise

import ed25519
from reader import (
    ANSWER,
    CELL,
    COMPANY,
    COMPANY_KINDS,
    COMPANY_STRINGS,
    FACT,
    NAME_BYTES,
    NAME_IN_POOL,
    NONE,
    OPERATOR,
    OPERATOR_KINDS,
    SOURCE,
    SOURCE_STRINGS,
    STATUSES,
    UNKNOWN_ANSWER,
    RangeFile,
    RefusedError,
)


def verify(file: RangeFile) -> None:
    file.check_checksums()
    zeros_between_sections(file)
    key_and_signature(file)
    pool(file)
    answers(file)
    companies(file)
    operators(file)
    sources(file)
    facts(file)
    intervals(file)
    reverse_lookup(file)
    v4_rank(file)
    v6_tree(file)


def hold(condition: bool, what: str, reason: str = "section damaged") -> None:
    if not condition:
        raise RefusedError(reason, what)


# 2
def zeros_between_sections(file: RangeFile) -> None:
    hold(not any(file.header_zero), "padding in the header", "damaged")
    end = file.header_length
    for entry in file.entries:
        hold(not any(entry.zero), f"padding in the table's entry of {entry.name}", "damaged")
        hold(not any(file.data[end : entry.offset]), f"padding before {entry.name}", "damaged")
        end = entry.end


# 3
def key_and_signature(file: RangeFile) -> None:
    signed = any(file.public_key), any(file.signature)
    hold(signed[0] == signed[1], "a key without a signature, or the other way round", "damaged")
    if signed[0]:
        sealed = file.data[:64] + bytes(128) + file.data[192 : file.header_length]
        right = ed25519.verify(file.public_key, bytes(sealed), file.signature)
        hold(right, "a signature of another key or another header", "damaged")


# 4
def intervals(file: RangeFile) -> None:
    low_halves(file)
    v6_starts = [file.v6_start(index) for index in range(len(file.v6_high))]
    for name, starts, ids in (
        ("IPv4", file.v4_starts, file.v4_answers),
        ("IPv6", v6_starts, file.v6_answers),
    ):
        hold(all(a < b for a, b in pairwise(starts)), f"{name} starts do not ascend")
        hold(max(ids) < file.count("ANSWERS"), f"an {name} interval has an answer that is not there")
        hold(all(a != b for a, b in pairwise(ids)), f"two neighbours of {name} have one answer")


def low_halves(file: RangeFile) -> None:
    hold(all(a < b for (a, _), (b, _) in pairwise(file.v6_low)), "intervals of low halves do not ascend")
    marks = bytearray(file.count("V6_LOW_MARKS"))
    for interval, low in file.v6_low:
        hold(interval < len(file.v6_high), f"a low half of interval {interval}")
        hold(low != 0, f"interval {interval} has a low half of zero")
        marks[interval // 8] |= 1 << interval % 8
    hold(section(file, "V6_LOW_MARKS") == marks, "V6_LOW_MARKS does not mark the low halves")


# 5
def answers(file: RangeFile) -> None:
    operator_count, known_sources = file.count("OPERATORS"), (1 << file.count("SOURCES")) - 1
    for index, record in records(file, "ANSWERS"):
        if index == 0:
            # Opening has compared its bytes.
            continue
        hold(record != UNKNOWN_ANSWER, f"answer {index} is unknown too")
        number, confidence, length, zero, company, operator, bits, name = ANSWER.unpack(record)
        where = f"answer {index}"
        hold(number in STATUSES, f"{where}: status {number}")
        status = STATUSES[number]
        hold(status != "unknown", f"{where}: unknown")
        hold(zero == 0, f"{where}: padding")
        hold(bits & ~known_sources == 0, f"{where}: a source that is not there")
        hold(status != "reserved" or bits == 0, f"{where}: reserved, with sources")
        hold((1 <= confidence <= 100) == (status == "company"), f"{where}: confidence {confidence}")
        hold(status == "company" or confidence == 0, f"{where}: confidence {confidence}")
        hold((company == NONE) == (status != "company"), f"{where}: company {company}")
        hold(operator == NONE or status in ("company", "operator"), f"{where}: operator {operator}")
        hold(operator != NONE or status != "operator", f"{where}: no operator")
        hold(operator == NONE or operator < operator_count, f"{where}: operator {operator}")
        if status == "company":
            named = file.record("COMPANIES", company)
            hold(named is not None, f"{where}: company {company}")
            expected = list(COMPANY.unpack(named)[2:4])
        elif status == "operator":
            expected = list(OPERATOR.unpack(file.record("OPERATORS", operator))[3:5])
        else:
            expected = None
        answer_name(file, where, length, name, expected)


def answer_name(file: RangeFile, where: str, length: int, name: bytes, expected: list[int] | None) -> None:
    """A name that fits stands in the record, a longer one in the pool; it is that of `expected`."""
    text = file.answer_name(length, name)
    hold(text is not None, f"{where}: no name, or no UTF-8")
    if length == NAME_IN_POOL:
        reference = list(struct.unpack_from("<2I", name))
        hold(reference[1] > NAME_BYTES, f"{where}: a name in the pool that fits the record")
        hold(not any(name[8:]), f"{where}: padding behind the name")
        hold(expected is None or expected == reference, f"{where}: name")
    else:
        hold(not any(name[length:]), f"{where}: padding behind the name")
        hold(expected is None or text == file.string(*expected), f"{where}: name")


# 6 and 7
def companies(file: RangeFile) -> None:
    ids = []
    for index, record in records(file, "COMPANIES"):
        where = f"company {index}"
        *references, country, kind, zero = COMPANY.unpack(record)
        for name, reference in zip(COMPANY_STRINGS, pairs(references), strict=True):
            string(file, f"{where}: {name}", reference, required=name in ("id", "name"))
        hold(country == bytes(2) or all(0x41 <= byte <= 0x5A for byte in country), f"{where}: country")
        hold(kind == 0 or kind in COMPANY_KINDS, f"{where}: kind {kind}")
        hold(not any(zero), f"{where}: padding")
        ids.append(file.company_id(index))
    hold(all(a < b for a, b in pairwise(ids)), "company ids do not ascend")


def operators(file: RangeFile) -> None:
    numbers = []
    for index, record in records(file, "OPERATORS"):
        where = f"operator {index}"
        asn, kind, zero, *name = OPERATOR.unpack(record)
        string(file, where, name, required=True)
        hold(kind == 0 or kind in OPERATOR_KINDS, f"{where}: kind {kind}")
        hold(not any(zero), f"{where}: padding")
        numbers.append(asn)
    hold(all(a < b for a, b in pairwise(numbers)), "AS numbers do not ascend")


def sources(file: RangeFile) -> None:
    for index, record in records(file, "SOURCES"):
        *references, _, zero = SOURCE.unpack(record)
        for name, reference in zip(SOURCE_STRINGS, pairs(references), strict=True):
            string(file, f"source {index}: {name}", reference, required=name == "name")
        hold(not any(zero), f"source {index}: padding")


def facts(file: RangeFile) -> None:
    for index, record in records(file, "METADATA"):
        key, value = pairs(list(FACT.unpack(record)))
        string(file, f"fact {index}: key", key, required=True)
        string(file, f"fact {index}: value", value, required=False)


def string(file: RangeFile, where: str, reference: list[int], *, required: bool) -> None:
    if reference[1] == 0:
        hold(not required, f"{where}: no string")
    else:
        hold(file.string(*reference) is not None, f"{where}: outside the pool, or no UTF-8")


# 8
def reverse_lookup(file: RangeFile) -> None:
    expected: list[list[int]] = [[] for _ in range(file.count("COMPANIES"))]
    company_of = [ANSWER.unpack(record)[4] for _, record in records(file, "ANSWERS")]
    for number, answer_id in enumerate([*file.v4_answers, *file.v6_answers]):
        if company_of[answer_id] != NONE:
            expected[company_of[answer_id]].append(number)
    offsets = [0]
    for numbers in expected:
        offsets.append(offsets[-1] + len(numbers))
    hold(file.network_offsets.tolist() == offsets, "NETWORK_OFFSETS is not what the intervals make it")
    networks = [number for numbers in expected for number in numbers]
    hold(file.networks.tolist() == networks, "NETWORKS is not what the intervals make it")


# 9
def v4_rank(file: RangeFile) -> None:
    if not file.has_v4_rank:
        return
    cells = file.count("V4_RANK")
    cell_bits = 32 - (cells - 1).bit_length()
    slot_bits = cell_bits - 6
    bitmaps, begun, irregular = [0] * cells, [0] * cells, [False] * cells
    for start in file.v4_starts:
        cell = start >> cell_bits
        if cell >= cells:
            break
        bitmaps[cell] |= 1 << (start >> slot_bits & 63)
        begun[cell] += 1
        irregular[cell] |= start & ((1 << slot_bits) - 1) != 0
    expected, before = bytearray(), 0
    for cell in range(cells):
        expected += CELL.pack(bitmaps[cell], before | irregular[cell] << 31)
        before += begun[cell]
    hold(section(file, "V4_RANK") == expected, "V4_RANK is not what the starts make it")


def v6_tree(file: RangeFile) -> None:
    if not file.has_v6_tree:
        return
    expected = array("Q")
    for number, nodes in enumerate(file.tree_layers):
        layer = len(file.tree_layers) - number
        for key in range(nodes * 8):
            index = 8 * 9 ** (layer - 1) * (9 * (key // 8) + key % 8 + 1)
            expected.append(file.v6_high[index] if index < len(file.v6_high) else 2**64 - 1)
    hold(file.v6_tree == expected, "V6_TREE is not what the starts make it")


# 10
def pool(file: RangeFile) -> None:
    try:
        section(file, "STRINGS").decode()
    except UnicodeDecodeError as error:
        raise RefusedError("section damaged", f"STRINGS is no UTF-8: {error.reason}") from None


def section(file: RangeFile, name: str) -> bytes:
    entry = file.sections[name]
    return file.data[entry.offset : entry.end]


def records(file: RangeFile, name: str) -> Iterator[tuple[int, bytes]]:
    for index in range(file.count(name)):
        yield index, file.record(name, index)


def pairs(numbers: list[int]) -> list[list[int]]:
    return [list(numbers[at : at + 2]) for at in range(0, len(numbers), 2)]
