"""The lock that a killed run leaves: released when nothing of that run is left, kept as long as anything is."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from workdir import TINY, Workdir

RESPONDENTS = "results/demo/survey/japan/respondents.parquet"


def locked(path: Path, host: str) -> Workdir:
    """A folder with the lock of a run that is gone."""
    workdir = Workdir(path)
    (path / ".snakemake/locks").mkdir(parents=True)
    (path / ".snakemake/locks/0.output.lock").write_text(f"{RESPONDENTS}\n")
    (path / ".snakemake/holders").mkdir()
    # No process has this id: Linux gives none above 2**22.
    (path / f".snakemake/holders/{host}~{2**22 + 1}").touch()
    return workdir


def test_lock_of_a_killed_run_is_released(tmp_path):
    status, output = locked(tmp_path, socket.gethostname()).run(RESPONDENTS, configs=TINY)
    assert status == 0, output
    assert "its lock is released" in output


def looked(workdir: Workdir) -> str:
    """What planning by `clca`'s commands says beside its answer."""
    command = [sys.executable, "workflow/jobs.py", "--configfile", *TINY, "--", RESPONDENTS]
    done = subprocess.run(command, cwd=workdir.path, env=workdir.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_a_command_that_only_looks_neither_releases_nor_takes_the_lock(tmp_path):
    workdir = locked(tmp_path / "left", socket.gethostname())
    folder = workdir.path / ".snakemake"
    before = {path for name in ("locks", "holders") for path in (folder / name).iterdir()}
    assert "lock" not in looked(workdir)
    assert {path for name in ("locks", "holders") for path in (folder / name).iterdir()} == before
    fresh = Workdir(tmp_path / "fresh")
    looked(fresh)
    assert not (fresh.path / ".snakemake/holders").exists()


def test_lock_stays_while_a_job_of_the_killed_run_goes_on(tmp_path):
    workdir = locked(tmp_path, socket.gethostname())
    script = [sys.executable, "-c", "import time; time.sleep(600)", ".snakemake/scripts/adapter.py"]
    with subprocess.Popen(script, cwd=tmp_path) as orphan:
        status, output = workdir.run(RESPONDENTS, configs=TINY)
        orphan.kill()
    assert status != 0
    assert f"in use by process {orphan.pid}" in output
    assert not (tmp_path / RESPONDENTS).exists()
    assert workdir.run(RESPONDENTS, configs=TINY)[0] == 0


def test_lock_of_a_run_on_another_machine_stays(tmp_path):
    status, output = locked(tmp_path, "elsewhere").run(RESPONDENTS, configs=TINY)
    assert status != 0
    assert "cannot be locked" in output


def queue(workdir: Workdir, script: str) -> None:
    """Put a queue of SLURM's first on the path; `scancel` and all else are not needed to ask it."""
    command = workdir.path / "bin/squeue"
    command.parent.mkdir(exist_ok=True)
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    workdir.environment["PATH"] = f"{command.parent}{os.pathsep}{os.environ['PATH']}"


def test_lock_stays_while_slurm_does_not_say_whether_jobs_go_on(tmp_path):
    workdir = locked(tmp_path, socket.gethostname())
    (holder,) = (tmp_path / ".snakemake/holders").iterdir()
    holder.write_text("slurm\n")
    queue(workdir, "echo 'Unable to contact slurm controller' >&2; exit 1")
    status, output = workdir.run(RESPONDENTS, configs=TINY)
    assert status != 0
    assert "SLURM does not say whether its jobs go on" in output
    assert list((tmp_path / ".snakemake/locks").iterdir())
    # Of a run without SLURM it need not say anything.
    holder.write_text("")
    assert workdir.run(RESPONDENTS, configs=TINY)[0] == 0


def test_nothing_is_started_beside_jobs_that_slurm_still_has(tmp_path):
    workdir = locked(tmp_path, "elsewhere")
    run, others = "0b5c9a52-5c0e-4d3c-9d6e-3a3b8a1f0c11", f"echo '72|bash|{tmp_path}'"
    queue(workdir, f"echo '71|{run}|{tmp_path}'; {others}; echo '73|{run}|/elsewhere'")
    assert workdir.run("--unlock", RESPONDENTS, configs=TINY)[0] == 0
    status, output = workdir.run(RESPONDENTS, configs=TINY)
    assert status != 0
    assert "its jobs 71 are SLURM's still; wait for them, or: scancel 71" in output
    assert "Traceback" not in output
    assert not (tmp_path / RESPONDENTS).exists()
    # The other two are no job of Snakemake's, and of another folder.
    queue(workdir, others)
    assert workdir.run(RESPONDENTS, configs=TINY)[0] == 0


def test_a_run_of_other_targets_may_start_beside_one_that_has_jobs_with_slurm(tmp_path):
    workdir = locked(tmp_path, "elsewhere")
    (tmp_path / ".snakemake/locks/0.output.lock").write_text("results/another\n")
    queue(workdir, f"echo '71|0b5c9a52-5c0e-4d3c-9d6e-3a3b8a1f0c11|{tmp_path}'")
    status, output = workdir.run(RESPONDENTS, configs=TINY)
    assert status == 0, output
