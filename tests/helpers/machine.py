"""What machines do to a run: disks that are full, folders that cannot be written."""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workdir import Workdir

FOLDERS = ("results", "logs")
LIMIT = """
import os, resource, subprocess, sys
# Of the worker alone: Snakemake has files of its own. What it prints goes through another process.
if any(".snakemake/scripts" in word for word in sys.orig_argv):
    terminal = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    os.dup2(terminal.stdin.fileno(), 1)
    os.dup2(terminal.stdin.fileno(), 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(os.environ["FILE_LIMIT"]),) * 2)
"""


class Disk:
    """Where a run writes: a small file system of its own, or a limit on the size of files where mounting is refused."""

    def __init__(self, workdir: Workdir, folder: Path, megabytes: int) -> None:
        self.workdir, self.folder, self.ballast = workdir, folder, folder / "ballast"
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
        self.mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        if self.mounted:
            for name in FOLDERS:
                shutil.move(workdir.path / name, folder / name)
                (workdir.path / name).symlink_to(folder / name)

    def fill(self, room: int = 0) -> None:
        """Leave room for so many bytes."""
        if not self.mounted:
            limit = self.folder / "limit"
            limit.mkdir(exist_ok=True)
            (limit / "sitecustomize.py").write_text(LIMIT)
            path = f"{self.workdir.path}{os.pathsep}{limit}"
            self.workdir.environment |= {"PYTHONPATH": path, "FILE_LIMIT": str(room)}
            return
        # Snakemake removes a job's old log: room enough for a small table.
        for log in (self.folder / "logs").rglob("*.log"):
            log.unlink()
        with self.ballast.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                file.truncate(file.tell() - room)

    def empty(self) -> None:
        """Make room."""
        if self.mounted:
            self.ballast.unlink()
        else:
            self.workdir.environment["PYTHONPATH"] = str(self.workdir.path)

    def close(self) -> None:
        """Unmount it, with all that is on it."""
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=True)


@contextmanager
def disk(workdir: Workdir, folder: Path, megabytes: int = 64) -> Iterator[Disk]:
    """A disk for results and logs, for a while."""
    made = Disk(workdir, folder, megabytes)
    try:
        yield made
    finally:
        made.close()


def obey_modes() -> None:
    """Take from this process, and those it starts, the right of root to write what modes forbid."""
    PR_CAPBSET_DROP, DAC_OVERRIDE, DAC_READ_SEARCH = 24, 1, 2
    for capability in (DAC_OVERRIDE, DAC_READ_SEARCH):
        if os.geteuid() == 0 and ctypes.CDLL(None, use_errno=True).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "root's right to write cannot be given up")


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder and all in it that cannot be written, for a while."""
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    for path in folders:
        path.chmod(0o555)
    try:
        yield
    finally:
        for path in folders:
            path.chmod(0o755)
