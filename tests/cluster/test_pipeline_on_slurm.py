"""The whole chain through sbatch: its dialogues and its training hit their time limits, are given more and go on.

A process is stopped where the limit is to find it, so that no pace of a machine matters.
"""

import json
import os
import re
import shutil
from collections import Counter
from dataclasses import dataclass

import cluster
import pytest
from cluster import HERE, Cluster, Job
from workdir import TARGET, TINY

CONFIGS = (*TINY, "tests/cluster/tiny.yaml")
DIALOGUES = "data/japan/smollm2/social/dialogues.jsonl"
CHECKPOINTS = "results/demo/journal/smollm2/japan/clca/seed42/checkpoints"
SUBMITTED = {"adapted_scenarios", "dialogues", "judgements", "intents", "adapter", "answers", "adapter_answers"}


@dataclass
class Finished:
    """A finished run, the jobs it took, and how far two stages were when their time was up."""

    folder: Cluster
    output: str
    jobs: list[Job]
    played: int
    trained: int


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    path = tmp_path_factory.mktemp("finished")
    folder = Cluster(path)
    (path / "tests/cluster").mkdir()
    shutil.copy(HERE / "tiny.yaml", path / "tests/cluster")
    folder.site(
        # One at a time: two models on the same cores are slower than one after the other.
        jobs=1,
        default_resources={"node_storage": str(path / "disk")},
        set_resources={"dialogues": {"runtime": "attempt"}, "adapter": {"runtime": "attempt"}},
    )
    folder.environment |= {"HOME": str(path / "home"), "MASTER_PORT": "1"}
    (path / "home").mkdir()
    known = {job.id for job in cluster.jobs()}

    def played() -> int:
        return len(folder.journal(DIALOGUES))

    def trained() -> int:
        marks = (path / CHECKPOINTS).glob("checkpoint-*/complete")
        return max((int(mark.parent.name.rpartition("-")[2]) for mark in marks), default=0)

    process = folder.submit(TARGET, configs=CONFIGS)
    folder.until(lambda: played() >= 3, process, limit=600)
    folder.frozen("dialogues")
    reached = played()
    folder.until(lambda: trained() >= 1, process, limit=900)
    folder.frozen("adapter")
    status, output = folder.wait(process, 900)
    assert status == 0, output[-5000:]
    jobs = [job for job in cluster.jobs() if job.id not in known]
    return Finished(folder, output, jobs, reached, trained())


def attempts(finished: Finished, rule: str) -> list[Job]:
    return [job for job in finished.jobs if job.rule == rule]


def test_the_scorecard_is_there_and_every_model_s_job_was_slurm_s(finished: Finished):
    card = json.loads((finished.folder.path / TARGET).read_text())
    assert card["personas"] == 3
    assert {job.rule for job in finished.jobs} == SUBMITTED
    assert {attempts(finished, rule)[-1].state for rule in SUBMITTED} == {"COMPLETED"}


@pytest.mark.parametrize("rule", ["dialogues", "adapter"])
def test_a_stage_that_hit_its_limit_was_given_more_time(finished: Finished, rule: str):
    tries = attempts(finished, rule)
    assert [job.minutes for job in tries] == list(range(1, len(tries) + 1))
    assert len(tries) > 1
    assert {job.state for job in tries[:-1]} == {"TIMEOUT"}


def test_dialogues_went_on_and_asked_nothing_twice(finished: Finished):
    lines = finished.folder.journal(DIALOGUES)
    assert 0 < finished.played < len(lines)
    assert len(list((finished.folder.path / "results/demo/journal" / DIALOGUES).glob("*.jsonl"))) > 1
    assert [key for key, count in Counter(json.loads(line)["key"] for line in lines).items() if count > 1] == []


def test_training_went_on_from_its_checkpoint(finished: Finished):
    log = finished.folder.path / "logs/demo/smollm2/japan/clca/seed42/adapter.log"
    resumed = re.findall(r"going on from checkpoint-(\d+)", log.read_text())
    assert resumed
    assert int(resumed[-1]) >= 1


def test_jobs_kept_away_from_home_and_read_weights_from_the_node_s_disk(finished: Finished):
    home = finished.folder.path / "home"
    assert {path.relative_to(home).parts[:2] for path in home.rglob("*") if path.is_file()} <= {(".cache", "snakemake")}
    (copy,) = (finished.folder.path / f"disk/clca-{os.getuid()}").glob("smollm2-*")
    assert (copy / "model.safetensors").is_file()
