"""Answers in all forms from a scripted engine, and the prompts that journals are keyed by."""

import hashlib
import json
from pathlib import Path

import polars as pl
import pytest

from clca import artifacts, schemas
from clca.engines.base import ChatRequest, Choice, ChooseRequest, ignore
from clca.errors import InputError
from clca.survey.answers import anthropological_answers, compare, cultural_answers, persona_answers
from clca.survey.columns import DEMOGRAPHICS, ITEMS
from clca.survey.questionnaire import OPTION_COUNTS, load

FOLDER = Path(__file__).parents[3] / "config/questionnaire"
ENGLISH = load(FOLDER / "en.yaml")
CODES = dict(zip(DEMOGRAPHICS, (2, 1, 2, 3, 1, 1, 4, 6, 3, 2, 3), strict=True))


def personas(n=1):
    rows = [{"respondent": f"japan-{i:05d}", "culture": "japan", "country": "JPN"} | CODES for i in range(1, n + 1)]
    return pl.DataFrame(rows)


class Favours:
    """Chooses the option with a label, wherever it stands, and finds the others less likely in the survey's order."""

    def __init__(self, labels):
        self.labels, self.asked = labels, []

    def choose(self, requests, on_done=ignore):
        replies = []
        for request in requests:
            self.asked.append(request)
            lines = request.messages[1]["content"].splitlines()
            shown = [line.split(". ", 1)[1] for line in lines if line[:1].isdigit()]
            logprobs = tuple(-1.0 - self.labels[label] for label in shown)
            replies.append(Choice(logprobs.index(max(logprobs)), logprobs, 0.5))
        return replies


@pytest.fixture
def favours():
    """The more to the end of its scale an option stands, the likelier."""
    return Favours({label: -0.1 * n for item in ENGLISH.items for n, label in enumerate(item.options)})


def hashed(requests):
    return hashlib.sha256(json.dumps([request.messages for request in requests]).encode()).hexdigest()


def test_english_constrained_prompts_are_those_that_journals_know(scripted):
    """A change here makes every journal ask again: mean it."""
    engine = scripted(None)
    persona_answers("persona", personas(), "Japan", ENGLISH, engine)
    assert hashed(engine.asked) == "71d8519199838529494e380c038427ed15b97d0fbd9063c5b05fb57ff3b2a897"
    engine = scripted(None)
    cultural_answers("Japan", "Japanese", ENGLISH, engine)
    assert hashed(engine.asked) == "b55b14e768a1c2ef5dc85e04d07650cf6af27209d262c2cb7399ccba9674f205"


def test_constrained_rows_hold_option_log_probabilities_and_mass(scripted):
    table = persona_answers("persona", personas(2), "Japan", ENGLISH, scripted(None))
    schemas.Answer.validate(table)
    assert table["question"].to_list() == [*ITEMS, *ITEMS]
    assert table["respondent"].unique(maintain_order=True).to_list() == ["japan-00001", "japan-00002"]
    assert table["option"].to_list() == [1] * 88
    assert [len(row) for row in table["logprobs"][:44]] == list(OPTION_COUNTS.values())
    assert table["logprobs"][0].to_list() == [-1.0, -2.0, -3.0, -4.0]
    assert table["option_mass"].to_list() == [0.5] * 88


def test_reversed_options_are_shown_last_first_and_answered_in_the_survey_s_numbers(favours):
    forward = persona_answers("persona", personas(), "Japan", ENGLISH, favours)
    backward = persona_answers("persona", personas(), "Japan", ENGLISH, favours, "reversed")
    shown = favours.asked[44].messages[1]["content"].splitlines()
    assert shown[1:5] == ["1. Of no importance", "2. Of little importance", "3. Fairly important", "4. Very important"]
    assert favours.asked[44].options == ("1", "2", "3", "4")
    assert dict(forward.select("question", "option").iter_rows()) == OPTION_COUNTS
    assert backward.equals(forward)


def test_equals_go_to_the_option_shown_first(scripted):
    class Undecided(scripted):
        def choose(self, requests, on_done=ignore):
            return [Choice(0, (-1.0,) * len(request.options), 0.5) for request in requests]

    backward = persona_answers("persona", personas(), "Japan", ENGLISH, Undecided(None), "reversed")
    assert dict(backward.select("question", "option").iter_rows()) == OPTION_COUNTS


