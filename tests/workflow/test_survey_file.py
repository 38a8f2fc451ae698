"""A survey file of made-up rows in place of the published shares, in another language than English."""

import json
from collections import Counter

import polars as pl
import pytest
from survey_files import cross_national, people, zipped
from workdir import TARGET, TINY, Workdir

SPANISH = "results/demo/smollm2/japan/wvs.es.json"
# Whole numbers that no prompt, dialogue or share holds by chance.
MARKER = "858069901"


@pytest.fixture(scope="module")
def surveyed(finished, tmp_path_factory) -> Workdir:
    """A copy of the finished run, with a survey file in the configuration."""
    workdir = finished.workdir.copied(tmp_path_factory.mktemp("surveyed") / "run")
    zipped([*people("JPN", 60), *people("MEX", 20)], workdir.path / "survey.zip")
    (workdir.path / "survey.yaml").write_text("survey: {file: survey.zip}\n")
    return workdir


CONFIGS = (*TINY, "survey.yaml")


def test_a_survey_file_plans_the_jobs_after_respondents_and_no_other(surveyed):
    jobs = "respondents personas answers adapter_answers wvs_scores"
    assert surveyed.planned(TARGET, configs=CONFIGS) == Counter(jobs.split())


def test_a_scorecard_in_spanish_against_the_rows_of_a_file(surveyed):
    status, output = surveyed.run(SPANISH, configs=CONFIGS)
    assert status == 0, output
    card = json.loads((surveyed.path / SPANISH).read_text())
    assert card["language"] == "es"
    assert card["reference"]["synthetic_respondents"] is False
    assert card["reference"]["respondents"] == 60
    personas = pl.read_parquet(surveyed.path / "results/demo/survey/japan/personas.parquet")
    assert set(personas["country"]) == {"JPN"}
    # The interviewer's own numbers go no further than the file.
    results = surveyed.path / "results"
    assert [file for file in results.rglob("*") if file.is_file() and MARKER.encode() in file.read_bytes()] == []


def test_a_file_without_the_culture_s_country_is_told_in_one_line(tmp_path):
    workdir = Workdir(tmp_path)
    cross_national(people("MEX", 5), tmp_path / "survey.csv")
    (tmp_path / "survey.yaml").write_text("survey: {file: survey.csv}\n")
    status, output = workdir.run("results/demo/survey/japan/respondents.parquet", configs=CONFIGS)
    assert status != 0
    assert "Traceback" not in output
    (line,) = {line.partition("error: ")[2] for line in output.splitlines() if "error: " in line and "JPN" in line}
    assert "survey.csv" in line
