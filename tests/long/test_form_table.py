"""Answers in two forms in one load of a model, and the table that compares them."""

import pytest
from workdir import TINY, Workdir

from clca import artifacts
from clca.schemas import FormComparison

TABLE = "results/demo/smollm2/japan/forms.en.jsonl"
CONFIGS = (*TINY, "forms.yaml")


@pytest.fixture(scope="module")
def compared(finished, tmp_path_factory) -> Workdir:
    """A copy of the finished run with the table made for its first two personas."""
    workdir = finished.workdir.copied(tmp_path_factory.mktemp("forms") / "run")
    (workdir.path / "forms.yaml").write_text("survey: {personas: 2, forms: [constrained, free_text]}\n")
    status, output = workdir.run(TABLE, configs=CONFIGS)
    assert status == 0, output
    return workdir


def test_forms_of_the_same_personas_stand_in_one_table(compared):
    rows = artifacts.read(compared.path / TABLE, FormComparison).to_dicts()
    assert [(row["method"], row["form"], row["answers"]) for row in rows] == [
        (method, form, 44 if method == "cultural" else 88)
        for method in ("persona", "cultural", "clca")
        for form in ("constrained", "free_text")
    ]
    for row in rows:
        constrained = row["form"] == "constrained"
        assert (row["option_mass"] is not None) == constrained
        assert not constrained or (row["agreement"], row["invalid_rate"]) == (1.0, 0.0)
        assert row["answers_per_second"] > 0


def test_two_forms_cost_one_load_and_constrained_answers_are_not_asked_again(compared):
    log = (compared.path / "logs/demo/smollm2/japan/answers.en.constrained+free_text.log").read_text()
    assert log.count("with vLLM") == 1
    constrained = compared.journal("smollm2/japan/persona/answers.en.constrained.parquet")
    # Four personas and the culture were asked by the run that this one is a copy of.
    assert len(constrained) == 5 * 44
    assert len(compared.journal("smollm2/japan/persona/answers.en.free_text.parquet")) == 3 * 44
