"""The table of forms: agreement with the first, invalid replies, rates."""

import polars as pl
import pytest

from clca import artifacts
from clca.errors import InputError
from clca.schemas import Answer, FormComparison
from clca.survey.forms import form_table, markdown


def answers(*options, mass=None):
    rows = [
        {"method": "persona", "respondent": f"r{number}", "question": "Q1", "option": option}
        | {"logprobs": None if mass is None else [-1.0] * 4, "option_mass": mass}
        for number, option in enumerate(options)
    ]
    return pl.DataFrame(rows, schema=Answer.dtypes())


def test_each_form_is_compared_with_the_first_over_answers_valid_in_both(tmp_path):
    forms = {"constrained": answers(1, 2, 3, 4, mass=0.5), "free_text": answers(1, None, 3, 1)}
    table = form_table("persona", forms, {"constrained": 20.0, "free_text": None})
    artifacts.write(table, tmp_path / "forms.jsonl", FormComparison)
    constrained, free_text = artifacts.read(tmp_path / "forms.jsonl", FormComparison).to_dicts()
    assert (constrained["agreement"], constrained["invalid_rate"], constrained["option_mass"]) == (1.0, 0.0, 0.5)
    assert free_text["agreement"] == pytest.approx(2 / 3)
    assert (free_text["answers"], free_text["invalid_rate"], free_text["option_mass"]) == (4, 0.25, None)
    assert (constrained["answers_per_second"], free_text["answers_per_second"]) == (20.0, None)
    assert "| persona | free_text | 4 | 0.667 | 0.25 | - | - |" in markdown(table).splitlines()


def test_forms_of_other_personas_are_refused():
    forms = {"constrained": answers(1, 2), "free_text": answers(1)}
    with pytest.raises(InputError, match="is not in both tables"):
        form_table("persona", forms, dict.fromkeys(forms))
