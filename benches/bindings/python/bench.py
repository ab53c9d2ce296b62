"""The Python package beside its rivals: text of an address in, name of the organisation out.

    python bench.py --range FILE --mmdb FILE --packages FOLDER --nameplate PROGRAM [--rounds 5]
                    [--addresses 1000000]

FOLDER holds the wheel that `make packages` builds; it is installed in a fresh folder first. In one process,
on the same addresses, in rounds in which every subject has one turn. Prints a line of JSON for each case,
subject and round.
"""

from __future__ import annotations

import argparse
import csv
import gc
import ipaddress
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import maxminddb
import pyarrow
import redis

#: In one call of the clients, as many as MGET gets.
AT_ONCE = 1000

#: Addresses that the clients ask for: a reply takes a hundred times as long as a lookup.
ASKED = 20_000

NAME = "name"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("range", "mmdb", "packages", "nameplate"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--addresses", type=int, default=1_000_000)
    return parser.parse_args()


def install(packages: Path, folder: Path) -> Any:
    """Installs the wheel as its users would, and imports it."""
    wheel = next(packages.glob("*.whl"), None)
    if wheel is None:
        sys.exit(f"no wheel in {packages}: run `make packages`")
    place = folder / "installed"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-index",
            "--no-deps",
            "--target",
            place,
            wheel,
        ],
        check=True,
    )
    sys.path.insert(0, str(place))
    import nameplate

    assert Path(nameplate.__file__).is_relative_to(place)
    return nameplate


def draw(program: Path, range_file: Path, folder: Path, count: int) -> dict[str, list[str]]:
    """Of each family: a range that has an answer, each as likely as the other, then an address in it."""
    table = folder / "ranges.csv"
    subprocess.run(
        [program, "export", "--db", range_file, "--format", "csv", "-o", table],
        check=True,
        capture_output=True,
    )
    ranges: dict[int, list[tuple[int, int]]] = {4: [], 6: []}
    with table.open(encoding="utf-8", newline="") as lines:
        for first, last, status, *_ in csv.reader(line for line in lines if not line.startswith("#")):
            if status in ("company", "operator"):
                address = ipaddress.ip_address(first)
                ranges[address.version].append((int(address), int(ipaddress.ip_address(last))))
    chance = random.Random(0)
    drawn = {}
    for family, make in ((4, ipaddress.IPv4Address), (6, ipaddress.IPv6Address)):
        picked = [chance.choice(ranges[family]) for _ in range(count)]
        drawn[f"IPv{family}"] = [str(make(chance.randint(first, last))) for first, last in picked]
    return drawn


def measure(case: str, count: int, rounds: int, subjects: dict[str, Callable[[], Any]]) -> None:
    """Prints the nanoseconds per address of each subject in each round, after one that is not counted."""
    for number in range(rounds + 1):
        for subject, run in subjects.items():
            gc.collect()
            start = time.perf_counter_ns()
            run()
            value = (time.perf_counter_ns() - start) / count
            if number > 0:
                line = {"case": case, "subject": subject, "value": round(value, 2), "unit": "ns"}
                print(json.dumps(line), flush=True)


