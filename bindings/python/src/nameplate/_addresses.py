"""What can be an address, and a column of them."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Protocol, SupportsIndex, TypeAlias

#: One address: text, a number, 4 or 16 bytes in network order, or of `ipaddress`.
Address: TypeAlias = str | bytes | int | IPv4Address | IPv6Address | SupportsIndex


class ArrowArray(Protocol):
    """What exports one Arrow array."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...


class ArrowStream(Protocol):
    """What exports a stream of Arrow arrays."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


#: A column of addresses.
Column: TypeAlias = ArrowArray | ArrowStream

#: Many addresses; a NumPy array is one of them, which has no type that all versions share.
Addresses: TypeAlias = Iterable[Address] | Any
