"""The study planned and made: answers are made up, all that follows from them is made as in a real run."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
import yaml
from made_up_study import fill
from workdir import TINY, Workdir

DEMO = "config/demo-study.yaml"
ALONE = (DEMO, "tests/workflow/alone.yaml")
MORE = "tests/workflow/more.yaml"
TABLES = "results/demo-study/study/tables"
CHAIN = "respondents personas answers adapted_scenarios dialogues judgements filtered intents examples adapter"
CHAIN += " adapter_answers wvs_scores quality"


@pytest.fixture(scope="module")
def workdir(tmp_path_factory: pytest.TempPathFactory) -> Workdir:
    folder = Workdir(tmp_path_factory.mktemp("study"))
    (folder.path / "resources/models").mkdir(parents=True)
    (folder.path / "resources/models/smollm2.json").touch()
    (folder.path / ALONE[1]).write_text(yaml.safe_dump({"study": {"variants": ["clca"]}}))
    return folder


def with_more(workdir: Workdir, config: dict) -> tuple[str, ...]:
    """The demo's study of `clca` alone with other settings on top."""
    (workdir.path / MORE).write_text(yaml.safe_dump(config))
    return *ALONE, MORE


def test_the_study_plans_each_method_once_a_culture(workdir: Workdir):
    planned = workdir.planned("study", configs=ALONE)
    both = 2
    # Persona and cultural: English, reversed, and in the own language.
    assert (planned["answers"], planned["answers_in"]) == (2 * both, both)
    # Two seeds; the first in the own language and with options reversed too.
    assert (planned["adapter"], planned["adapter_answers"], planned["adapter_answers_in"]) == (2 * both, 3 * both, both)
    assert (planned["adapter_answers_abroad"], planned["anthropological_answers"]) == (both, both)
    # A card of all in English, one of few, one in the own language.
    assert (planned["study_scores"], planned["study_averages"]) == (3 * both, 3)
    assert (planned["study_diagnostics"], planned["study_power"], planned["study_tables"]) == (both, 1, 1)
    assert planned["wvs_scores"] == both


def test_a_variant_more_plans_its_own_jobs_and_what_compares_methods(workdir: Workdir):
    before = workdir.planned("study", configs=ALONE)
    variants = {"perspectives": {"teacher": "smollm2", "tasks": ["perspective"]}}
    configs = with_more(workdir, {"variants": variants, "study": {"variants": ["clca", "perspectives"]}})
    more = workdir.planned("study", configs=configs) - before
    assert more == Counter(variant_examples=2, adapter=2, adapter_answers=2)


def test_a_method_in_reversed_order_more_plans_its_answers_alone(workdir: Workdir):
    before = workdir.planned("study", configs=ALONE)
    asked = ["persona", "cultural", "clca", "anthropological"]
    configs = with_more(workdir, {"study": {"reversed": asked}})
    assert workdir.planned("study", configs=configs) - before == Counter(anthropological_answers=2)


def test_what_a_bare_snakemake_plans_knows_nothing_of_the_study(workdir: Workdir):
    """Whatever the study compares, a scorecard is the headline's three methods."""
    everything = {"baselines": ["persona", "anthropological"], "own_language": ["clca"], "reversed": ["clca"]}
    everything["specificity"] = ["clca"]
    (workdir.path / MORE).write_text(yaml.safe_dump({"study": everything}))
    for configs in (TINY, (*TINY, MORE)):
        assert workdir.planned(configs=configs) == Counter(CHAIN.split())


def test_one_culture_has_no_means_over_cultures(workdir: Workdir):
    configs = with_more(workdir, {"study": {"cultures": ["japan"]}})
    planned = workdir.planned("study", configs=configs)
    assert (planned["study_averages"], planned["adapter_answers_abroad"], planned["study_tables"]) == (0, 0, 1)


