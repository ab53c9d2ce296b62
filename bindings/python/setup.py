"""Builds the extension of the C files and libnameplate.a.

The library is NAMEPLATE_LIBRARY, a path, where that is set; else cargo builds it of the Rust sources: those
of the repository around this folder, or of `rust` where this is an unpacked source distribution, which
`sdist` fills.
"""

import os
import platform
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist
from setuptools.errors import SetupError

HERE = Path(__file__).resolve().parent
UNPACKED = HERE / "rust"
ROOT = UNPACKED if UNPACKED.is_dir() else HERE.parents[1]
# What libnameplate.a is built of.
CRATES = ["src/engine", "src/capi"]
# One stable ABI for every Python from this one on; a free-threaded one has none yet.
ABI = (3, 10)
FULL_ABI = bool(sysconfig.get_config_var("Py_GIL_DISABLED") or os.environ.get("NAMEPLATE_FULL_ABI"))


def library() -> Path:
    """The static library, built if need be."""
    if given := os.environ.get("NAMEPLATE_LIBRARY"):
        return Path(given).resolve()
    if shutil.which("cargo") is None:
        raise SetupError(
            "nameplate is built of Rust sources, and there is no cargo here: install Rust, a wheel, or set "
            "NAMEPLATE_LIBRARY to a libnameplate.a"
        )
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    subprocess.run(
        ["cargo", "build", "--release", "--locked", "--package", "nameplate-capi", "--target-dir", target],
        cwd=ROOT,
        check=True,
    )
    return target.resolve() / "release/libnameplate_capi.a"


class BuildExtension(build_ext):
    def build_extension(self, extension: Extension) -> None:
        archive = library()
        extension.extra_objects = [str(archive)]
        extension.depends = [*extension.depends, str(archive)]
        super().build_extension(extension)


class Wheel(bdist_wheel):
    def finalize_options(self) -> None:
        if not FULL_ABI:
            self.py_limited_api = f"cp{ABI[0]}{ABI[1]}"
        name, version = platform.libc_ver()
        if self.plat_name is None and name == "glibc":
            # It needs no library but glibc's, and of that no newer one than is here.
            self.plat_name = f"manylinux_{version.replace('.', '_')}_{platform.machine()}"
        super().finalize_options()


class SourceDistribution(sdist):
    """Adds the Rust sources: the crates without their tests, in a workspace of their own."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        super().make_release_tree(base_dir, files)
        rust = Path(base_dir) / "rust"
        if UNPACKED.is_dir():
            shutil.copytree(UNPACKED, rust, dirs_exist_ok=True, ignore=shutil.ignore_patterns("target"))
            return
        for crate in CRATES:
            shutil.copytree(ROOT / crate / "src", rust / crate / "src")
            manifest = (ROOT / crate / "Cargo.toml").read_text(encoding="utf-8")
            (rust / crate / "Cargo.toml").write_text(without_tests(manifest), encoding="utf-8")
        workspace = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
        (rust / "Cargo.toml").write_text(smaller_workspace(workspace), encoding="utf-8")
        for file in ["Cargo.lock", "LICENSE-APACHE", "LICENSE-MIT", "include/nameplate.h"]:
            (rust / file).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / file, rust / file)
        # The same versions, without those that nothing here uses.
        subprocess.run(["cargo", "update", "--workspace", "--quiet"], cwd=rust, check=True)


def without_tests(manifest: str) -> str:
    """A crate's manifest without what only tests and benches need."""
    return re.sub(r"(?ms)^\[(?:dev-dependencies\]|\[(?:test|bench|example)\]\]).*?(?=^\[|\Z)", "", manifest)


def smaller_workspace(manifest: str) -> str:
    """The workspace's manifest with these crates alone."""
    members = ", ".join(f'"{crate}"' for crate in CRATES)
    manifest = re.sub(r"(?m)^members = .*$", f"members = [{members}]", manifest)
    manifest = re.sub(r"(?m)^(default-members|exclude) = .*\n", "", manifest)
    return re.sub(r"(?m)^nameplate-\w+ = \{ path = .*\n", "", manifest)


setup(
    ext_modules=[
        Extension(
            "nameplate._core",
            sources=sorted(str(path.relative_to(HERE)) for path in (HERE / "src/core").glob("*.c")),
            depends=[str(path.relative_to(HERE)) for path in (HERE / "src/core").glob("*.h")],
            include_dirs=[str(ROOT / "include")],
            define_macros=[] if FULL_ABI else [("Py_LIMITED_API", f"0x{ABI[0]:02x}{ABI[1]:02x}0000")],
            py_limited_api=not FULL_ABI,
            extra_compile_args=["-std=c11", "-O3", "-fvisibility=hidden", "-Wall", "-Wextra"],
            # Of the library nothing is seen outside, and what is not called is left out.
            extra_link_args=["-Wl,--exclude-libs,ALL", "-Wl,--gc-sections", "-Wl,-z,relro,-z,now", "-Wl,-s"],
            libraries=["gcc_s", "pthread", "m", "dl"],
        )
    ],
    cmdclass={"build_ext": BuildExtension, "bdist_wheel": Wheel, "sdist": SourceDistribution},
)
