"""Scorecards at the end of a run: a few as they are shown one by one, many in a line each."""

import pytest
from scorecards import scorecard

from clca.artifacts import write_record
from clca.errors import InputError
from clca.survey.card import Scorecard, table
from clca.survey.overview import overview

EXPECTED = ["persona", "(expected)", "cultural", "(expected)"]


@pytest.fixture
def write(tmp_path):
    def written(culture, methods=None):
        path = tmp_path / culture / "wvs.json"
        card = scorecard("smollm2", culture, methods or {"persona": {"jsd": 0.4}, "clca": {"jsd": 0.3}})
        write_record(card, path, Scorecard)
        return path, card

    return written


def test_one_or_two_are_shown_in_full(write):
    cards = [write("japan"), write("uk")]
    assert overview([cards[0][0]]) == table(cards[0][1])
    assert overview([path for path, _ in cards]) == f"{table(cards[0][1])}\n\n{table(cards[1][1])}"


def test_many_are_a_line_each_with_yardsticks_and_the_way_to_one_in_full(write):
    one_prompt = {"persona": {"jsd": 0.4}, "cultural": {}}
    paths = [write("japan")[0], write("uk")[0], write("mexico", one_prompt)[0]]
    lines = overview(paths).splitlines()
    assert [line.split() for line in lines[:4]] == [
        ["model", "culture", "language", "persona", "clca", *EXPECTED, "uniform", "marginals_sample"],
        ["smollm2", "japan", "en", "0.400", "0.300", "-", "-", "0.330", "0.310"],
        ["smollm2", "uk", "en", "0.400", "0.300", "-", "-", "0.330", "0.310"],
        ["smollm2", "mexico", "en", "0.400", "-", "0.500", "-", "0.330", "0.310"],
    ]
    assert len(set(map(len, lines[:4]))) == 1
    assert lines[-1] == f"One in full, with intervals: python -m clca show {paths[0]}"


def test_a_scorecard_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        overview([tmp_path / "wvs.json"])
