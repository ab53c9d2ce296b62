"""The examples of README.md, run as doctests in a folder that has the file and the socket they name."""

from __future__ import annotations

import doctest
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import Daemon

README = Path(__file__).resolve().parents[1] / "README.md"


@pytest.fixture
def example_folder(whole: Path, daemons: dict[str, Daemon], folder: Path) -> Iterator[Path]:
    (folder / "nameplate.npl").symlink_to(whole)
    (folder / "nameplate.sock").symlink_to(daemons["whole"].socket)
    before = Path.cwd()
    os.chdir(folder)
    yield folder
    os.chdir(before)


@pytest.mark.usefixtures("example_folder")
def test_every_example_says_what_it_gives() -> None:
    tried = doctest.testfile(str(README), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert tried.failed == 0
    assert tried.attempted > 20
