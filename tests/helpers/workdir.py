"""A copy of the repository to run the workflow in, and what tests ask of it."""

import copy
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
TARGET = "results/demo/smollm2/japan/wvs.json"


class Workdir:
    """The workflow in a folder of its own, run through the command line as users do."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for name in (
            "Snakefile",
            "workflow",
            "clca",
            "config",
            "envs/clca.yaml",
            "profiles",
            "tests/workflow/tiny.yaml",
        ):
            source, target = REPOSITORY / name, path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.rmtree(target, ignore_errors=True)
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, target)
        self.environment = self._environment()
        # What a process does before it becomes snakemake.
        self.before: Callable[[], None] | None = None

    def copied(self, path: Path) -> "Workdir":
        """The folder as it is now, at another place."""
        shutil.copytree(self.path, path, symlinks=True, dirs_exist_ok=True)
        other = copy.copy(self)
        other.path = path
        other.environment = other._environment()
        return other

    def _environment(self) -> dict[str, str]:
        """With the folder's code instead of the installed one."""
        return os.environ | {"PYTHONPATH": str(self.path)}

    def start(self, *arguments: str, configs: Sequence[str] = ()) -> "subprocess.Popen[str]":
        """Start snakemake in a process group of its own, both streams in one pipe's file `run.log`."""
        command = [sys.executable, "-m", "snakemake", *arguments]
        if "PYTEST_XDIST_WORKER" in os.environ and "--cores" not in arguments:
            # A worker's share: models that compete for the same cores take a fifth longer.
            command += ["--cores", os.environ["OMP_NUM_THREADS"]]
        if configs:
            command += ["--configfile", *configs]
        with (self.path / "run.log").open("w") as log:
            return subprocess.Popen(
                command,
                cwd=self.path,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
                preexec_fn=self._begin,
            )

    def _begin(self) -> None:
        # A suite that was started in the background ignores Ctrl-C, and so would all that it starts.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if self.before is not None:
            self.before()

    def run(self, *arguments: str, configs: Sequence[str] = (), limit: float = 900) -> tuple[int, str]:
        """Run snakemake to its end: exit status and everything it printed."""
        process = self.start(*arguments, configs=configs)
        try:
            status = process.wait(limit)
        finally:
            self.kill(process)
        return status, (self.path / "run.log").read_text()

    def tiny(self, *arguments: str) -> tuple[int, str]:
        """Run on the embedded model with the tests' small configuration."""
        return self.run(*arguments, configs=TINY)

    def planned(self, *arguments: str, configs: Sequence[str] | None = None) -> Counter[str]:
        """The jobs of a dry run, by rule."""
        status, output = self.run("-n", *arguments, configs=TINY if configs is None else configs, limit=120)
        assert status == 0, output
        if "Nothing to be done" in output:
            return Counter()
        table = output.rpartition("Job stats:")[2].partition("total")[0]
        jobs = Counter({name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)})
        del jobs["all"]
        return jobs

    def kill_when(self, ready: Callable[[], bool], *arguments: str, limit: float = 1800) -> None:
        """Run until `ready`, then kill -9 Snakemake and all its jobs."""
        process = self.start(*arguments, configs=TINY)
        until = time.monotonic() + limit
        while not ready():
            assert process.poll() is None, f"it ended before it was killed:\n{(self.path / 'run.log').read_text()}"
            assert time.monotonic() < until, "the moment to kill never came"
            time.sleep(0.01)
        self.kill(process)

    def kill(self, process: "subprocess.Popen[str]") -> None:
        """Kill -9 the process group, if it is still there."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def journal(self, artifact: str) -> list[str]:
        """The whole lines of an artifact's journal, all files together."""
        folder = self.path / "results/demo/journal" / artifact
        return [line for file in folder.glob("*.jsonl") for line in file.read_text().splitlines()]

    @contextmanager
    def edited(self, name: str, change: Callable[[str], str]) -> Iterator[None]:
        """The file `name` with another text, for a while; its time of change is put back too."""
        path = self.path / name
        text, stat = path.read_text(), path.stat()
        changed = change(text)
        assert changed != text, f"{name} did not change"
        path.write_text(changed)
        try:
            yield
        finally:
            path.write_text(text)
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


TINY = ("config/demo.yaml", "tests/workflow/tiny.yaml")