@pytest.fixture(scope="module")
def made(workdir: Workdir) -> Path:
    """The tables of made-up answers."""
    (workdir.path / "resources/models/smollm2.json").unlink()
    people = [f"results/demo-study/survey/{culture}/personas.parquet" for culture in ("japan", "mexico")]
    status, output = workdir.run(*people, configs=ALONE)
    assert status == 0, output
    targets = [f"{TABLES}/main.md", f"{TABLES}/power.md"]
    jobs = [sys.executable, "workflow/jobs.py", "--configfile", *ALONE, "--", *targets]
    told = subprocess.run(jobs, cwd=workdir.path, env=workdir.environment, capture_output=True, text=True, check=True)
    fill([json.loads(line) for line in told.stdout.splitlines()[1:]], workdir.path)
    quick = {"survey": {"replicates": 100, "permutations": 100}}
    configs = with_more(workdir, quick)
    expected = Counter(study_scores=6, study_averages=3, study_diagnostics=2, study_power=1, study_tables=1)
    assert workdir.planned(*targets, configs=configs) == expected
    status, output = workdir.run(*targets, configs=configs)
    assert status == 0, output
    return workdir.path / TABLES


def cells(made: Path, name: str) -> pl.DataFrame:
    return pl.read_csv(made / f"{name}.csv", infer_schema_length=None)


def test_headline_methods_are_in_the_main_table_with_intervals_and_means(made: Path):
    found = cells(made, "main").filter(kind="method")
    assert found["status"].to_list() == ["ok"] * 18
    assert set(found["culture"]) == {"japan", "mexico", "average"}
    assert found.filter(of="choices", method="clca")["low"].null_count() == 0
    assert found.filter(method="clca", of="choices")["p_value"].null_count() == 0
    assert set(found.filter(method="clca")["seeds"]) == {2}


def test_anthropological_stands_beside_others_as_the_same_few_personas(made: Path):
    found = cells(made, "prompting").filter(kind="method", of="choices")
    personas = dict(found.select("method", "personas").unique().iter_rows())
    assert personas == dict.fromkeys(("persona", "cultural", "anthropological"), 3)
    assert (found["status"] == "ok").all()


def test_both_languages_stand_side_by_side(made: Path):
    found = cells(made, "languages").filter(kind="method")
    assert (found["status"] == "ok").all()
    english, own = (found.filter(language=name, method="persona")["value"].to_list() for name in ("en", "own"))
    assert all(one != other for one, other in zip(english, own, strict=True))


def test_what_was_not_trained_is_missing(made: Path):
    found = cells(made, "controls").filter(kind="method")
    missing = set(found.filter(status="missing")["method"])
    assert missing == {"gsm8k", "mathchat", "mathchat_joined", "wiki", "concepts"}


def test_adapters_abroad_make_the_matrix(made: Path):
    found = cells(made, "specificity").filter(of="effect", metric="jsd")
    assert found.select("adapter", "culture").rows() == [
        (a, b) for a in ("japan", "mexico") for b in ("japan", "mexico")
    ]
    assert (found["status"] == "ok").all()
    assert pl.read_csv(made / "specificity_tests.csv")["p_value"].to_list() in (
        [0.5, 0.5],
        [0.5, 1.0],
        [1.0, 0.5],
        [1.0, 1.0],
    )


def test_diagnostics_and_data_say_what_they_know(made: Path):
    found = cells(made, "diagnostics").filter(model="smollm2", culture="average")
    known = {name: set(rows["method"]) for (name,), rows in found.filter(status="ok").group_by("statistic")}
    assert known["first_shown"] == {"persona", "cultural", "clca-seed42"}
    assert known["entropy"] == known["first_shown"] | {"clca-seed43", "anthropological"}
    assert known["named"] == known["entropy"] - {"cultural"}
    assert known["towards"] == known["entropy"] - {"persona"}
    data = cells(made, "data")
    assert set(data["culture"]) == {"japan", "mexico"}
    assert (data["status"] == "ok").all()


def test_every_table_is_there_in_three_formats(made: Path):
    names = {path.stem for path in made.glob("*.tex")}
    assert {"main", "jsd", "objectives", "filter", "teacher", "controls", "prompting", "data", "languages"} < names
    assert names < {path.stem for path in made.glob("*.md")}
    assert sum(line.startswith(("| japan", "| mexico")) for line in (made / "power.md").read_text().splitlines()) == 8
