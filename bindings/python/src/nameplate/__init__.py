"""Says which company or operator is behind an IP address, on your own machine.

    import nameplate

    with nameplate.open("nameplate.npl") as db:
        hit = db.lookup("192.0.2.1")
        print(hit.status, hit.name)

`open` reads a range file in this process; `Client` and `AsyncClient` ask a daemon on a Unix socket. All
three have the same methods and give the same answers.
"""

import os as _os
from typing import TypeAlias as _TypeAlias

from . import _core
from ._addresses import Address
from ._async_client import AsyncClient
from ._client import Client
from ._core import Answer, ArrowAnswers, Company, Database, NameplateError, Network, Operator
from ._metadata import Metadata, Source

__all__ = [
    "Address",
    "Answer",
    "ArrowAnswers",
    "AsyncClient",
    "Client",
    "Company",
    "Database",
    "Metadata",
    "NameplateError",
    "Network",
    "Operator",
    "Source",
    "open",
]

_Path: _TypeAlias = str | bytes | _os.PathLike[str] | _os.PathLike[bytes]


def open(  # noqa: A001
    path: _Path,
    *,
    suppress: _Path | None = None,
    public_key: _Path | None = None,
    copy: bool = False,
    verify: bool = False,
    prefault: bool = False,
    allow_older: bool = False,
) -> Database:
    """Opens a range file.

    The file is mapped: processes that open it share one copy of it in memory, and it must be replaced by a
    rename, as ``nameplate build`` does, never changed in place.

    Args:
        path: the range file.
        suppress: a suppression list's file. What it names is in no answer. Read now and at each reload.
        public_key: a public key's file, or the key itself. Only files that it signed are taken.
        copy: copies the file into memory that nobody can change, instead of mapping it.
        verify: checks all of the file first, some 60 ms for 20 MB.
        prefault: reads all of the file into the page cache first.
        allow_older: lets a reload go back to a file with a lower build number.

    Raises:
        NameplateError: the file is missing, damaged, newer than this package, not signed as it should be, ...
    """
    return _core.open(
        path,
        suppress=suppress,
        public_key=public_key,
        copy=copy,
        verify=verify,
        prefault=prefault,
        allow_older=allow_older,
    )


# No fork happens while another thread reloads: the child would find that half done.
_os.register_at_fork(
    before=_core.before_fork, after_in_parent=_core.after_fork, after_in_child=_core.after_fork
)
