"""A SLURM cluster of one node, and the workflow run on it under the shipped profile."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import yaml
from workdir import REPOSITORY, Workdir

HERE = REPOSITORY / "tests/cluster"
PROFILE = "profiles/test"
# As the shipped profile, but it looks for the ends of jobs sooner.
SOONER = {"slurm-init-seconds-before-status-checks": 2, "latency-wait": 20}


class Job(NamedTuple):
    """A job as squeue tells it."""

    id: int
    rule: str
    state: str
    minutes: int


class Cluster(Workdir):
    """A copy of the repository, run through SLURM."""

    def site(self, **sections: Mapping[str, Any]) -> None:
        """Fill in the shipped profile: entries of `default_resources` and `set_resources`, and other keys."""
        profile = yaml.safe_load((self.path / "profiles/slurm/config.yaml").read_text()) | SOONER
        for name, entries in sections.items():
            key = name.replace("_", "-")
            profile[key] = profile.get(key, {}) | entries if isinstance(entries, dict) else entries
        folder = self.path / PROFILE
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.yaml").write_text(yaml.safe_dump(profile))

    def submit(self, *targets: str, configs: tuple[str, ...] = ()) -> "subprocess.Popen[str]":
        """Start snakemake on the cluster; its output is in `run.log`."""
        return self.start(*targets, "--workflow-profile", PROFILE, configs=configs)

    def wait(self, process: "subprocess.Popen[str]", limit: float) -> tuple[int, str]:
        """Wait for the end: status and output. What runs longer is killed, its jobs too."""
        try:
            status = process.wait(limit)
        finally:
            self.kill(process)
            cancel_all()
        return status, self.output()

    def output(self) -> str:
        return (self.path / "run.log").read_text()

    def until(self, ready: Callable[[], Any], process: "subprocess.Popen[str]", limit: float = 120) -> None:
        """Wait while snakemake runs until something is there; else kill it and fail."""
        end = time.monotonic() + limit
        while not ready():
            ended = process.poll() is not None
            if ended or time.monotonic() > end:
                self.kill(process)
                cancel_all()
                raise AssertionError(f"{'it ended' if ended else 'time is up'}:\n{self.output()[-5000:]}")
            time.sleep(0.05)

    def frozen(self, rule: str) -> None:
        """Stop the processes of a rule's script, so that they do not get beyond where they are."""
        for process in psutil.process_iter(["cmdline"]):
            words = " ".join(process.info["cmdline"] or [])
            if f".{rule}.py" in words and ".snakemake/scripts" in words and Path(process.cwd()) == self.path:
                process.send_signal(signal.SIGSTOP)

    def logged(self) -> list[list[str]]:
        """The arguments of all calls of sbatch so far."""
        log = self.path / "sbatch.log"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def refusing(self) -> None:
        """Put an sbatch first on the path that logs its arguments and refuses."""
        folder = self.path / "bin"
        folder.mkdir()
        wrapper = folder / "sbatch"
        wrapper.write_text(
            "#!/usr/bin/env python3\n"
            "import json, sys\n"
            f"with open({str(self.path / 'sbatch.log')!r}, 'a') as log:\n"
            "    log.write(json.dumps(sys.argv[1:]) + '\\n')\n"
            "sys.exit('refused by the test')\n"
        )
        wrapper.chmod(0o755)
        self.environment["PATH"] = f"{folder}:{self.environment['PATH']}"


def jobs(state: str = "all") -> list[Job]:
    """Jobs that SLURM knows, the finished ones too."""
    command = ["squeue", "--noheader", f"--states={state}", "--format=%A|%k|%T|%l", "--sort=i"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.splitlines()
    found = []
    for line in lines:
        number, comment, status, limit = line.split("|")
        rule = comment.removeprefix("rule_").partition("_wildcards_")[0]
        found.append(Job(int(number), rule, status, _minutes(limit)))
    return found


def waiting_or_running() -> list[Job]:
    return jobs("PENDING,RUNNING,COMPLETING,CONFIGURING,SUSPENDED")


def cancel_all(limit: float = 30) -> None:
    """Cancel what is there and wait until it is gone."""
    end = time.monotonic() + limit
    while found := waiting_or_running():
        subprocess.run(["scancel", *(str(job.id) for job in found)], check=False, timeout=30)
        assert time.monotonic() < end, f"jobs cannot be cancelled: {found}"
        time.sleep(0.5)


def _minutes(limit: str) -> int:
    """Of squeue's [days-][hours:]minutes:seconds."""
    days, _, clock = limit.rpartition("-")
    parts = [int(part) for part in clock.split(":")]
    hours = parts[0] if len(parts) == 3 else 0
    return int(days or 0) * 1440 + hours * 60 + parts[-2]


def start() -> str | None:
    """Start the cluster; what is missing, if it cannot be."""
    command = [str(HERE / "start")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    return ended.stderr.strip() if ended.returncode else None


def stop() -> None:
    subprocess.run([str(HERE / "stop")], timeout=120, check=True)
