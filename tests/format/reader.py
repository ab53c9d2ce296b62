"""A second reader of the range file, written from docs/FORMAT.md alone.

It is there to prove that document: where it had to guess, the document was mended. It is made to be
held beside the document, section by section, not to be fast, and shares no code and no idea with the
engine. It takes the file's bytes and needs nothing but the standard library:

    file = RangeFile(Path("data/nameplate.npl").read_bytes())
    file.lookup("192.0.2.77")       # {"status": ..., ...}, as `nameplate lookup --json` answers

Opening does the checks of "At open" and those of the sections' checksums; `checks.verify` does all
that is left. Accesses keep to "At every access", so that a damaged file gives wrong answers at worst.
"""

import bisect
import hashlib
import ipaddress
import struct
import sys
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

MAGIC = b"\x89NPL\r\n\x1a\n"
VERSION = 1
HEADER = struct.Struct("<8sIIQQQI20s32s32s64s")
ENTRY = struct.Struct("<IIQQ8s32s")
SEALED_FROM, SEALED_TO = 64, 192
MOST_SECTIONS = 64
MOST_SOURCES = 32
ALIGNMENT = 64
NONE = 0xFFFFFFFF

# "Sections": kind, name, record width.
KINDS = {
    1: ("V4_STARTS", 4),
    2: ("V4_ANSWERS", 4),
    3: ("V6_STARTS_HIGH", 8),
    4: ("V6_STARTS_LOW", 12),
    5: ("V6_ANSWERS", 4),
    6: ("ANSWERS", 64),
    7: ("COMPANIES", 64),
    8: ("OPERATORS", 16),
    9: ("NETWORK_OFFSETS", 4),
    10: ("NETWORKS", 4),
    11: ("SOURCES", 64),
    12: ("METADATA", 16),
    13: ("STRINGS", 1),
    14: ("V4_RANK", 12),
    15: ("V6_TREE", 8),
    16: ("V6_LOW_MARKS", 1),
}
OPTIONAL = {"V4_RANK", "V6_TREE"}

STATUSES = {0: "unknown", 1: "company", 2: "operator", 3: "reserved"}
COMPANY_KINDS = {1: "business", 2: "education", 3: "government", 4: "nonprofit"}
OPERATOR_KINDS = {1: "access", 2: "hosting", 3: "mobile", 4: "vpn", 5: "transit", 6: "exchange"}

# A string reference is two u32, offset and length.
ANSWER = struct.Struct("<BBBBIII48s")
NAME_BYTES = 48
NAME_IN_POOL = 255
NAME_OF_ANSWER = 0xFFFFFFFF
COMPANY = struct.Struct("<14I2sB5s")
COMPANY_STRINGS = ("id", "name", "domain", "legal_form", "industry", "register", "register_id")
OPERATOR = struct.Struct("<IB3s2I")
SOURCE = struct.Struct("<12IQ8s")
SOURCE_STRINGS = ("name", "title", "licence", "attribution", "url", "date")
FACT = struct.Struct("<4I")
LOW_HALF = struct.Struct("<IQ")
CELL = struct.Struct("<QI")

UNKNOWN_ANSWER = ANSWER.pack(0, 0, 0, 0, NONE, NONE, 0, bytes(NAME_BYTES))

LAST_V4 = 2**32 - 1
LAST_V6 = 2**128 - 1


class RefusedError(Exception):
    """The file breaks a rule; `reason` is the word that "At open" has for it."""

    def __init__(self, reason: str, detail: str):
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


@dataclass(frozen=True)
class Entry:
    """An entry of the section table."""

    kind: int
    record_width: int
    offset: int
    length: int
    zero: bytes
    checksum: bytes

    @property
    def end(self) -> int:
        return self.offset + self.length

    @property
    def name(self) -> str:
        return KINDS[self.kind][0] if self.kind in KINDS else f"section of kind {self.kind}"


class Interval(NamedTuple):
    """An interval's family, 4 or 6, and its index in that family."""

    family: int
    index: int


