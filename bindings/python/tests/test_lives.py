"""Threads, forks, workers, reloads, and daemons that come and go."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import multiprocessing
import os
import pickle
import shutil
import signal
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nameplate
import pytest

from conftest import VECTORS, Daemon, run, vectors

SUPPRESS = VECTORS / "suppress.list"


def good() -> tuple[list[str], list[str]]:
    """Addresses of the vectors, and the status of each."""
    cases = [vector for vector in vectors("whole", "lookup") if vector.expected != "invalid"]
    return [case.input.decode() for case in cases], [case.expected.split('"')[3] for case in cases]


def in_a_child(work: Any) -> None:
    """Runs it in a fork of this process; fails if that fails or hangs."""
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def other_build(path: Path) -> None:
    """Replaces a range file by one of a later build with other names, as `nameplate build` does: by a
    rename."""
    folder = path.parent / "other"
    folder.mkdir(exist_ok=True)
    for file in VECTORS.iterdir():
        shutil.copy(file, folder)
    systems = (folder / "systems.csv").read_text(encoding="utf-8")
    (folder / "systems.csv").write_text(
        systems.replace("First and Last Networks", "Another Network"), encoding="utf-8"
    )
    config = (folder / "vectors.toml").read_text(encoding="utf-8")
    (folder / "vectors.toml").write_text(config, encoding="utf-8")
    run("build", "--config", folder / "vectors.toml", "-o", folder / "new.npl")
    (folder / "new.npl").replace(path)


def test_threads_share_a_database_while_it_is_reloaded(copy: Path) -> None:
    database = nameplate.open(copy)
    addresses, statuses = good()
    stop = threading.Event()
    failures: list[BaseException] = []

    def ask() -> None:
        try:
            while not stop.is_set():
                for address, status in zip(addresses, statuses, strict=True):
                    assert database.lookup(address).status == status
                assert [answer.status for answer in database.lookup_many(addresses)] == statuses
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for generation in range(2, 40):
        assert database.reload() == generation
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert database.metadata.generation == 39


def test_reload_serves_the_new_file_and_answers_keep_the_old(copy: Path) -> None:
    with nameplate.open(copy) as database:
        old = database.lookup("1.0.0.0")
        other_build(copy)
        assert database.lookup("1.0.0.0").name == "First and Last Networks"
        assert database.reload() == 2
        assert database.lookup("1.0.0.0").name == "Another Network"
        assert old.name == "First and Last Networks"
        assert old.operator is not None
        assert old.operator.name == "First and Last Networks"


def test_a_reload_that_fails_leaves_what_was_served(copy: Path) -> None:
    with nameplate.open(copy) as database:
        copy.unlink()
        with pytest.raises(nameplate.NameplateError) as caught:
            database.reload()
        assert caught.value.code == "missing"
        assert database.lookup("20.0.0.0").status == "company"


def test_answers_of_seven_files_keep_an_eighth_from_being_opened(copy: Path) -> None:
    with nameplate.open(copy) as database:
        kept = [database.lookup("20.0.0.0")]

        def reload_and_keep() -> None:
            for _ in range(20):
                database.reload()
                kept.append(database.lookup("20.0.0.0"))

        with pytest.raises(nameplate.NameplateError) as caught:
            reload_and_keep()
        assert caught.value.code == "held"
        assert len(kept) == 8
        kept.clear()
        gc.collect()
        assert database.reload() > 8


def test_suppress_from_now_on(copy: Path) -> None:
    with nameplate.open(copy) as database, nameplate.open(copy, suppress=SUPPRESS) as wanted:
        addresses, statuses = good()
        assert [answer.status for answer in database.lookup_many(addresses)] == statuses
        assert database.suppress(SUPPRESS) == 2
        assert database.lookup_many(addresses) == wanted.lookup_many(addresses)
        assert database.lookup_many(addresses) != nameplate.open(copy).lookup_many(addresses)
        database.reload()
        assert database.lookup_many(addresses) == wanted.lookup_many(addresses)


def test_databases_that_are_dropped_leave_no_descriptor_and_no_memory(copy: Path) -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    def mappings() -> int:
        return Path("/proc/self/maps").read_text().count("copy.npl")

    before = descriptors(), mappings()
    for _ in range(50):
        database = nameplate.open(copy)
        assert database.lookup_many(["20.0.0.0"] * 10)
        del database
    assert (descriptors(), mappings()) == before


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_goes_on_with_the_database_of_its_parent(copy: Path) -> None:
    database = nameplate.open(copy)
    addresses, statuses = good()
    answer = database.lookup("1.0.0.0")

    def child() -> None:
        assert [a.status for a in database.lookup_many(addresses)] == statuses
        assert answer.name == "First and Last Networks"
        other_build(copy)
        database.reload()
        assert database.lookup("1.0.0.0").name == "Another Network"

    in_a_child(child)
    # The parent reloads for itself.
    assert database.lookup("1.0.0.0").name == "First and Last Networks"
    database.reload()
    assert database.lookup("1.0.0.0").name == "Another Network"


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_while_another_thread_reloads(copy: Path) -> None:
    database = nameplate.open(copy)
    stop = threading.Event()

    def reload() -> None:
        while not stop.is_set():
            database.reload()

    thread = threading.Thread(target=reload)
    thread.start()
    try:
        for _ in range(20):
            in_a_child(database.reload)
    finally:
        stop.set()
        thread.join()


opened: nameplate.Database | None = None


def open_in_worker(path: Path) -> None:
    global opened
    opened = nameplate.open(path)


def ask_in_worker(addresses: list[str]) -> list[nameplate.Answer]:
    assert opened is not None
    return opened.lookup_many(addresses)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("method", ["spawn", "fork", "forkserver"])
def test_workers_send_their_answers_back(copy: Path, method: str) -> None:
    addresses, statuses = good()
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(2, mp_context=context, initializer=open_in_worker, initargs=(copy,)) as pool:
        parts = list(pool.map(ask_in_worker, [addresses[::2], addresses[1::2]]))
    assert [answer.status for answer in parts[0]] == statuses[::2]
    assert parts[1] == nameplate.open(copy).lookup_many(addresses[1::2])


def test_threads_share_a_client(daemons: dict[str, Daemon]) -> None:
    addresses, statuses = good()
    with nameplate.Client(daemons["whole"].socket) as client, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(client.lookup, addresses * 4))
        assert [answer.status for answer in answers] == statuses * 4
        many = list(pool.map(lambda _: client.lookup_many(addresses * 3), range(8)))
        assert all([answer.status for answer in part] == statuses * 3 for part in many)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_has_connections_of_its_own(daemons: dict[str, Daemon]) -> None:
    addresses, statuses = good()
    with nameplate.Client(daemons["whole"].socket) as client:
        client.ping()

        def child() -> None:
            for _ in range(20):
                assert [client.lookup(address).status for address in addresses[:50]] == statuses[:50]

        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                signal.alarm(30)
                child()
                code = 0
            finally:
                os._exit(code)
        child()
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_client_goes_on_when_the_daemon_was_started_anew(own_daemon: Daemon) -> None:
    client = nameplate.Client(own_daemon.socket)
    assert client.lookup("20.0.0.0").status == "company"
    own_daemon.stop()
    with pytest.raises(nameplate.NameplateError) as caught:
        client.lookup("20.0.0.0")
    assert caught.value.code == "socket"
    own_daemon.start()
    assert client.lookup("20.0.0.0").status == "company"
    own_daemon.stop()
    own_daemon.start()
    # The connection is stale, and the client finds out by itself.
    assert client.lookup("20.0.0.0").status == "company"
    own_daemon.stop()
    own_daemon.start()
    assert [answer.status for answer in client.lookup_many(["20.0.0.0"] * 2000)] == ["company"] * 2000
    client.close()


def test_an_async_client_goes_on_when_the_daemon_was_started_anew(own_daemon: Daemon) -> None:
    async def ask() -> None:
        client = nameplate.AsyncClient(own_daemon.socket)
        assert (await client.lookup("20.0.0.0")).status == "company"
        for _ in range(2):
            own_daemon.stop()
            own_daemon.start()
            assert (await client.lookup("20.0.0.0")).status == "company"
        own_daemon.stop()
        own_daemon.start()
        assert len(await client.lookup_many(["20.0.0.0"] * 2000)) == 2000
        own_daemon.stop()
        with pytest.raises(nameplate.NameplateError):
            await client.lookup("20.0.0.0")
        own_daemon.start()
        assert (await client.lookup("20.0.0.0")).status == "company"
        await client.close()

    asyncio.run(ask())


def test_tasks_share_an_async_client(daemons: dict[str, Daemon]) -> None:
    addresses, statuses = good()

    async def ask() -> None:
        async with nameplate.AsyncClient(daemons["whole"].socket) as client:
            answers = await asyncio.gather(*(client.lookup(address) for address in addresses))
            assert [answer.status for answer in answers] == statuses
            many = await asyncio.gather(*(client.lookup_many(addresses * 2) for _ in range(5)))
            assert all([answer.status for answer in part] == statuses * 2 for part in many)
            # A task that is cancelled leaves the others' replies where they belong.
            tasks = [asyncio.ensure_future(client.lookup(address)) for address in addresses]
            await asyncio.sleep(0)
            for task in tasks[::3]:
                task.cancel()
            done = await asyncio.gather(*tasks, return_exceptions=True)
            for index, (answer, status) in enumerate(zip(done, statuses, strict=True)):
                if isinstance(answer, nameplate.Answer):
                    assert answer.status == status
                else:
                    assert index % 3 == 0
                    assert isinstance(answer, asyncio.CancelledError)

    asyncio.run(ask())


def test_an_async_client_outlives_its_event_loop(daemons: dict[str, Daemon]) -> None:
    client = nameplate.AsyncClient(daemons["whole"].socket)

    async def ask() -> str:
        return (await client.lookup("20.0.0.0")).status

    assert [asyncio.run(ask()) for _ in range(3)] == ["company"] * 3


def test_the_daemon_reloads_for_a_client(own_daemon: Daemon, copy: Path) -> None:
    with nameplate.Client(own_daemon.socket) as client:
        assert client.metadata.generation == 1
        other_build(copy)
        assert client.lookup("1.0.0.0").name == "First and Last Networks"
        assert client.reload() == 2
        assert client.lookup("1.0.0.0").name == "Another Network"
        copy.unlink()
        with pytest.raises(nameplate.NameplateError) as caught:
            client.reload()
        assert caught.value.code == "err"
        assert client.lookup("1.0.0.0").name == "Another Network"


def test_many_more_addresses_than_a_request_holds(daemons: dict[str, Daemon], db: nameplate.Database) -> None:
    addresses, _ = good()
    many = (addresses * 200)[:40_001]
    wanted = db.lookup_many(many)
    with nameplate.Client(daemons["whole"].socket) as client:
        assert client.lookup_many(many) == wanted
        many[33_333] = "no address"
        with pytest.raises(ValueError, match="item 33333 is not"):
            client.lookup_many(many)
        answers = client.lookup_many(many, errors="null")
        assert answers[33_333] is None
        assert answers[33_334:] == wanted[33_334:]

    async def ask() -> list[nameplate.Answer | None]:
        async with nameplate.AsyncClient(daemons["whole"].socket) as client:
            return await client.lookup_many(many, errors="null")

    assert asyncio.run(ask()) == answers


def test_calls_leave_no_memory(copy: Path, daemons: dict[str, Daemon]) -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    addresses = [*good()[0], "no address", 0x14000000, b"1234"]
    database, client = nameplate.open(copy), nameplate.Client(daemons["whole"].socket)
    subjects: list[Any] = [database, client]

    def work(times: int) -> None:
        for _ in range(times):
            for subject in subjects:
                for answer in subject.lookup_many(addresses, errors="null"):
                    if answer is not None:
                        repr((answer, answer.company, answer.operator, answer.network, answer.block))
                        assert pickle.loads(pickle.dumps(answer)) == answer
                        assert hash(answer.company) == hash(answer.company)
                        answer.as_dict()
                subject.lookup_many(addresses, errors="null", field="company.name")
                for call in (subject.lookup, subject.lookup_many, subject.networks):
                    with contextlib.suppress(ValueError, TypeError):
                        call("no address")
                    with contextlib.suppress(ValueError, TypeError):
                        call(["no address"])
                subject.networks("domain:uni.example")
                assert subject.metadata
            database.reload()

    work(20)
    before = resident()
    work(200)
    # An object that stays for each address would be twice as much.
    assert resident() - before < 4 << 20
    client.close()
