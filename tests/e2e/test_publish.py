"""Publishing: whatever moment a build is killed at, the file is the old one or the new one, whole.

`make test-long` (NAMEPLATE_LONG) kills a thousand builds, `make test` some.
"""

import os
import random
import resource
import signal
import subprocess
import time

import support
from support import error_line, nameplate_bin, run, run_ok

KILLS = 1000 if "NAMEPLATE_LONG" in os.environ else 40


def build(number, out):
    return ["build", "--asn", support.SAMPLE / "asn-ipv4.csv", "--build-number", number, "-o", out]


def test_a_build_killed_at_any_moment_leaves_a_whole_file_and_the_next_one_no_rubbish(tmp_path):
    wanted = []
    for number in (1, 2):
        run_ok(*build(number, tmp_path / f"{number}.npl"))
        wanted.append((tmp_path / f"{number}.npl").read_bytes())
    folder = tmp_path / "folder"
    folder.mkdir()
    out = folder / "out.npl"
    start = time.monotonic()
    run_ok(*build(1, out))
    longest = 1.2 * (time.monotonic() - start)
    chance = random.Random(1)
    seen = {"killed": 0, "rubbish": 0, 1: 0, 2: 0}
    for turn in range(KILLS):
        command = [nameplate_bin(), *map(str, build(turn % 2 + 1, out))]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, longest))
        process.kill()
        seen["killed"] += process.wait() == -signal.SIGKILL
        content = out.read_bytes()
        assert content in wanted, f"after {turn + 1} builds the file is none of the two"
        seen[wanted.index(content) + 1] += 1
        rubbish = [path.name for path in folder.iterdir() if path != out]
        # Each build removes what the one before it left, so there is one's at most.
        assert len(rubbish) <= 1, rubbish
        seen["rubbish"] += len(rubbish)
    print(seen)
    assert seen["killed"] > 0
    run_ok(*build(1, out))
    assert [path.name for path in folder.iterdir()] == ["out.npl"]
    assert out.read_bytes() == wanted[0]


def test_a_build_killed_while_it_writes_is_cleaned_up_after(tmp_path):
    """What the kill leaves is there for sure here: the write ends the process by SIGXFSZ."""
    out = tmp_path / "out.npl"
    out.write_bytes(b"old")

    def small_files_only():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)

    # Python ignores the signal, and so would its children.
    done = run(*build(1, out), preexec_fn=small_files_only, restore_signals=True)
    assert done.returncode in (1, -signal.SIGXFSZ)
    assert out.read_bytes() == b"old"
    run_ok(*build(1, out))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.npl"]
    run_ok("verify", out)


def test_an_export_removes_what_a_killed_one_left(small_database, tmp_path):
    out = tmp_path / "out.csv"
    (tmp_path / ".out.csv.12345.0.tmp").write_bytes(b"half")
    run_ok("export", "--db", small_database, "--format", "csv", "-o", out)
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_a_disk_that_is_full_leaves_the_old_file(tmp_path):
    """A file system of its own, too small for the file; where this user may not mount, a limit stands in."""
    folder = tmp_path / "small"
    folder.mkdir()
    small = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]
    mounted = os.geteuid() == 0 and subprocess.run(small, capture_output=True, check=False).returncode == 0
    limit = None if mounted else lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    try:
        out = folder / "out.npl"
        out.write_bytes(b"old")
        line = error_line(run(*build(1, out), preexec_fn=limit))
        assert str(out) in line
        assert ("No space left" in line) == mounted
        assert out.read_bytes() == b"old"
        assert [path.name for path in folder.iterdir()] == ["out.npl"]
    finally:
        if mounted:
            subprocess.run(["umount", folder], check=True)
