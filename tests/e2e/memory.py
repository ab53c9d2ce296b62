"""What is in a process's memory: how much of it, and whether some bytes are among it.

The daemon forbids others to look (prctl PR_SET_DUMPABLE), so only root, or who has CAP_SYS_PTRACE, may.
"""

import re
from pathlib import Path

import pytest

PAGE = 4096
PRESENT = 1 << 63
SWAPPED = 1 << 62


def resident(pid: int) -> dict[str, int]:
    """Bytes by kind: `anon` is the process's own, `file` programs and libraries, `shmem` memory files."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = {kind.lower(): int(size) << 10 for kind, size in re.findall(r"Rss(\w+):\s+(\d+) kB", status)}
    assert set(found) == {"anon", "file", "shmem"}, status
    return found


def beyond_the_file(pid: int) -> int:
    """Resident bytes but those of the range file's copy, a memory file that is called as it is."""
    copy = 0
    mapping = ""
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            mapping = line
        elif line.startswith("Rss:") and "/memfd:nameplate" in mapping:
            copy += int(line.split()[1]) << 10
    assert copy > 0, "the daemon serves from a copy"
    return sum(resident(pid).values()) - copy


def may_read(pid: int) -> bool:
    try:
        with Path(f"/proc/{pid}/mem").open("rb"), Path(f"/proc/{pid}/pagemap").open("rb"):
            return True
    except PermissionError:
        return False


class Memory:
    """All that a process can write to: heaps, stacks, and its libraries' variables."""

    def __init__(self, pid: int):
        if not may_read(pid):
            pytest.skip("reading another process's memory needs root or CAP_SYS_PTRACE")
        # (name, first address, bytes) of each run of pages that are there.
        self.runs: list[tuple[str, int, bytes]] = []
        with (
            Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory,
            Path(f"/proc/{pid}/pagemap").open("rb", buffering=0) as pages,
        ):
            for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
                span, access, _, _, _, *name = line.split(maxsplit=5)
                if "w" not in access:
                    continue
                start, end = (int(bound, 16) for bound in span.split("-"))
                for first, last in present(pages, start, end):
                    memory.seek(first)
                    content = memory.read(last - first)
                    self.runs.append((" ".join(name) or "[anonymous]", first, content))

    def __len__(self) -> int:
        return sum(len(content) for _, _, content in self.runs)

    def find(self, pattern: re.Pattern[bytes]) -> list[str]:
        """Where it is, with what is around it."""
        return [
            f"{name} {first + hit.start():#x}: {content[max(hit.start() - 48, 0) : hit.end() + 48]!r}"
            for name, first, content in self.runs
            for hit in pattern.finditer(content)
        ]


def present(pages, start: int, end: int):
    """Runs of pages of a mapping that have ever been written to."""
    pages.seek(start // PAGE * 8)
    entries = memoryview(pages.read((end - start) // PAGE * 8)).cast("Q")
    first = None
    for number, entry in enumerate([*entries, 0]):
        if entry & (PRESENT | SWAPPED):
            first = number if first is None else first
        elif first is not None:
            yield start + first * PAGE, start + number * PAGE
            first = None
