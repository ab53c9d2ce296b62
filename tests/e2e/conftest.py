"""Range files and daemons, built and started once."""

import shutil
import tempfile
from pathlib import Path

import pytest
import support


@pytest.fixture(scope="session", autouse=True)
def binary():
    path = support.nameplate_bin()
    if not path.is_file():
        pytest.exit(f"no binary at {path}: run `make release` or set NAMEPLATE_BIN", returncode=2)
    return path


@pytest.fixture(scope="session")
def database(tmp_path_factory) -> Path:
    """A range file of the whole tables where they are, else of the sample."""
    path = tmp_path_factory.mktemp("database") / "nameplate.npl"
    support.run_ok("build", "--config", support.build_config(), "-o", path)
    return path


@pytest.fixture(scope="session")
def small_database(tmp_path_factory) -> Path:
    """A range file of the sample."""
    path = tmp_path_factory.mktemp("small-database") / "nameplate.npl"
    support.run_ok("build", "--config", support.ROOT / "data/sample.toml", "-o", path)
    return path


@pytest.fixture
def socket_folder():
    """An empty folder whose path is short: a socket's path holds some 100 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="np-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def daemon(database):
    """A daemon for all tests that leave it running."""
    folder = Path(tempfile.mkdtemp(prefix="np-"))
    daemon = support.Daemon(database, folder)
    try:
        yield daemon.wait_until_ready()
        assert daemon.terminate() == 0, daemon.log.read_text()
    finally:
        daemon.kill()
        shutil.rmtree(folder)


@pytest.fixture
def own_daemon(small_database, socket_folder):
    """A daemon that the test may end."""
    daemon = support.Daemon(small_database, socket_folder)
    try:
        yield daemon.wait_until_ready()
    finally:
        daemon.kill()
