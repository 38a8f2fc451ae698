"""Dialogues and answers spread over jobs: which are planned, and an artifact that does not depend on how many."""

import json
import os
import re
from collections import Counter

import pytest
from workdir import TARGET, Workdir

SHARDED = ("dialogues_shard", "answers_shard", "adapter_answers_shard")
PLAYED = Counter(
    ["dialogues", "judgements", "filtered", "intents", "examples", "adapter", "adapter_answers", "wvs_scores"]
)
ANSWERS = "results/demo/smollm2/mexico/persona/answers.en.constrained.parquet"
CULTURAL = ANSWERS.replace("persona", "cultural")


def over(shards: int) -> tuple[str, ...]:
    """What sets the number of shards on the command line."""
    return "--config", f"shards={shards}"


def test_one_shard_is_the_whole_and_more_are_jobs_before_it(tmp_path):
    workdir = Workdir(tmp_path)
    whole = workdir.planned(TARGET)
    assert not set(whole) & set(SHARDED)
    assert workdir.planned(TARGET, *over(1)) == whole
    assert workdir.planned(TARGET, *over(3)) == whole + Counter(dict.fromkeys(SHARDED, 3))


def test_with_shards_an_edit_reruns_what_it_does_without(finished):
    prompt = "clca/prompts/en/dialogue_system.j2"
    with finished.workdir.edited(prompt, lambda text: text + "Be brief.\n"):
        planned = finished.workdir.planned(TARGET, *over(4))
    assert planned == PLAYED + Counter(dialogues_shard=4, adapter_answers_shard=4)
    with finished.workdir.edited("tests/workflow/tiny.yaml", lambda text: text.replace("personas: 4", "personas: 5")):
        planned = finished.workdir.planned(TARGET, *over(2))
    assert planned == Counter(
        personas=1, answers_shard=2, answers=1, adapter_answers_shard=2, adapter_answers=1, wvs_scores=1
    )


def test_an_input_that_is_newer_but_the_same_reruns_nothing(finished):
    scenarios = finished.workdir.path / "results/demo/data/japan/adapted_scenarios.jsonl"
    before = scenarios.stat()
    scenarios.touch()
    try:
        assert finished.workdir.planned(TARGET, *over(4)) == Counter()
    finally:
        os.utime(scenarios, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.fixture(scope="module")
def sharded(tmp_path_factory) -> tuple[Workdir, str]:
    """Answers of the embedded model as Mexicans, taken by two shards, and what the run printed."""
    workdir = Workdir(tmp_path_factory.mktemp("sharded"))
    status, output = workdir.tiny(ANSWERS, *over(2))
    assert status == 0, output
    return workdir, output


def test_shards_share_the_questions_and_the_whole_loads_no_model(sharded):
    workdir, _ = sharded
    logs = workdir.path / "logs/demo/smollm2/mexico"
    assert "with vLLM" not in (logs / "answers.en.constrained.log").read_text()
    shards = [path.read_text() for path in logs.glob("answers.*-of-2.*.log")]
    assert ["with vLLM" in text for text in shards] == [True, True]
    # The culture's one prompt is asked by one of them.
    assert sorted("answers cultural" in text for text in shards) == [False, True]
    journal = workdir.path / "results/demo/journal" / ANSWERS.removeprefix("results/demo/")
    keys = [[json.loads(line)["key"] for line in file.open()] for file in journal.glob("*.jsonl")]
    assert sorted(map(len, keys)) == [2 * 44, 3 * 44]
    assert len(set().union(*keys)) == 5 * 44


def test_marks_are_gone_when_the_artifact_is_there(sharded):
    workdir, output = sharded
    folder = (workdir.path / ANSWERS).parent
    assert [path.name for path in folder.iterdir()] == ["answers.en.constrained.parquet"]
    assert len(list((workdir.path / "benchmarks/demo/smollm2/mexico").glob("answers.*-of-2.*.jsonl"))) == 2
    # On the terminal each line says whose it is.
    assert re.search(r"^1-of-2 answers shard: ", output, re.MULTILINE)
    assert re.search(r"^2-of-2 answers shard: ", output, re.MULTILINE)


@pytest.mark.parametrize("shards", [1, 3])
def test_answers_are_the_same_whatever_number_of_shards_assembles_them(sharded, shards: int):
    workdir, _ = sharded
    assert workdir.planned(ANSWERS, *over(shards)) == Counter()
    before = [(workdir.path / name).read_bytes() for name in (ANSWERS, CULTURAL)]
    (workdir.path / ANSWERS).unlink()
    status, output = workdir.tiny(ANSWERS, *over(shards))
    assert status == 0, output
    assert "with vLLM" not in output
    assert [(workdir.path / name).read_bytes() for name in (ANSWERS, CULTURAL)] == before


def test_a_mark_that_a_killed_run_left_counts_for_the_same_work_only(sharded):
    workdir, output = sharded
    (workdir.path / ANSWERS).unlink()
    for mark in set(re.findall(r"^    output: (\S+-of-2\.\w{8})", output, re.MULTILINE)):
        (workdir.path / mark).touch()
    assert workdir.planned(ANSWERS, *over(2)) == Counter(answers=1)
    with workdir.edited("clca/survey/parsing.py", lambda text: text + "\nEXTRA = 1\n"):
        assert workdir.planned(ANSWERS, *over(2)) == Counter(answers=1, answers_shard=2)