def test_free_text_is_greedy_short_and_parsed_strictly(scripted, tmp_path):
    replies = iter(["2", "4. Of no importance", "Fairly important.", "2 or 3", "5"] + ["no idea"] * 39)
    engine = scripted(lambda request: next(replies))
    table = persona_answers("persona", personas(), "Japan", ENGLISH, engine, "free_text")
    assert table["option"].to_list() == [2, 4, 2] + [None] * 41
    assert table["logprobs"].null_count() == table["option_mass"].null_count() == 44
    asked = engine.asked[0]
    assert isinstance(asked, ChatRequest)
    assert (asked.sampling.temperature, asked.schema) == (0, None)
    assert asked.sampling.max_tokens < 100
    artifacts.write(table, tmp_path / "answers.parquet", schemas.Answer)
    assert artifacts.read(tmp_path / "answers.parquet", schemas.Answer).equals(table)


def test_free_text_and_constrained_are_asked_the_same_prompts(scripted):
    free, constrained = scripted(lambda request: "1"), scripted(None)
    cultural_answers("Japan", "Japanese", ENGLISH, free, "free_text")
    cultural_answers("Japan", "Japanese", ENGLISH, constrained)
    assert [request.messages for request in free.asked] == [request.messages for request in constrained.asked]


@pytest.mark.parametrize("language", ["zh", "ja", "de", "es"])
def test_a_language_is_parsed_by_its_own_wordings(language, scripted):
    questionnaire = load(FOLDER / f"{language}.yaml")
    replies = iter([questionnaire.items[0].options[2], *(item.options[1] for item in ENGLISH.items[1:])])
    table = cultural_answers("Japan", "Japanese", questionnaire, scripted(lambda request: next(replies)), "free_text")
    assert table["option"].to_list() == [3] + [None] * 43


def test_anthropological_reasons_in_full_before_it_chooses(scripted):
    engine = scripted(lambda request: " I was taught to honour my family. ")
    table = anthropological_answers(personas(2), "Japan", "Japanese", ENGLISH, engine)
    schemas.Answer.validate(table)
    assert table["method"].unique().to_list() == ["anthropological"]
    assert (len(table), len(engine.asked)) == (88, 176)
    first, then = engine.asked[0], engine.asked[88]
    assert isinstance(first, ChatRequest)
    assert isinstance(then, ChooseRequest)
    assert (first.sampling.temperature, first.sampling.max_tokens) == (0, 300)
    question = first.messages[1]["content"]
    assert question.startswith("How important is family to you?\n1. Very important\n")
    assert question.endswith(ENGLISH.anthropological.format(people="Japanese"))
    assert ENGLISH.instruction not in question
    assert then.messages == [
        *first.messages,
        {"role": "assistant", "content": "I was taught to honour my family."},
        {"role": "user", "content": ENGLISH.instruction},
    ]


def test_anthropological_takes_every_form_and_language(scripted):
    german = load(FOLDER / "de.yaml")
    replies = iter(["Gedanken"] * 44 + ["Eher wichtig"] * 44)
    engine = scripted(lambda request: next(replies))
    table = anthropological_answers(personas(), "Japan", "Japanese", german, engine, "free_text", 90)
    assert table["option"].to_list()[:7] == [2] * 6 + [None]
    assert "japanischen Kultur" in engine.asked[0].messages[1]["content"]
    assert engine.asked[0].sampling.max_tokens == 90
    engine = scripted(lambda request: "thoughts")
    backward = anthropological_answers(personas(), "Japan", "Japanese", ENGLISH, engine, "reversed")
    assert "1. Of no importance" in engine.asked[44].messages[1]["content"]
    assert dict(backward.select("question", "option").iter_rows()) == OPTION_COUNTS


def answers(options, respondent="a"):
    rows = [{"respondent": respondent, "question": ITEMS[n], "option": option} for n, option in enumerate(options)]
    return pl.DataFrame(rows, schema={"respondent": pl.String, "question": pl.String, "option": pl.Int64})


def test_comparison_counts_agreement_among_the_valid_and_invalid_rates():
    found = compare(answers([1, 2, 3, 4, None]), answers([1, 2, 1, None, None]).reverse())
    assert found == (5, 2 / 3, 0.2, 0.4)
    assert compare(answers([None]), answers([1])) == (1, None, 1.0, 0.0)
    assert compare(answers([1, 2], None), answers([1, 2], None)) == (2, 1.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "other", [answers([1]), answers([1, 2], "b"), answers([1, 2, 3])], ids=["less", "else", "more"]
)
def test_tables_of_other_personas_are_not_compared(other):
    with pytest.raises(InputError, match="is not in both tables"):
        compare(answers([1, 2]), other)


def test_empty_tables_are_not_compared():
    with pytest.raises(InputError, match="is not in both tables"):
        compare(answers([]), answers([]))
