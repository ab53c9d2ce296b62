"""A copy of this machine that nothing of it outlives, with systemd as its first process.

The file system is an overlay over this machine's, whose changes are in memory; processes, mounts, names and
control groups are its own. It takes root and the right to mount; `why_not` says what is missing.
"""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from support import PATIENCE

SYSTEMD = Path("/lib/systemd/systemd")

# What belongs to the hardware stays asleep: it is this machine's.
MASKED = [
    "systemd-binfmt.service",
    "systemd-modules-load.service",
    "systemd-random-seed.service",
    "systemd-sysctl.service",
    "systemd-timesyncd.service",
    "systemd-udev-trigger.service",
    "systemd-udevd.service",
    "systemd-udevd-control.socket",
    "systemd-udevd-kernel.socket",
    "systemd-update-utmp.service",
    "dev-hugepages.mount",
    "dev-mqueue.mount",
    "proc-sys-fs-binfmt_misc.automount",
    "proc-sys-fs-binfmt_misc.mount",
    "sys-fs-fuse-connections.mount",
    "sys-kernel-config.mount",
    "sys-kernel-debug.mount",
    "sys-kernel-tracing.mount",
]

BOOT = """
set -e
base=$1; shift
mount --make-rprivate /
mount -t tmpfs tmpfs "$base"
mkdir "$base/changes" "$base/work" "$base/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$base/changes,workdir=$base/work" "$base/root"
cd "$base/root"
mount -t proc proc proc
mount --bind /sys sys
mount -o remount,bind,ro sys
mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  mount -t cgroup2 cgroup2 sys/fs/cgroup
else
  mkdir sys/fs/cgroup/systemd
  mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
fi
for name in run tmp; do mount -t tmpfs tmpfs "$name"; done
mount -t tmpfs -o mode=755 tmpfs dev
for name in null zero full random urandom tty; do
  touch "dev/$name"
  mount --bind "/dev/$name" "dev/$name"
done
mkdir dev/shm dev/pts
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
tr -d - < /proc/sys/kernel/random/uuid > etc/machine-id
# Images for containers forbid packages to start and stop services with it.
rm -f usr/sbin/policy-rc.d
for unit in "$@"; do ln -sf /dev/null "etc/systemd/system/$unit"; done
mkdir old
pivot_root . old
exec chroot . bash -c '
  umount --lazy /old
  rmdir /old
  exec env -i container=overlay PATH="$PATH" /lib/systemd/systemd \\
    --system --unit=basic.target --log-target=journal --show-status=false
'
"""


def why_not() -> str | None:
    """What keeps such a machine from starting here."""
    if os.geteuid() != 0:
        return "takes root"
    missing = [name for name in ("unshare", "nsenter", "dpkg") if shutil.which(name) is None]
    if missing or not SYSTEMD.exists():
        return f"not installed: {', '.join(missing or ['systemd'])}"
    if subprocess.run(
        ["unshare", "--mount", "--pid", "--cgroup", "--fork", "true"], capture_output=True
    ).returncode:
        return "this machine does not let root make name spaces"
    return None


def own_groups() -> list[Path]:
    """This process's control group in each hierarchy that is mounted here."""
    mounted = {}
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, point, kind, options, *_ = line.split()
        if kind == "cgroup2":
            mounted[""] = Path(point)
        elif kind == "cgroup":
            mounted.update({option: Path(point) for option in options.split(",")})
    groups = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        point = mounted.get(controllers.split(",")[0])
        if point is not None and (group := point / path.lstrip("/")).is_dir():
            groups.append(group)
    return groups


class Machine:
    def __init__(self):
        self.base = Path(tempfile.mkdtemp(prefix="np-machine-"))
        self.log = self.base.with_suffix(".log")
        self.groups = []
        for parent in own_groups():
            group = parent / f"nameplate-test-{os.getpid()}"
            group.mkdir()
            self.groups.append(group)
            if (group / "cpuset.cpus").exists() and (parent / "cpuset.cpus").exists():
                for name in ("cpuset.cpus", "cpuset.mems"):
                    (group / name).write_text((parent / name).read_text())
        # systemd makes its groups below the one it starts in.
        enter = "".join(f"echo $$ > {group}/cgroup.procs; " for group in self.groups)
        spaces = "unshare --mount --pid --cgroup --ipc --uts --fork --kill-child"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["bash", "-c", f'{enter} exec {spaces} bash -c "$0" boot "$@"', BOOT, self.base, *MASKED],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.root = None

    def wait_until_up(self) -> "Machine":
        deadline = time.monotonic() + PATIENCE
        while True:
            assert self.process.poll() is None, f"it ended: {self.log.read_text()}"
            assert time.monotonic() < deadline, f"it is not up: {self.log.read_text()}"
            if pid := self.first_process():
                self.pid = pid
                self.root = Path(f"/proc/{pid}/root")
                state = self.run("systemctl", "is-system-running", check=False).stdout.strip()
                if state in ("running", "degraded"):
                    return self
            time.sleep(0.1)

    def first_process(self) -> int | None:
        """This machine's number of its first process, once that is systemd."""
        for path in Path("/proc").glob("[0-9]*/status"):
            try:
                fields = dict(line.split(":\t", 1) for line in path.read_text().splitlines() if ":\t" in line)
            except OSError:
                continue  # it has ended
            if (fields["Name"], fields["PPid"]) == ("systemd", str(self.process.pid)):
                return int(path.parent.name)
        return None

    def run(self, *command, check=True) -> subprocess.CompletedProcess:
        """Runs a command as root there."""
        spaces = ["--mount", "--pid", "--cgroup", "--ipc", "--uts", "--root", "--wd=/"]
        done = subprocess.run(
            ["nsenter", f"--target={self.pid}", *spaces, *map(str, command)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=4 * PATIENCE,
        )
        assert not check or done.returncode == 0, (done, self.journal())
        return done

    def journal(self) -> str:
        return self.run("journalctl", "--no-pager", "--lines=50", check=False).stdout

    def end(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)
        deadline = time.monotonic() + PATIENCE
        for group in self.groups:
            # The kernel lets go of a group some time after its last process.
            while group.exists():
                for path, _, _ in os.walk(group, topdown=False):
                    try:
                        os.rmdir(path)
                    except OSError:
                        assert time.monotonic() < deadline, f"{path} stays"
                        time.sleep(0.01)
        self.base.rmdir()
        self.log.unlink()
