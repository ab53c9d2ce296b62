"""Range files for the second reader."""

import os
from pathlib import Path

import pytest
import support
from reader import RangeFile


@pytest.fixture(scope="session")
def path() -> Path:
    """The whole real file, or the one that NAMEPLATE_FILE names."""
    path = support.ROOT / os.environ.get("NAMEPLATE_FILE", "data/nameplate.npl")
    if not path.is_file():
        pytest.exit(f"no range file at {path}: run `make data` or set NAMEPLATE_FILE", returncode=2)
    return path


@pytest.fixture(scope="session")
def file(path) -> RangeFile:
    return RangeFile(path.read_bytes())


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> bytes:
    """A file of some kilobytes with rows of both families from all over the sample."""
    folder = tmp_path_factory.mktemp("small")
    for name, every in (("asn-ipv4.csv", 40), ("asn-ipv6.csv", 20)):
        rows = (support.SAMPLE / name).read_text(encoding="utf-8").splitlines(keepends=True)
        (folder / name).write_text("".join(rows[::every]), encoding="utf-8")
    config = folder / "small.toml"
    config.write_text(
        '[[source]]\nkind = "ip-asn"\nname = "sample"\nfiles = ["asn-ipv4.csv", "asn-ipv6.csv"]\n'
        'licence = "CC-BY-4.0"\ndate = "2026-06-17"\n',
        encoding="utf-8",
    )
    support.run_ok("build", "--config", config, "-o", folder / "small.npl")
    return (folder / "small.npl").read_bytes()
