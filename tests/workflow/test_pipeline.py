"""The whole chain: a run that was killed three times, what it left, and what other configurations make of it."""

import json
import re
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from workdir import TARGET, TINY, Workdir

from clca.survey.columns import ITEMS

STUDY = "results/llama8b/japan/wvs.json"
STEPS = 8

CHAIN = Counter([
    "model", "adapted_scenarios", "dialogues", "judgements", "filtered", "intents", "examples", "adapter",
    "respondents", "personas", "answers", "adapter_answers", "wvs_scores",
])  # fmt: skip
# Of the study: the student, its teacher, and the author who judges as well.
STUDY_CHAIN = CHAIN + Counter(model=2)

KEYS = {
    "model", "culture", "language", "form", "items", "personas", "seed", "reference", "methods", "comparisons",
    "yardsticks", "provenance",
}  # fmt: skip
YARDSTICKS = {"true_marginals", "marginals_sample", "modal", "uniform", "other_cultures", "first_option"}


def keys(journal: Path) -> list[str]:
    """The keys of all whole lines of a journal; a kill may have torn the last line of a file."""
    return [json.loads(line)["key"] for file in journal.glob("*.jsonl") for line in file.read_text().split("\n")[:-1]]


def test_every_kill_landed_within_its_stage(finished):
    assert len(finished.killed_at) == 3
    for artifact, reached in finished.killed_at.items():
        total = len(finished.workdir.journal(artifact)) or STEPS
        assert 0.1 <= reached / total <= 0.9, f"{artifact}: {reached} of {total}"


def test_nothing_was_asked_twice(finished):
    found = (finished.workdir.path / "results/demo/journal").rglob("*.jsonl")
    journals = {file.parent for file in found if file.is_file()}
    assert len(journals) == 6
    for journal in journals:
        assert [key for key, count in Counter(keys(journal)).items() if count > 1] == [], journal


@pytest.mark.parametrize("stage", ["dialogues", "answers"])
def test_a_killed_stage_went_on_in_another_process(finished, stage: str):
    (artifact,) = (artifact for artifact in finished.killed_at if stage in artifact)
    files = list((finished.workdir.path / "results/demo/journal" / artifact).glob("*.jsonl"))
    assert len(files) > 1


def test_killed_training_went_on_from_its_last_checkpoint(finished):
    (reached,) = (step for artifact, step in finished.killed_at.items() if artifact.endswith("checkpoints"))
    log = (finished.workdir.path / "logs/demo/smollm2/japan/clca/seed42/adapter.log").read_text()
    resumed = re.findall(r"going on from checkpoint-(\d+)", log)
    assert [int(step) >= reached for step in resumed] == [True]


def test_the_scorecard_has_its_parts(scorecard):
    assert set(scorecard) == KEYS
    assert set(scorecard["methods"]) == {"persona", "cultural", "clca"}
    assert set(scorecard["yardsticks"]) == YARDSTICKS
    assert (scorecard["model"], scorecard["culture"], scorecard["personas"]) == ("smollm2", "japan", 4)


def test_a_second_run_has_nothing_to_do(finished):
    status, output = finished.workdir.tiny(TARGET)
    assert status == 0, output
    assert "Nothing to be done" in output


def test_deleted_answers_come_back_from_the_journal_without_a_model(finished):
    path = finished.workdir.path
    card = (path / TARGET).read_bytes()
    answers = {file: file.read_bytes() for file in (path / "results/demo/smollm2").rglob("answers.*.parquet")}
    assert len(answers) == 3
    assert "with vLLM" in (path / "logs/demo/smollm2/japan/answers.en.constrained.log").read_text()
    for file in [*answers, path / TARGET]:
        file.unlink()
    status, output = finished.workdir.tiny(TARGET)
    assert status == 0, output
    assert "with vLLM" not in output
    assert {file: file.read_bytes() for file in answers} == answers
    assert (path / TARGET).read_bytes() == card


def test_demo_and_study_leave_each_other_alone(finished):
    assert finished.workdir.planned(STUDY, configs=()) == STUDY_CHAIN
    assert finished.workdir.planned(TARGET) == Counter()


def test_a_missing_key_is_told_before_anything_runs(tmp_path: Path):
    workdir = Workdir(tmp_path)
    workdir.environment.pop("OPENAI_API_KEY", None)
    status, output = workdir.run(STUDY)
    assert status != 0
    assert "OPENAI_API_KEY is not set" in output
    assert "Traceback" not in output
    assert not (tmp_path / "results").exists()
    assert not (tmp_path / "resources").exists()


def renamed(source: Path, target: Path, old: str, new: str) -> None:
    """The rows of culture `old` in a table of shares, as those of `new`."""
    rows = pl.read_csv(source, infer_schema=False).filter(pl.col("culture") == old)
    rows.with_columns(culture=pl.lit(new)).write_csv(target)


def test_a_sixth_culture_needs_files_and_no_code(tmp_path: Path):
    workdir = Workdir(tmp_path)
    own = tmp_path / "own"
    own.mkdir()
    for name in ("wvs7_marginals.csv", "demographics.csv"):
        renamed(tmp_path / "workflow/resources" / name, own / name, "japan", "korea")
    text = (tmp_path / "config/cultures/japan.yaml").read_text()
    text = text.replace("name: Japan", "name: South Korea").replace("people: Japanese", "people: South Korean")
    text = text.replace("[JPN]", "[KOR]").replace("language: ja", "language: ko")
    (own / "korea.yaml").write_text(f"{text}marginals: own/wvs7_marginals.csv\ndemographics: own/demographics.csv\n")
    (own / "config.yaml").write_text("cultures: {korea: own/korea.yaml}\n")
    configs = (*TINY, "own/config.yaml")

    assert workdir.planned("results/demo/smollm2/korea/wvs.json", configs=configs) == CHAIN
    status, output = workdir.run("results/demo/survey/korea/personas.parquet", configs=configs)
    assert status == 0, output
    personas = pl.read_parquet(tmp_path / "results/demo/survey/korea/personas.parquet")
    assert len(personas) == 4
    assert personas["respondent"].str.starts_with("korea-").all()


def test_the_survey_s_answers_reach_nothing_but_the_scorecard(finished):
    """What every rule reads, as Snakemake says: shares and respondents' rows stay away from models and training."""
    _, output = finished.workdir.run("-n", "--forceall", TARGET, configs=TINY)
    readers = {"wvs7_marginals.csv": set(), "respondents.parquet": set()}
    for rule, inputs in re.findall(r"rule (\w+):\n    input: (.*)", output):
        for name in readers:
            if name in inputs:
                readers[name].add(rule)
    assert readers["wvs7_marginals.csv"] == {"respondents", "wvs_scores"}
    assert readers["respondents.parquet"] == {"personas", "wvs_scores"}
    personas = pl.read_parquet(finished.workdir.path / "results/demo/survey/japan/personas.parquet")
    assert not set(personas.columns) & set(ITEMS)
