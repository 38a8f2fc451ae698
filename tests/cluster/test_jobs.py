"""How jobs end under the profile: side by side, cancelled, interrupted, refused, out of memory; without a model."""

import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field

import cluster
import pytest
from cluster import HERE, Cluster, Job
from workdir import TINY

RESPONDENTS = "results/demo/survey/japan/respondents.parquet"
TOY = ("--snakefile", "tests/cluster/toy.smk")


def toy(folder: Cluster) -> Cluster:
    (folder.path / "tests/cluster").mkdir(parents=True)
    shutil.copy(HERE / "toy.smk", folder.path / "tests/cluster")
    return folder


def started(folder: Cluster, name: str) -> list[int]:
    """SLURM's ids of the jobs that began to make a file."""
    file = folder.path / "started" / name
    return [int(number) for number in file.read_text().split()] if file.exists() else []


@dataclass
class Interrupted:
    """A run of three jobs: one is cancelled while all wait, and Ctrl-C is pressed when it is back."""

    together: list[Job] = field(default_factory=list)
    again: list[Job] = field(default_factory=list)
    left: list[Job] = field(default_factory=list)
    status: int = 0
    output: str = ""


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> Interrupted:
    folder, run = toy(Cluster(tmp_path_factory.mktemp("interrupted"))), Interrupted()
    folder.site()
    process = folder.submit(*TOY)
    folder.until(lambda: all(started(folder, name) for name in "abc"), process)
    run.together = cluster.waiting_or_running()
    subprocess.run(["scancel", str(started(folder, "a")[0])], check=True, timeout=30)
    folder.until(lambda: len(started(folder, "a")) == 2, process)
    run.again = [job for job in cluster.jobs() if job.id in started(folder, "a")]
    # As a terminal does at Ctrl-C.
    os.killpg(process.pid, signal.SIGINT)
    try:
        run.status = process.wait(60)
    finally:
        folder.kill(process)
    end = time.monotonic() + 20
    while (left := cluster.waiting_or_running()) and time.monotonic() < end:
        time.sleep(0.2)
    run.left, run.output = left, folder.output()
    cluster.cancel_all()
    return run


@pytest.mark.ci
def test_several_jobs_run_at_a_time(interrupted: Interrupted):
    assert [job.state for job in interrupted.together] == ["RUNNING"] * 3


@pytest.mark.ci
def test_a_cancelled_job_is_noticed_and_submitted_again_with_more_time(interrupted: Interrupted):
    assert "SLURM status is: 'CANCELLED'" in interrupted.output
    assert [job.state for job in interrupted.again] == ["CANCELLED", "RUNNING"]
    assert [job.minutes for job in interrupted.again] == [60, 120]


@pytest.mark.ci
def test_an_interrupt_leaves_no_job_behind(interrupted: Interrupted):
    assert interrupted.status != 0
    assert interrupted.left == []


@pytest.mark.ci
def test_an_impossible_request_is_refused_at_once_with_sbatch_s_reason(site: Cluster):
    site.site(retries=0)
    status, output = toy(site).wait(site.submit("out/never", *TOY), 120)
    assert status != 0
    assert "SLURM sbatch failed" in output
    assert "Requested node configuration is not available" in output


@pytest.mark.ci
def test_a_job_out_of_memory_is_given_more(site: Cluster):
    status, output = toy(site).wait(site.submit("out/fed", *TOY), 300)
    assert status == 0, output
    first, _ = started(site, "hungry")
    assert {job.state for job in cluster.jobs() if job.id == first} <= {"OUT_OF_MEMORY", "FAILED", "CANCELLED"}
    # Logs of jobs that went well are kept, too.
    assert len(list((site.path / "logs/slurm/rule_hungry").rglob("*.log"))) == 2


@pytest.mark.ci
def test_jobs_of_a_killed_run_go_on_alone_until_they_end_or_are_cancelled(site: Cluster):
    process = toy(site).submit("out/a", *TOY)
    site.until(lambda: started(site, "a"), process)
    site.kill(process)
    (job,) = started(site, "a")
    # As the workflow itself leaves them; the toy has another target and no holders.
    (site.path / ".snakemake/locks/0.output.lock").write_text(f"{RESPONDENTS}\n")
    (site.path / ".snakemake/holders").mkdir()
    (site.path / f".snakemake/holders/{socket.gethostname()}~{process.pid}").touch()
    status, output = site.run(RESPONDENTS, configs=TINY)
    assert status != 0
    assert f"its jobs {job} are SLURM's still; wait for them, or: scancel {job}" in output
    assert [job.state for job in cluster.waiting_or_running()] == ["RUNNING"]
    cluster.cancel_all()
    status, output = site.run(RESPONDENTS, configs=TINY)
    assert status == 0, output
    assert "its lock is released" in output


def test_a_job_that_is_put_back_into_the_queue_is_the_same_job_and_ends(site: Cluster):
    process = toy(site).submit("out/a", *TOY)
    site.until(lambda: started(site, "a"), process)
    subprocess.run(["scontrol", "requeue", str(started(site, "a")[0])], check=True, timeout=30)
    # SLURM lets two minutes go by.
    site.until(lambda: len(started(site, "a")) == 2, process, limit=400)
    (site.path / "go").touch()
    status, output = site.wait(process, 400)
    assert status == 0, output
    assert len(set(started(site, "a"))) == 1
