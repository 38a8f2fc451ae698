"""Generated problems: right to the last equation, all different, and the same for the same generator."""

import re

import numpy as np
import pytest

from clca import artifacts, schemas
from clca.errors import InputError
from clca.training.problems import OPERATIONS, STORIES, Draw, generate

CONTROLS = ("gsm8k", "mathchat")
EQUATION = re.compile(r"(-?\d+) ([-+*/]) (-?\d+) = (-?\d+)\.")


@pytest.fixture(scope="module", params=CONTROLS)
def table(request):
    return generate(request.param, 3000, np.random.default_rng(5))


def answers(table):
    return [m["content"] for said in table["messages"].to_list() for m in said if m["role"] == "assistant"]


def test_every_equation_is_right_and_divides_evenly(table):
    for text in answers(table):
        equations = EQUATION.findall(text)
        assert equations, text
        assert len(equations) == text.count(" = ")
        for a, operation, b, result in equations:
            assert OPERATIONS[operation](int(a), int(b)) == int(result), text
            assert operation != "/" or int(a) % int(b) == 0, text


def test_the_answer_is_what_the_last_equation_gives(table):
    for text in answers(table):
        assert text.endswith(f"The answer is {EQUATION.findall(text)[-1][3]}.")


def test_no_number_is_negative_and_no_price_is_nothing(table):
    assert not re.search(r"(?<![\w)] )-\d", " ".join(answers(table)).replace(" - ", " minus "))


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_every_story_goes_on_with_more_questions(story):
    rng = np.random.default_rng(1)
    for _ in range(50):
        first, *more = story(Draw(rng))
        assert more
        assert all(exchange.question.endswith("?") for exchange in (first, *more))


def test_problems_are_different_and_in_many_words(table):
    asked = [said[0]["content"] for said in table["messages"].to_list()]
    assert len(set(asked)) == len(asked) == 3000
    plain = {re.sub(r"\d+", "0", text) for text in asked}
    assert len(plain) > 500


def test_problems_fit_the_schema(table, tmp_path):
    artifacts.write(table, tmp_path / "p.jsonl", schemas.Problem)
    assert artifacts.read(tmp_path / "p.jsonl", schemas.Problem).equals(table)


def test_turns_alternate_and_only_mathchat_has_more_than_two():
    for control, most in zip(CONTROLS, (2, 8), strict=True):
        lengths = generate(control, 500, np.random.default_rng(2))["messages"].list.len()
        assert lengths.max() == most
        assert lengths.min() == (2 if control == "gsm8k" else 4)


def test_the_generator_decides_and_nothing_else():
    one, same, other = (generate("gsm8k", 50, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert one.equals(same)
    assert not one.equals(other)
    assert generate("gsm8k", 20, np.random.default_rng(3)).equals(one[:20])


def test_more_than_there_are_is_told(monkeypatch):
    monkeypatch.setattr("clca.training.problems.STORIES", (lambda draw: STORIES[0](Draw(np.random.default_rng(0))),))
    with pytest.raises(InputError, match=r"controls\.gsm8k\.problems = 2: only 1 different"):
        generate("gsm8k", 2, np.random.default_rng(0))
