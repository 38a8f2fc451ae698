"""One culture with four variants, each learnt and asked on the embedded model, up to the study's tables."""

import polars as pl
import pytest
import yaml
from workdir import TINY, Workdir

from clca import artifacts, schemas
from clca.training.matching import TOLERANCE
from clca.training.variants import Data

VARIANTS = ("clca", "dialogue_only", "intent_only", "gsm8k")
CONFIGS = (*TINY, "four.yaml")
# The small model repeats itself: only the survey's wording is held to its limit.
LIMITS = ("duplicates", "near_duplicates", "repeated_turns", "cut_off", "not_english", "commonest_name")


@pytest.fixture(scope="module")
def study(finished, tmp_path_factory) -> Workdir:
    """A copy of the finished run of `clca`, and the study of it and three more variants."""
    workdir = finished.workdir.copied(tmp_path_factory.mktemp("variants") / "run")
    settings = {"study": {"variants": list(VARIANTS)}, "quality": {"limits": dict.fromkeys(LIMITS, 1.0)}}
    (workdir.path / "four.yaml").write_text(yaml.safe_dump(settings))
    planned = workdir.planned("study", configs=CONFIGS)
    new = len(VARIANTS) - 1
    made = planned["variant_examples"] + planned["examples"]
    assert (made, planned["adapter"], planned["adapter_answers"]) == (new, new, new)
    assert planned["dialogues"] == planned["answers"] == 0, "what the run has already is not made again"
    status, output = workdir.run("study", configs=CONFIGS)
    assert status == 0, output
    return workdir


def cells(study: Workdir, name: str) -> pl.DataFrame:
    return pl.read_csv(study.path / f"results/demo/study/tables/{name}.csv", infer_schema_length=None)


def test_every_variant_has_a_measured_cell_with_interval_and_test(study):
    found = pl.concat([cells(study, name) for name in ("objectives", "controls")], how="diagonal_relaxed")
    found = found.filter(pl.col("kind") == "method", pl.col("method").is_in(VARIANTS))
    assert set(found["method"]) == set(VARIANTS)
    assert (found["status"] == "ok").all()
    assert found["p_value"].null_count() == found["low"].null_count() == 0


def test_each_adapter_is_another(study):
    folders = [study.path / f"results/demo/smollm2/japan/{name}/seed42/adapter" for name in VARIANTS]
    assert len({(folder / "adapter_model.safetensors").read_bytes() for folder in folders}) == len(VARIANTS)


def test_the_control_saw_as_many_tokens_and_steps_as_clca(study):
    folder = study.path / "results/demo/smollm2/japan/gsm8k/seed42"
    data = Data.model_validate(artifacts.read_record(folder / "training_data.json", Data))
    assert abs(data.matched["tokens"] - data.matched["wanted_tokens"]) <= TOLERANCE * data.matched["wanted_tokens"]
    examples = artifacts.read(folder / data.examples, schemas.Example)
    assert set(examples["task"]) == {"single_turn"}


def test_a_rerun_has_nothing_to_do(study):
    assert not study.planned("study", configs=CONFIGS)
