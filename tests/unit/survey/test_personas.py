from pathlib import Path

import numpy as np
import polars as pl
import pytest

from clca.errors import InputError
from clca.schemas import Persona
from clca.survey.columns import DEMOGRAPHICS, ITEMS
from clca.survey.personas import cultural_prompt, draw, render
from clca.survey.questionnaire import load

ENGLISH = load(Path(__file__).parents[3] / "config/questionnaire/en.yaml")
PERSON = {
    "respondent": "japan-00001",
    "culture": "japan",
    "country": "JPN",
    "H_SETTLEMENT": 2,
    "H_URBRURAL": 1,
    "Q260": 2,
    "X003R": 3,
    "Q263": 1,
    "Q273": 1,
    "Q270": 4,
    "Q275": 6,
    "Q281": 3,
    "Q279": 2,
    "Q287": 3,
}
FIELDS = ("country", *DEMOGRAPHICS)
EMPTY = f"{ENGLISH.persona.opening} {ENGLISH.persona.closing}"


def sentence(field):
    if field == "country":
        return "You live in Japan."
    return ENGLISH.persona.fields[field][PERSON[field]]


def respondents(n):
    """`n` respondents whose every answer is recognisable."""
    people = [PERSON | {"respondent": f"japan-{i:05d}", "weight": 1.0, "synthetic": True} for i in range(1, n + 1)]
    return pl.DataFrame([person | dict.fromkeys(ITEMS, 4242) for person in people])


def test_prompt_tells_all_twelve_fields():
    prompt = render(PERSON, ENGLISH)
    assert prompt == (
        "You are one of the people who answer an opinion survey. You live in Japan. You are a woman. You are between "
        "35 and 44 years old. You were born in the country where you live. Your home is in the main city of a region. "
        "The area around your home is urban. You are married. Four people live in your household, you among them. "
        "Your highest completed education is a bachelor's degree. You work part time for an employer. Your "
        "occupational background is clerical work. You count yourself among the lower middle class. Answer every "
        "question for yourself, as you truly see it, with the number of one option."
    )


def test_nobody_known_leaves_opening_and_closing():
    assert render(dict.fromkeys(FIELDS), ENGLISH) == EMPTY
    assert render(dict.fromkeys(FIELDS, float("nan")), ENGLISH) == EMPTY
    assert render({}, ENGLISH) == EMPTY


@pytest.mark.parametrize("missing", [None, float("nan"), -1, -2, -5, -2.0], ids=str)
@pytest.mark.parametrize("field", DEMOGRAPHICS)
def test_unknown_field_is_left_out_and_nothing_else(field, missing):
    prompt = render(PERSON | {field: missing}, ENGLISH)
    assert sentence(field) not in prompt
    assert all(sentence(other) in prompt for other in FIELDS if other != field)
    assert "nan" not in prompt
    assert "None" not in prompt
    assert "  " not in prompt


@pytest.mark.parametrize("missing", [None, float("nan"), ""], ids=str)
def test_unknown_country_is_left_out_unless_the_caller_knows_it(missing):
    assert "You live in" not in render(PERSON | {"country": missing}, ENGLISH)
    assert "You live in Japan." in render(PERSON | {"country": missing}, ENGLISH, country_name="Japan")


def test_every_code_of_every_field_has_a_sentence_of_its_own():
    sentences = [text for codes in ENGLISH.persona.fields.values() for text in codes.values()]
    assert len(set(sentences)) == len(sentences)
    for field, codes in ENGLISH.persona.fields.items():
        for code, text in codes.items():
            assert text in render({field: code}, ENGLISH)


def test_codes_may_come_as_numpy_or_whole_floats():
    as_floats = {field: float(PERSON[field]) for field in DEMOGRAPHICS}
    as_numpy = {field: np.int64(PERSON[field]) for field in DEMOGRAPHICS}
    assert render(PERSON | as_floats, ENGLISH) == render(PERSON | as_numpy, ENGLISH) == render(PERSON, ENGLISH)


@pytest.mark.parametrize(("field", "value"), [("X003R", 7), ("Q260", 0), ("Q270", 12), ("Q281", 12)])
def test_code_without_a_sentence_is_refused_with_those_that_have_one(field, value):
    with pytest.raises(InputError, match=f"japan-00001: {field} = {value} .*codes: ") as error:
        render(PERSON | {field: value}, ENGLISH)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("value", ["two", 2.5])
def test_value_that_is_no_code_is_refused(value):
    with pytest.raises(InputError, match="japan-00001: Q260 = "):
        render(PERSON | {"Q260": value}, ENGLISH)


def test_country_that_the_questionnaire_does_not_know_goes_by_the_given_name():
    assert "You live in Brazil." in render(PERSON | {"country": "BRA"}, ENGLISH, country_name="Brazil")
    assert "You live in Japan." in render(PERSON, ENGLISH, country_name="Brazil")
    with pytest.raises(InputError, match="country = 'BRA'"):
        render(PERSON | {"country": "BRA"}, ENGLISH)


def test_prompt_never_contains_an_answer_or_anything_else_of_the_row():
    answered = PERSON | dict.fromkeys(ITEMS, 4242) | {"weight": 3.14159, "synthetic": True}
    assert render(answered, ENGLISH) == render(PERSON, ENGLISH)
    assert "4242" not in render(answered, ENGLISH)
    assert "japan-00001" not in render(answered, ENGLISH)


def test_prompts_name_no_option_and_no_question():
    texts = [render(PERSON, ENGLISH), cultural_prompt("Japan", "Japanese", ENGLISH)]
    for item in ENGLISH.items:
        for text in texts:
            assert item.text.splitlines()[-1] not in text
            assert not any(option in text for option in item.options)


def test_cultural_prompt_has_context_and_no_demographics():
    prompt = cultural_prompt("the United Kingdom", "British", ENGLISH)
    assert "You live in the United Kingdom and are part of British culture." in prompt
    sentences = [text for codes in ENGLISH.persona.fields.values() for text in codes.values()]
    assert not any(text in prompt for text in sentences)
    assert "{" not in prompt


def test_drawn_personas_hold_no_answer_and_no_weight():
    drawn = draw(respondents(30), 10, np.random.default_rng(42))
    assert drawn.columns == ["respondent", "culture", "country", *DEMOGRAPHICS]
    assert "4242" not in drawn.write_csv()
    Persona.validate(drawn)


def test_nobody_is_drawn_twice_and_all_can_be_drawn():
    drawn = draw(respondents(30), 30, np.random.default_rng(42))
    assert drawn["respondent"].n_unique() == 30


def test_the_same_seed_draws_the_same_people_and_more_of_them_keep_the_first():
    people = respondents(200)
    first, again = (draw(people, 20, np.random.default_rng(42)) for _ in range(2))
    assert first.equals(again)
    assert draw(people, 50, np.random.default_rng(42)).head(20).equals(first)
    assert not draw(people, 20, np.random.default_rng(43)).equals(first)


def test_everybody_is_drawn_equally_often():
    people, rng = respondents(10), np.random.default_rng(42)
    counts = pl.concat([draw(people, 3, rng) for _ in range(2000)])["respondent"].value_counts()
    assert len(counts) == 10
    assert counts["count"].min() > 500
    assert counts["count"].max() < 700


def test_more_personas_than_respondents_says_how_many_there_are():
    with pytest.raises(InputError, match=r"survey\.personas = 31, but there are only 30 respondents; lower"):
        draw(respondents(30), 31, np.random.default_rng(42))
