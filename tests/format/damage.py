"""Files that are wrong in one place, for both readers to judge."""

import hashlib
import random
import struct
from collections.abc import Iterator

from reader import ENTRY, HEADER, Entry, seal


def table(data: bytes) -> list[Entry]:
    count = struct.unpack_from("<I", data, 40)[0]
    return [Entry(*ENTRY.unpack_from(data, HEADER.size + ENTRY.size * number)) for number in range(count)]


def reseal(data: bytearray) -> bytes:
    """Computes all checksums anew, so that what is damaged gets past them."""
    for number, entry in enumerate(table(data)):
        at = HEADER.size + ENTRY.size * number
        data[at + 32 : at + 64] = hashlib.sha256(data[entry.offset : entry.end]).digest()
    data[64:96] = seal(bytes(data), struct.unpack_from("<I", data, 12)[0])
    return bytes(data)


def cut_off(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Cut at every field of header and table, and at and beside every edge of a section."""
    edges = {0, 1, 7, len(data), *range(8, HEADER.size + ENTRY.size * len(table(data)) + 1, 8)}
    edges |= {edge for entry in table(data) for edge in (entry.offset, entry.end)}
    for length in sorted({near for edge in edges for near in (edge - 1, edge, edge + 1)}):
        if 0 <= length < len(data):
            yield f"the first {length} bytes", data[:length]


def flipped(data: bytes, count: int, chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """One bit is another, anywhere in the file."""
    for _ in range(count):
        bit = chance.randrange(len(data) * 8)
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        yield f"bit {bit % 8} of byte {bit // 8}", bytes(damaged)


def changed(
    data: bytes, count: int, chance: random.Random, names: set[str] | None = None
) -> Iterator[tuple[str, bytes]]:
    """One number in one record of a section is another, and the checksums fit."""
    entries = [entry for entry in table(data) if entry.length and (names is None or entry.name in names)]
    for _ in range(count):
        entry = chance.choice(entries)
        record = chance.randrange(entry.length // entry.record_width)
        width = chance.choice([width for width in (1, 4, 8) if entry.record_width % width == 0])
        at = entry.offset + entry.record_width * record
        at += chance.randrange(entry.record_width // width) * width
        damaged = bytearray(data)
        damaged[at : at + width] = other_number(data[at : at + width], chance)
        yield f"{entry.name}, record {record}, {width} bytes at {at}", reseal(damaged)


def table_changed(data: bytes, count: int, chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """One number of the header or of the table is another, and the checksums fit.

    The fields that say how much is sealed stay, for a file with others has no seal that fits.
    """
    entries = len(table(data))
    fields = [(8, 4), (16, 8), (24, 8), (32, 8), (44, 4), (60, 4), (96, 4), (188, 4)]
    for number in range(entries):
        at = HEADER.size + ENTRY.size * number
        fields += [(at, 4), (at + 4, 4), (at + 8, 8), (at + 16, 8), (at + 24, 8)]
    for _ in range(count):
        at, width = chance.choice(fields)
        damaged = bytearray(data)
        damaged[at : at + width] = other_number(data[at : at + width], chance)
        yield f"{width} bytes at {at}", reseal(damaged)


def other_number(number: bytes, chance: random.Random) -> bytes:
    """A number that is likely to matter: a neighbour, an end, a bit, anything."""
    bits = len(number) * 8
    value = int.from_bytes(number, "little")
    others = [value + 1, value - 1, 0, 1, 2**bits - 1, value ^ 1 << chance.randrange(bits), value * 2]
    others += [value + 64, value - 64, chance.randrange(2**bits)]
    return (chance.choice(others) % 2**bits).to_bytes(len(number), "little")
