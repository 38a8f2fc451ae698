"""The whole chain through sbatch: its dialogues and its training hit their time limits, are given more and go on.

A process is stopped where the limit is to find it, so that no pace of a machine matters.
"""

import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable
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
class Limited:
    """A run in which a stage hit its limit: where that was, and all jobs of the folder up to its end."""

    folder: Cluster
    reached: int
    jobs: list[Job]

    def attempts(self, rule: str) -> list[Job]:
        return [job for job in self.jobs if job.rule == rule]


def limited(folder: Cluster, target: str, rule: str, reached: Callable[[], int], least: int) -> Limited:
    """Make a target; a rule's processes stop for good at a point and wait there for SLURM to end them."""
    process = folder.submit(target, configs=CONFIGS)
    folder.until(lambda: reached() >= least, process, limit=900)
    folder.frozen(rule)
    point = reached()
    # Should it be killed now, its lock stays until the queue says that it has no jobs.
    assert [file.read_text() for file in (folder.path / ".snakemake/holders").iterdir()] == ["slurm\n"]
    status, output = folder.wait(process, 900)
    assert status == 0, output[-5000:]
    return Limited(folder, point, cluster.jobs())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    path = tmp_path_factory.mktemp("chain")
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
    return folder


@pytest.fixture(scope="module")
def played(folder: Cluster) -> Limited:
    return limited(folder, f"results/demo/{DIALOGUES}", "dialogues", lambda: len(folder.journal(DIALOGUES)), 3)


@pytest.fixture(scope="module")
def finished(played: Limited) -> Limited:
    """The rest of the chain, after the dialogues."""

    def trained() -> int:
        marks = (played.folder.path / CHECKPOINTS).glob("checkpoint-*/complete")
        return max((int(mark.parent.name.rpartition("-")[2]) for mark in marks), default=0)

    return limited(played.folder, TARGET, "adapter", trained, 1)


def given_more(tries: list[Job]) -> None:
    assert [job.minutes for job in tries] == list(range(1, len(tries) + 1))
    assert [job.state for job in tries] == ["TIMEOUT"] * (len(tries) - 1) + ["COMPLETED"]
    assert len(tries) > 1


@pytest.mark.ci
def test_dialogues_that_hit_their_limit_were_given_more_time(played: Limited):
    given_more(played.attempts("dialogues"))


@pytest.mark.ci
def test_dialogues_went_on_and_asked_nothing_twice(played: Limited):
    lines = played.folder.journal(DIALOGUES)
    assert 0 < played.reached < len(lines)
    assert len(list((played.folder.path / "results/demo/journal" / DIALOGUES).glob("*.jsonl"))) > 1
    assert [key for key, count in Counter(json.loads(line)["key"] for line in lines).items() if count > 1] == []


@pytest.mark.ci
def test_jobs_kept_away_from_home_and_read_weights_from_the_node_s_disk(played: Limited):
    home = played.folder.path / "home"
    assert {path.relative_to(home).parts[:2] for path in home.rglob("*") if path.is_file()} <= {(".cache", "snakemake")}
    (copy,) = (played.folder.path / f"disk/clca-{os.getuid()}").glob("smollm2-*")
    assert (copy / "model.safetensors").is_file()
    log = played.folder.path / "logs/demo/japan/smollm2/social/dialogues.log"
    assert f"loading {copy} with vLLM" in log.read_text()


def test_training_that_hit_its_limit_was_given_more_time(finished: Limited):
    given_more(finished.attempts("adapter"))


def test_training_went_on_from_its_checkpoint(finished: Limited):
    log = finished.folder.path / "logs/demo/smollm2/japan/clca/seed42/adapter.log"
    resumed = re.findall(r"going on from checkpoint-(\d+)", log.read_text())
    assert resumed
    assert int(resumed[-1]) >= finished.reached


def test_the_scorecard_is_there_and_every_model_s_job_was_slurm_s(finished: Limited):
    card = json.loads((finished.folder.path / TARGET).read_text())
    assert card["personas"] == 3
    assert {finished.attempts(rule)[-1].state for rule in SUBMITTED} == {"COMPLETED"}
