"""Scores in a notebook: they are the scorecard's, of whatever is given, and a mistake is told in a line."""

import numpy as np
import polars as pl
import pytest
from survey_engines import ENGLISH, SHARES, Mode, Survey, answered, draw_people
from test_card import METHODS, build_in, strictly, write_artifacts

import clca
from clca.errors import InputError
from clca.schemas import Answer
from clca.survey.answers import cultural_answers
from clca.survey.metrics import METRICS

JAPAN = SHARES["japan"]


@pytest.fixture(scope="module")
def people():
    return draw_people(30)


@pytest.fixture(scope="module")
def persona(people):
    return answered(people, Survey(JAPAN, 1))


@pytest.fixture(scope="module")
def cultural():
    return Answer.validate(cultural_answers("Japan", "Japanese", ENGLISH, Mode(JAPAN)))


def test_scores_are_those_of_the_scorecard_and_of_its_items(tmp_path):
    given = write_artifacts(tmp_path)
    written = build_in(tmp_path, given)
    card, items = strictly(written["card"]), clca.read(written["item_scores"])
    answers = pl.concat(pl.read_parquet(given[name]) for name in METHODS)
    respondents = pl.read_parquet(given["respondents"])
    for of in ("choices", "expected"):
        found = clca.survey.score(answers, JAPAN, respondents, of)
        for row in found.headline.to_dicts():
            method = card["methods"][row["method"]]
            told = method if of == "choices" else method["expected"]
            for metric in (*METRICS, "accuracy"):
                assert row[metric] == pytest.approx(told[metric]["value"], abs=1e-6), (row["method"], of, metric)
            assert row["option_mass"] == pytest.approx(method["option_mass"])
            assert (row["items"], row["personas"]) == (card["items"], card["personas"])
    choices = clca.survey.score(answers, JAPAN, of="choices").items
    assert choices.select(items.columns).equals(items)


def test_one_prompt_for_all_is_scored_by_what_it_expects_and_personas_by_what_they_choose(persona, cultural):
    found = clca.survey.score(pl.concat([persona, cultural]), JAPAN).headline
    assert found.select("method", "of").rows() == [("persona", "choices"), ("cultural", "expected")]
    # It knows the marginals.
    assert found["jsd"][1] == pytest.approx(0, abs=1e-6)
    assert found["accuracy"].null_count() == 2


def test_two_forms_of_a_method_are_not_scored_as_one(persona, cultural):
    told = "two answers of persona as respondent japan-00001 to Q1; score one language and form at a time"
    with pytest.raises(InputError, match=told):
        clca.survey.score(pl.concat([persona, persona.with_columns(option=pl.lit(1, pl.Int64))]), JAPAN)
    with pytest.raises(InputError, match="two answers of cultural to Q1;"):
        clca.survey.score(pl.concat([cultural, cultural]), JAPAN)


def test_the_headline_is_the_mean_over_the_items(persona, people):
    found = clca.survey.score(persona, JAPAN, people)
    assert len(found.items) == 44
    for metric in (*METRICS, "accuracy", "invalid_rate", "option_mass"):
        assert found.headline[metric][0] == pytest.approx(found.items[metric].mean())


def test_respondents_as_reference_give_their_own_shares_and_the_accuracy(persona, people):
    found = clca.survey.score(persona, people).headline
    assert 0 < found["accuracy"][0] < 1
    theirs = people.unpivot(on=list(JAPAN), index="respondent", variable_name="question", value_name="option")
    perfect = persona.drop("option").join(theirs, on=["respondent", "question"], how="left").select(persona.columns)
    right = clca.survey.score(perfect, people).headline
    assert (right["accuracy"][0], right["jsd"][0]) == (1, pytest.approx(0, abs=1e-6))


def test_some_items_alone_are_scored_on_them(persona):
    some = persona.filter(pl.col("question").is_in(["Q1", "Q7"]))
    found = clca.survey.score(some, JAPAN)
    assert found.items["question"].to_list() == ["Q1", "Q7"]
    assert found.headline["items"].to_list() == [2]


def test_answers_without_probabilities_are_scored_by_their_choices(persona):
    written = persona.with_columns(
        logprobs=pl.lit(None, pl.List(pl.Float64)), option_mass=pl.lit(None, pl.Float64)
    ).with_columns(option=pl.when(pl.col("question") == "Q1").then(None).otherwise("option"))
    found = clca.survey.score(written, JAPAN)
    assert found.headline["option_mass"].to_list() == [None]
    assert found.items.row(0, named=True)["invalid_rate"] == 1
    assert found.items["kl"][0] is None
    rest = clca.survey.score(persona.filter(pl.col("question") != "Q1"), JAPAN).items
    assert np.allclose(found.items["jsd"][1:], rest["jsd"])
    with pytest.raises(InputError, match="persona has no probabilities of options; score of='choices' instead"):
        clca.survey.score(written, JAPAN, of="expected")


@pytest.mark.parametrize(
    ("answers", "reference", "respondents", "told"),
    [
        (slice(None), {"Q99": [0.5, 0.5]}, None, "none of their items is among the reference's"),
        (slice(None), {"Q1": [0.5, 0.5]}, None, r"Q1 has shares of shape \(2,\), not \(4,\)"),
        (slice(1, None), JAPAN, None, "Q1 of respondent japan-00001 is missing"),
        (slice(None), JAPAN, slice(1, None), "persona japan-00001 is not among the respondents"),
    ],
)
def test_what_does_not_fit_is_told_in_a_line(persona, people, answers, reference, respondents, told):
    known = None if respondents is None else people[respondents]
    with pytest.raises(InputError, match=told):
        clca.survey.score(persona[answers], reference, known)
