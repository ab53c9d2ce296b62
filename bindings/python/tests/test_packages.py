"""What `make packages` built, installed in environments that have nothing else, by every Python here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from conftest import ROOT, VECTORS, Daemon

HERE = Path(__file__).parent
PACKAGES = ROOT / os.environ.get("NAMEPLATE_PACKAGES", "target/packages/python")

# A compiler may take that long on a busy machine.
COMPILING = 900


def package(pattern: str) -> Path:
    found = sorted(PACKAGES.glob(pattern))
    assert len(found) == 1, f"{pattern} in {PACKAGES}: run `make packages`"
    return found[0]


def pythons() -> list[str]:
    """Every Python from 3.10 on that can be called by its name, and has what an environment needs."""
    found = []
    for minor in range(10, 20):
        path = shutil.which(f"python3.{minor}")
        works = path and subprocess.run(
            [path, "-c", "import venv, ensurepip"], capture_output=True, check=False
        )
        if works and works.returncode == 0:
            found.append(str(path))
    return found or [sys.executable]


def fresh(folder: Path, python: str, *arguments: str | Path) -> Path:
    """An environment with this package and no other."""
    subprocess.run([python, "-m", "venv", folder], check=True, timeout=120)
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    subprocess.run(
        [folder / "bin/python", "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", *arguments],
        check=True,
        timeout=COMPILING,
        env=clean,
    )
    return folder / "bin/python"


def ask(python: Path, whole: Path, daemon: Daemon) -> str:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        [python, "-I", HERE / "ask.py", VECTORS / "vectors.tsv", whole, daemon.socket],
        capture_output=True,
        text=True,
        timeout=120,
        env=clean,
        cwd="/",
    )
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


@pytest.mark.parametrize("python", pythons())
def test_the_wheel_serves_every_python_without_anything_else(
    python: str, tmp_path: Path, whole: Path, daemons: dict[str, Daemon]
) -> None:
    installed = fresh(tmp_path / "venv", python, package("*.whl"))
    assert str(tmp_path) in ask(installed, whole, daemons["whole"])


def test_the_source_distribution_builds_and_serves(
    tmp_path: Path, whole: Path, daemons: dict[str, Daemon]
) -> None:
    # It is compiled for the tests' sake alone: sooner rather than quicker code. The library that stands in
    # this environment must not be taken.
    options = {"LTO": "false", "CODEGEN_UNITS": "16", "OPT_LEVEL": "1", "DEBUG": "false"}
    environment = {key: value for key, value in os.environ.items() if key != "NAMEPLATE_LIBRARY"}
    environment |= {f"CARGO_PROFILE_RELEASE_{name}": value for name, value in options.items()}
    environment["CARGO_TARGET_DIR"] = str(tmp_path / "target")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-index", "--no-deps",
         "--no-cache-dir", "--wheel-dir", tmp_path, package("*.tar.gz")],
        check=True,
        timeout=COMPILING,
        env=environment,
    )  # fmt: skip
    built = next(tmp_path.glob("*.whl"))
    installed = fresh(tmp_path / "venv", sys.executable, built)
    assert str(tmp_path) in ask(installed, whole, daemons["whole"])


def test_what_is_in_the_packages() -> None:
    wheel = zipfile.ZipFile(package("*.whl"))
    names = wheel.namelist()
    assert "nameplate/_core.abi3.so" in names
    assert "nameplate/py.typed" in names
    assert "nameplate/_core.pyi" in names
    assert re.fullmatch(
        r"nameplate-[\d.]+-cp310-abi3-(manylinux_2_\d+|linux)_\w+\.whl", package("*.whl").name
    )
    metadata = wheel.read(next(name for name in names if name.endswith("METADATA"))).decode()
    assert "Requires-Python: >=3.10" in metadata
    assert "lookup_many" in metadata, "the README is the description"
    with tarfile.open(package("*.tar.gz")) as source:
        files = {name.split("/", 1)[1] for name in source.getnames() if "/" in name}
    assert {
        "rust/Cargo.lock",
        "rust/src/engine/src/lib.rs",
        "rust/src/capi/src/lib.rs",
        "rust/include/nameplate.h",
    } <= files
    # Nothing that only the repository's tests need.
    assert not any("data-tools" in name or name.endswith((".so", ".a", ".npl")) for name in files)


def test_nothing_but_the_module_is_seen_outside() -> None:
    """The library inside must not meet another one in the same process."""
    import nameplate._core

    done = subprocess.run(
        ["nm", "-D", "--defined-only", nameplate._core.__file__], capture_output=True, text=True, check=True
    )
    assert [line.split()[-1] for line in done.stdout.splitlines()] == ["PyInit__core"]
