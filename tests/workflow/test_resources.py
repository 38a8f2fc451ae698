"""What jobs ask of a machine: derived from the size of the model that they load, and on one machine in nobody's way."""

import re

import pytest
import yaml
from workdir import Workdir

ANSWERS = "results/mine/japan/persona/answers.en.constrained.parquet"
DIALOGUES = "results/data/japan/mine/social/dialogues.jsonl"

# By what the catalogue says of a model: GPUs, megabytes, minutes.
MODELS = {
    "small": ({"size": 0.5}, 1, 9500, 62),
    "the largest for one GPU": ({"size": 30}, 1, 98000, 150),
    "for two": ({"size": 32.8}, 2, 106400, 158),
    "for three, so for four": ({"size": 70.6}, 4, 219800, 272),
    "GPUs that are given": ({"size": 8, "gpus": 2}, 2, 32000, 84),
    "GPUs without a size": ({"gpus": 4}, 4, 104000, 156),
    "nothing": ({}, 1, 32000, 84),
}


@pytest.fixture(scope="module")
def workdir(tmp_path_factory: pytest.TempPathFactory) -> Workdir:
    return Workdir(tmp_path_factory.mktemp("resources"))


def asked(workdir: Workdir, entry: dict[str, object], target: str, rule: str, *configs: str) -> dict[str, int]:
    """Resources of a rule in a dry run with a model of one's own."""
    (workdir.path / "mine.yaml").write_text(yaml.safe_dump({"models": {"mine": {"source": "org/mine"} | entry}}))
    status, output = workdir.run("-n", target, configs=["mine.yaml", *configs], limit=60)
    assert status == 0, output
    job = output.partition(f"\nrule {rule}:")[2].partition("\n\n")[0]
    named = re.search(r"resources: (.*)", job)
    assert named, output
    found = {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)(?:,|$)", named[1])}
    threads = re.search(r"threads: (\d+)", job)
    return found | {"threads": int(threads[1]) if threads else 1}


@pytest.mark.parametrize(("entry", "gpus", "megabytes", "minutes"), MODELS.values(), ids=MODELS)
def test_a_model_of_this_size_needs(workdir: Workdir, entry, gpus: int, megabytes: int, minutes: int):
    found = asked(workdir, entry, ANSWERS, "answers")
    assert (found["tensor_parallel"], found["mem_mb"], found["runtime"]) == (gpus, megabytes, minutes)


@pytest.mark.parametrize("rule", ["answers", "adapter_answers"])
def test_a_shard_needs_what_the_whole_needs(workdir: Workdir, rule: str):
    target = ANSWERS.replace("persona", "persona" if rule == "answers" else "clca-seed42")
    (workdir.path / "shards.yaml").write_text("shards: 2\n")
    whole = asked(workdir, {"size": 8}, target, rule)
    found = asked(workdir, {"size": 8}, target, f"{rule}_shard", "shards.yaml")
    assert found == whole


@pytest.mark.parametrize(
    ("rule", "file", "share"), [("intents", "intents", 1), ("intents_of_all", "intents.unfiltered", 64)]
)
def test_intents_and_those_of_all_which_share_a_journal_take_turns(workdir: Workdir, rule: str, file: str, share: int):
    assert asked(workdir, {}, DIALOGUES.replace("dialogues", file), rule)["intents_journal"] == share
    for profile in ("default", "slurm"):
        limits = yaml.safe_load((workdir.path / f"profiles/{profile}/config.yaml").read_text())["resources"]
        assert "intents_journal=64" in limits


def test_a_model_that_is_served_elsewhere_needs_no_gpu_and_few_cores(workdir: Workdir):
    found = asked(workdir, {"engine": "openai"}, DIALOGUES, "dialogues")
    assert (found["gpu"], found["tensor_parallel"], found["mem_mb"], found["runtime"]) == (0, 0, 4000, 240)
    assert found["threads"] <= 2