def in_process(nameplate: Any, options: argparse.Namespace, family: str, texts: list[str]) -> None:
    mapped = nameplate.open(options.range)
    copied = nameplate.open(options.range, copy=True)
    rival = maxminddb.open_database(str(options.mmdb), maxminddb.MODE_MMAP_EXT)
    column = pyarrow.array(texts)
    chunks = [texts[start : start + AT_ONCE] for start in range(0, len(texts), AT_ONCE)]

    def name_of(record: Any) -> Any:
        return None if record is None else record.get(NAME)

    wanted = [name_of(rival.get(text)) for text in texts]
    assert [mapped.lookup(text).name for text in texts] == wanted
    assert [answer.name for answer in copied.lookup_many(texts)] == wanted
    assert mapped.lookup_many(texts, field="name") == wanted
    assert pyarrow.array(mapped.lookup_arrow(column, fields=["name"])).field("name").to_pylist() == wanted

    # A loop for each, as in a program of its own.
    def get() -> None:
        get = rival.get
        for text in texts:
            record = get(text)
            if record is not None:
                name = record[NAME]

    def lookup(db: Any) -> None:
        lookup = db.lookup
        for text in texts:
            lookup(text).name

    def many_answers() -> None:
        for chunk in chunks:
            for answer in mapped.lookup_many(chunk):
                answer.name

    def many_names() -> None:
        for chunk in chunks:
            mapped.lookup_many(chunk, field="name")

    measure(
        f"Python, {family}, name from text, random range",
        len(texts),
        options.rounds,
        {
            "maxminddb (C), get": get,
            "nameplate, lookup": lambda: lookup(mapped),
            "nameplate with copy=True, lookup": lambda: lookup(copied),
            "nameplate, lookup_many by 1,000, answers": many_answers,
            "nameplate, lookup_many by 1,000, names": many_names,
            "nameplate, lookup_many, names": lambda: mapped.lookup_many(texts, field="name"),
            "nameplate, lookup_arrow, names": lambda: pyarrow.array(
                mapped.lookup_arrow(column, fields=["name"])
            ),
            "nameplate, lookup_arrow, all fields": lambda: pyarrow.array(mapped.lookup_arrow(column)),
        },
    )


def patiently(attempt: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 60
    while True:
        try:
            return attempt()
        except (OSError, redis.RedisError, RuntimeError) as error:
            if time.monotonic() > deadline:
                raise
            last = error
        except Exception as error:
            # NameplateError: its class is known only when the wheel is there.
            if type(error).__name__ != "NameplateError" or time.monotonic() > deadline:
                raise
            last = error
        del last
        time.sleep(0.05)


def over_sockets(nameplate: Any, options: argparse.Namespace, folder: Path, texts: list[str]) -> None:
    """Both servers have the same names for the same addresses, each behind a Unix socket."""
    ours, theirs = folder / "nameplate.sock", folder / "redis.sock"
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    servers = [
        subprocess.Popen([options.nameplate, "serve", "--db", options.range, "--socket", ours], **quiet),
        subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", theirs, "--save", "", "--appendonly", "no"],
            **quiet,
        ),
    ]
    try:
        client = nameplate.Client(ours, timeout=60)
        patiently(client.ping)
        server = redis.Redis(unix_socket_path=str(theirs), decode_responses=True)
        patiently(server.ping)
        names = client.lookup_many(texts, field="name")
        server.mset(dict(zip(texts, names, strict=True)))
        chunks = [texts[start : start + AT_ONCE] for start in range(0, len(texts), AT_ONCE)]
        assert [server.get(text) for text in texts[:AT_ONCE]] == names[:AT_ONCE]
        assert [client.lookup(text).name for text in texts[:AT_ONCE]] == names[:AT_ONCE]
        few = texts[: 5 * AT_ONCE]

        def get() -> None:
            for text in few:
                server.get(text)

        def lookup() -> None:
            for text in few:
                client.lookup(text).name

        def mget() -> None:
            for chunk in chunks:
                server.mget(chunk)

        def many_answers() -> None:
            for chunk in chunks:
                for answer in client.lookup_many(chunk):
                    answer.name

        measure(
            "Python, socket, one at a time",
            len(few),
            options.rounds,
            {"redis-py, GET": get, "nameplate, Client": lookup},
        )
        measure(
            "Python, socket, 1,000 at once",
            len(texts),
            options.rounds,
            {"redis-py, MGET": mget, "nameplate, Client": many_answers},
        )
        client.close()
        server.close()
    finally:
        for process in servers:
            process.terminate()
            process.wait(30)


def main() -> None:
    options = arguments()
    folder = Path(tempfile.mkdtemp(prefix="np-"))
    try:
        nameplate = install(options.packages, folder)
        drawn = draw(options.nameplate, options.range, folder, options.addresses)
        for family, texts in drawn.items():
            in_process(nameplate, options, family, texts)
        if shutil.which("redis-server"):
            over_sockets(nameplate, options, folder, drawn["IPv4"][:ASKED])
        else:
            print("redis-server is not installed: the clients are not measured", file=sys.stderr)
    finally:
        shutil.rmtree(folder)


main()