class RangeFile:
    """An open range file. Raises `RefusedError` for what breaks a rule of "At open" or a checksum."""

    def __init__(self, data: bytes, *, checksums: bool = True):
        self.data = data
        self._read_header()
        self.entries = list(self._read_table())
        self._find_sections()
        if checksums:
            self.check_checksums()

        self.v4_starts = self._numbers("V4_STARTS", "I")
        self.v4_answers = self._numbers("V4_ANSWERS", "I")
        self.v6_high = self._numbers("V6_STARTS_HIGH", "Q")
        self.v6_low = self._low_halves()
        self.v6_answers = self._numbers("V6_ANSWERS", "I")
        self.network_offsets = self._numbers("NETWORK_OFFSETS", "I")
        self.networks = self._numbers("NETWORKS", "I")
        self._check_starts_and_counts()
        self.has_v4_rank = "V4_RANK" in self.sections
        self.has_v6_tree = "V6_TREE" in self.sections
        self.v6_tree = self._numbers("V6_TREE", "Q") if self.has_v6_tree else array("Q")
        self.tree_layers = tree_layers(len(self.v6_high))
        self._check_indexes()
        self._answers: dict[int, dict] = {}

    # "At open", steps 1 to 8.
    def _read_header(self) -> None:
        data = self.data
        if not data:
            raise RefusedError("empty", "there are no bytes")
        if data[:8] != MAGIC[: len(data)]:
            raise RefusedError("not a range file", "it does not begin with the magic")
        if len(data) < 12:
            raise RefusedError("cut off", "no version")
        version = int.from_bytes(data[8:12], "little")
        if version > VERSION:
            raise RefusedError("newer", f"version {version}")
        if version < VERSION:
            raise RefusedError("header damaged", f"version {version}")
        if len(data) < HEADER.size:
            raise RefusedError("cut off", "no whole header")
        (
            _,
            self.version,
            self.header_length,
            self.file_length,
            self.build_number,
            self.created,
            self.section_count,
            self.header_zero,
            self.checksum,
            self.public_key,
            self.signature,
        ) = HEADER.unpack_from(data)
        if self.section_count > MOST_SECTIONS:
            raise RefusedError("header damaged", f"{self.section_count} sections")
        if self.header_length != HEADER.size + ENTRY.size * self.section_count:
            raise RefusedError("header damaged", f"header_length is {self.header_length}")
        if len(data) < self.header_length:
            raise RefusedError("cut off", "no whole section table")
        if self.checksum != seal(data, self.header_length):
            raise RefusedError("header damaged", "the checksum is another")
        if len(data) < self.file_length:
            raise RefusedError("cut off", f"{self.file_length} bytes expected")
        if len(data) > self.file_length:
            raise RefusedError("trailing bytes", f"{self.file_length} bytes expected")

    # "At open", steps 9 and 10.
    def _read_table(self) -> Iterator[Entry]:
        end = self.header_length
        for number in range(self.section_count):
            entry = Entry(*ENTRY.unpack_from(self.data, HEADER.size + ENTRY.size * number))
            if entry.offset % ALIGNMENT != 0:
                raise RefusedError("section damaged", f"{entry.name} starts at {entry.offset}")
            if entry.offset < end:
                raise RefusedError("section damaged", f"{entry.name} overlaps what is before it")
            if entry.end > self.file_length:
                raise RefusedError("section damaged", f"{entry.name} ends behind the file")
            if entry.record_width == 0 or entry.length % entry.record_width != 0:
                raise RefusedError("section damaged", f"{entry.name} is not whole records")
            end = entry.end
            yield entry
        if end != self.file_length:
            raise RefusedError("header damaged", "the last section does not end with the file")

    # "At open", step 11.
    def _find_sections(self) -> None:
        self.sections: dict[str, Entry] = {}
        for entry in self.entries:
            if entry.kind not in KINDS:
                continue
            if entry.name in self.sections:
                raise RefusedError("section twice", entry.name)
            if entry.record_width != KINDS[entry.kind][1]:
                raise RefusedError("section of another width", entry.name)
            self.sections[entry.name] = entry
        for name, _ in KINDS.values():
            if name not in self.sections and name not in OPTIONAL:
                raise RefusedError("section missing", name)

    # "At verify", 1. Part of opening here, for this reader reads the whole file anyhow.
    def check_checksums(self) -> None:
        for entry in self.entries:
            if hashlib.sha256(self.data[entry.offset : entry.end]).digest() != entry.checksum:
                raise RefusedError("section damaged", f"the checksum of {entry.name} is another")

    # "At open", steps 12 to 14.
    def _check_starts_and_counts(self) -> None:
        for name, starts in (
            ("V4_STARTS", self.v4_starts),
            ("V6_STARTS_HIGH", self.v6_high),
        ):
            if len(starts) == 0 or starts[0] != 0:
                raise RefusedError("section damaged", f"{name} does not start at 0")
        if self.v6_low and self.v6_low[0][0] == 0:
            raise RefusedError("section damaged", "IPv6 does not start at 0")
        for name, records, expected in (
            ("V4_ANSWERS", len(self.v4_answers), len(self.v4_starts)),
            ("V6_LOW_MARKS", self.count("V6_LOW_MARKS"), (len(self.v6_high) + 7) // 8),
            ("V6_ANSWERS", len(self.v6_answers), len(self.v6_high)),
            ("NETWORK_OFFSETS", len(self.network_offsets), self.count("COMPANIES") + 1),
        ):
            if records != expected:
                raise RefusedError("section damaged", f"{name} has {records} records, not {expected}")
        if self.count("SOURCES") > MOST_SOURCES:
            raise RefusedError("section damaged", f"{self.count('SOURCES')} sources")
        if self.record("ANSWERS", 0) != UNKNOWN_ANSWER:
            raise RefusedError("section damaged", "answer 0 is not the unknown one")

    # "At open", step 15.
    def _check_indexes(self) -> None:
        if self.has_v4_rank:
            cells = self.count("V4_RANK")
            if cells not in [eighths * 2**k for k in range(24) for eighths in (7, 8)]:
                raise RefusedError("section damaged", f"V4_RANK has {cells} cells")
        if self.has_v6_tree and len(self.v6_tree) != 8 * sum(self.tree_layers):
            raise RefusedError("section damaged", f"V6_TREE has {len(self.v6_tree)} keys")

    def _numbers(self, name: str, code: str) -> array:
        """A section of u32 ("I") or u64 ("Q") as numbers."""
        numbers = array(code)
        assert numbers.itemsize == KINDS[self.sections[name].kind][1]
        entry = self.sections[name]
        numbers.frombytes(self.data[entry.offset : entry.end])
        if sys.byteorder == "big":
            numbers.byteswap()
        return numbers

    def _low_halves(self) -> list[tuple[int, int]]:
        """V6_STARTS_LOW as pairs of interval and low half."""
        entry = self.sections["V6_STARTS_LOW"]
        return list(LOW_HALF.iter_unpack(self.data[entry.offset : entry.end]))

    def count(self, name: str) -> int:
        """How many records a section has."""
        entry = self.sections[name]
        return entry.length // entry.record_width

    def record(self, name: str, index: int) -> bytes | None:
        """A record's bytes, `None` where there is no such record."""
        if index >= self.count(name):
            return None
        entry = self.sections[name]
        start = entry.offset + entry.record_width * index
        return self.data[start : start + entry.record_width]

    def string(self, offset: int, length: int) -> str | None:
        """What a string reference names, `None` where there is no such string."""
        if length == NAME_OF_ANSWER:
            record = self.record("ANSWERS", offset)
            in_record = record is not None and record[2] != NAME_IN_POOL
            return self.answer_name(record[2], ANSWER.unpack(record)[7]) if in_record else None
        pool = self.sections["STRINGS"]
        if length == 0 or offset + length > pool.length:
            return None
        try:
            return self.data[pool.offset + offset : pool.offset + offset + length].decode()
        except UnicodeDecodeError:
            return None

    def answer_name(self, length: int, name: bytes) -> str | None:
        """What an answer's `name_length` and `name` say, `None` where there is no such string."""
        if length == NAME_IN_POOL:
            return self.string(*struct.unpack_from("<2I", name))
        if not 1 <= length <= NAME_BYTES:
            return None
        try:
            return name[:length].decode()
        except UnicodeDecodeError:
            return None

    # "Looking up an address".

    def lookup(self, text: str, *, by_index: bool = True) -> dict:
        """The answer for an address, with the keys and the order of `nameplate lookup --json`.

        `by_index` looks through V4_RANK and V6_TREE, where the file has them, instead of by halving.
        """
        return self.answer(self.find(*parse(text), by_index=by_index))

    def find(self, family: int, address: int, *, by_index: bool) -> Interval:
        if family == 4:
            if by_index and self.has_v4_rank:
                return Interval(4, self.find_v4_by_rank(address))
            return Interval(4, self.find_v4_by_halving(address))
        if by_index and self.has_v6_tree:
            return Interval(6, self.find_v6_by_tree(address))
        return Interval(6, self.find_v6_by_halving(address))

    def find_v4_by_halving(self, address: int) -> int:
        return halve(self.v4_starts.__getitem__, len(self.v4_starts), address)

    def find_v6_by_halving(self, address: int) -> int:
        return halve(self.v6_start, len(self.v6_high), address)

    def v6_start(self, index: int) -> int:
        return self.v6_high[index] << 64 | self.v6_low_half(index)

    def v6_low_half(self, index: int) -> int:
        marks = self.record("V6_LOW_MARKS", index // 8)[0]
        if marks >> index % 8 & 1 == 0:
            return 0
        place = bisect.bisect_left(self.v6_low, (index, 0))
        found = place < len(self.v6_low) and self.v6_low[place][0] == index
        return self.v6_low[place][1] if found else 0

    # "Finding an interval with the indexes".

    def find_v4_by_rank(self, address: int) -> int:
        section = self.sections["V4_RANK"]
        cells = section.length // CELL.size
        b = (cells - 1).bit_length()
        number = address >> (32 - b)
        intervals = len(self.v4_starts)
        if number >= cells:
            _, base = CELL.unpack(self.record("V4_RANK", cells - 1))
            low, high = max((base & 0x7FFFFFFF) - 1, 0), intervals - 1
            return bisect.bisect_right(self.v4_starts, address, low, max(low, high + 1)) - 1
        bitmap, base = CELL.unpack_from(self.data, section.offset + CELL.size * number)
        slot = (address >> (26 - b)) & 63
        before = base & 0x7FFFFFFF
        count = before + (bitmap & ((2 << slot) - 1)).bit_count()
        if base & 0x80000000 == 0:
            return count - 1

        if number + 1 < cells:
            after = CELL.unpack_from(self.data, section.offset + CELL.size * (number + 1))[1] & 0x7FFFFFFF
        else:
            after = intervals
        excess = after - before - bitmap.bit_count()
        low = max(count - 2, 0)
        high = min(count - 1 + excess, intervals - 1)
        # Of the starts from low to high, the last one at or before the address.
        return bisect.bisect_right(self.v4_starts, address, low, max(low, high + 1)) - 1

    def find_v6_by_tree(self, address: int) -> int:
        tree, starts = self.v6_tree, self.v6_high
        address_high, address_low = address >> 64, address & (2**64 - 1)
        node = first = 0
        blocks = (len(starts) + 7) // 8
        for layer, nodes in enumerate(self.tree_layers):
            keys = tree[first + 8 * node : first + 8 * node + 8]
            first += 8 * nodes
            below = self.tree_layers[layer + 1] if layer + 1 < len(self.tree_layers) else blocks
            node = min(9 * node + sum(key <= address_high for key in keys), below - 1)
        block = starts[8 * node : 8 * node + 8]
        index = max(8 * node + sum(start <= address_high for start in block) - 1, 0)
        if starts[index] == address_high and self.v6_low_half(index) > address_low:
            return halve(self.v6_start, index, address)
        return index

    # Intervals and their answers.

    def answer_id(self, interval: Interval) -> int:
        answers = self.v4_answers if interval.family == 4 else self.v6_answers
        return answers[interval.index] if 0 <= interval.index < len(answers) else 0

    def bounds(self, interval: Interval) -> tuple[int, int]:
        """First and last address of an interval, as numbers."""
        if interval.family == 4:
            count, start, last = len(self.v4_starts), self.v4_starts.__getitem__, LAST_V4
        else:
            count, start, last = len(self.v6_high), self.v6_start, LAST_V6
        first = start(interval.index)
        if interval.index + 1 < count:
            # Never below the first: only a damaged file has starts that do not ascend.
            last = max(start(interval.index + 1) - 1, first)
        return first, last

    def network(self, interval: Interval) -> dict:
        first, last = self.bounds(interval)
        return {"first": text(interval.family, first), "last": text(interval.family, last)}

    def answer(self, interval: Interval) -> dict:
        answer_id = self.answer_id(interval)
        known = self._answers.get(answer_id)
        if known is None:
            known = self._answers[answer_id] = self.resolve(answer_id)
        if known["status"] not in ("company", "operator"):
            return known
        # The network has its place between who it is and how sure that is.
        whole = {key: known[key] for key in ("status", "company", "operator") if key in known}
        whole["network"] = self.network(interval)
        whole.update((key, known[key]) for key in ("confidence", "sources") if key in known)
        return whole

    def resolve(self, answer_id: int) -> dict:
        """An answer without a network."""
        unknown = {"status": "unknown"}
        record = self.record("ANSWERS", answer_id)
        if record is None:
            return unknown
        number, confidence, length, _, company_index, operator_index, bits, name = ANSWER.unpack(record)
        status = STATUSES.get(number, "unknown")
        if status == "unknown":
            return unknown
        if status == "reserved":
            return {"status": status} | present(block=self.answer_name(length, name))
        company = self.company(company_index) if status == "company" else None
        operator = self.operator(operator_index)
        if (status == "company" and company is None) or (status == "operator" and operator is None):
            return unknown
        return {"status": status} | present(
            company=company,
            operator=operator,
            confidence=confidence if status == "company" else None,
            sources=self.source_names(bits),
        )

    def company(self, index: int) -> dict | None:
        record = self.record("COMPANIES", index)
        if record is None:
            return None
        *references, country, kind, _ = COMPANY.unpack(record)
        facts = dict(zip(COMPANY_STRINGS, self.strings(references), strict=True))
        capitals = all(ord("A") <= byte <= ord("Z") for byte in country)
        return present(
            id=facts["id"],
            name=facts["name"],
            kind=COMPANY_KINDS.get(kind),
            country=country.decode("ascii") if capitals else None,
            domain=facts["domain"],
            legal_form=facts["legal_form"],
            industry=facts["industry"],
            register=facts["register"],
            register_id=facts["register_id"],
        )

    def operator(self, index: int) -> dict | None:
        record = self.record("OPERATORS", index)
        if record is None:
            return None
        asn, kind, _, *name = OPERATOR.unpack(record)
        return present(asn=asn, name=self.string(*name), kind=OPERATOR_KINDS.get(kind))

    def strings(self, references: list[int]) -> list[str | None]:
        return [self.string(*references[at : at + 2]) for at in range(0, len(references), 2)]

    def source_names(self, bits: int) -> list[str]:
        names = (
            self.strings(list(SOURCE.unpack(self.record("SOURCES", n))[:2]))[0]
            for n in range(self.count("SOURCES"))
            if bits >> n & 1
        )
        return [name for name in names if name is not None]

    # "Finding a company and its networks".

    def company_id(self, index: int) -> bytes:
        """The id as bytes, for that is how ids are in order; empty where there is none."""
        company_id = self.string(*struct.unpack_from("<2I", self.record("COMPANIES", index)))
        return (company_id or "").encode()

    def find_company(self, company_id: str) -> int | None:
        wanted, count = company_id.encode(), self.count("COMPANIES")
        index = bisect.bisect_left(range(count), wanted, key=self.company_id)
        return index if index < count and self.company_id(index) == wanted else None

    def networks_of(self, company_id: str) -> Iterator[Interval]:
        """The intervals of a company; none where there is no such company."""
        index = self.find_company(company_id)
        if index is None:
            return
        for number in self.networks[self.network_offsets[index] : self.network_offsets[index + 1]]:
            if number < len(self.v4_starts):
                yield Interval(4, number)
            elif number - len(self.v4_starts) < len(self.v6_high):
                yield Interval(6, number - len(self.v4_starts))

    # Sources and metadata.

    def sources(self) -> Iterator[dict]:
        for index in range(self.count("SOURCES")):
            *references, rows, _ = SOURCE.unpack(self.record("SOURCES", index))
            facts = dict(zip(SOURCE_STRINGS, self.strings(references), strict=True))
            yield present(**facts) | {"rows": rows}

    def metadata(self) -> dict[str, str]:
        facts = {}
        for index in range(self.count("METADATA")):
            key, value = self.strings(list(FACT.unpack(self.record("METADATA", index))))
            if key is not None:
                facts[key] = value or ""
        return facts


def seal(data: bytes, header_length: int) -> bytes:
    """The checksum that header and section table should have."""
    sealed = data[:SEALED_FROM] + bytes(SEALED_TO - SEALED_FROM) + data[SEALED_TO:header_length]
    return hashlib.sha256(sealed).digest()


def tree_layers(intervals: int) -> list[int]:
    """How many nodes each layer of V6_TREE has, the root's first."""
    layers: list[int] = []
    below = (intervals + 7) // 8
    while below > 1:
        below = (below + 8) // 9
        layers.insert(0, below)
    return layers


def halve(start: Callable[[int], int], count: int, address: int) -> int:
    low, high = 0, count
    while low < high:
        middle = low + (high - low) // 2
        if start(middle) <= address:
            low = middle + 1
        else:
            high = middle
    return max(low - 1, 0)


def parse(address: str) -> tuple[int, int]:
    """The family in which an address is looked up, and its number."""
    parsed = ipaddress.ip_address(address)
    return unmap(parsed.version, int(parsed))


def unmap(family: int, address: int) -> tuple[int, int]:
    """An IPv4-mapped IPv6 address is looked up as the IPv4 address that it maps."""
    if family == 6 and address >> 32 == 0xFFFF:
        return 4, address & LAST_V4
    return family, address


def text(family: int, address: int) -> str:
    if family == 4:
        return f"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}"
    return str(ipaddress.IPv6Address(address))


def present(**facts: object) -> dict:
    """The facts that are known: the others have no key in an answer."""
    return {key: value for key, value in facts.items() if value not in (None, [])}
