"""Specificity: adapters that only help their own culture are found, and the test is exact."""

from itertools import permutations
from statistics import fmean

import numpy as np
import pytest
from scorecards import scorecard

from clca.study.scores import gather
from clca.study.specificity import double_centred, effects, specificity

CULTURES = ["china", "germany", "japan"]


def matrix(case):
    """Effects of 2 to 5 cultures in tenths, so that there are ties; in every fifth case all are 0."""
    n = 2 + case % 4
    return np.round(np.random.default_rng(case).normal(0, 0.3, (n, n)), 1) * (case % 5 > 0)


@pytest.mark.parametrize("case", range(24))
def test_statistic_and_p_are_those_of_the_definition_written_out(case):
    m = matrix(case).tolist()
    n = len(m)
    every = fmean(value for row in m for value in row)
    centred = [[m[a][b] - fmean(m[a]) - fmean(row[b] for row in m) + every for b in range(n)] for a in range(n)]

    def statistic(labels):
        own = [centred[labels[b]][b] for b in range(n)]
        others = [centred[labels[a]][b] for a in range(n) for b in range(n) if a != b]
        return fmean(own) - fmean(others)

    found = specificity(np.array(m))
    assert found.centred == pytest.approx(np.array(centred), abs=1e-12)
    assert found.statistic == pytest.approx(statistic(range(n)), abs=1e-12)
    as_low = [statistic(labels) <= statistic(range(n)) + 1e-9 for labels in permutations(range(n))]
    assert found.p_value == pytest.approx(fmean(as_low))


def test_smallest_p_of_five_cultures_is_1_of_120():
    assert specificity(-np.eye(5)).p_value == pytest.approx(1 / 120)
    assert specificity(np.eye(5)).p_value == 1
    assert specificity(np.zeros((5, 5))).p_value == 1


def test_p_is_uniform_where_nothing_is_specific():
    rng = np.random.default_rng(0)
    p_values = np.array([specificity(rng.normal(size=(4, 4))).p_value for _ in range(600)])
    for level in (1 / 24, 0.25, 0.5):
        assert np.mean(p_values <= level + 1e-9) == pytest.approx(level, abs=0.06)


def test_what_helps_everywhere_or_is_easy_for_all_is_not_specific():
    rows, columns = np.array([[0.3], [-0.2], [0.5]]), np.array([[0.1, -0.4, 0.2]])
    assert double_centred(rows + columns) == pytest.approx(np.zeros((3, 3)), abs=1e-12)
    planted = rows + columns - 0.1 * np.eye(3)
    # A diagonal of d alone leaves d in the statistic, centred or not.
    assert specificity(planted).statistic == pytest.approx(specificity(-0.1 * np.eye(3)).statistic)
    assert specificity(planted).statistic == pytest.approx(-0.1)
    assert specificity(planted).p_value == pytest.approx(1 / 6)


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (9, 9), (3,)])
def test_what_is_no_square_of_2_to_8_cultures_is_refused(shape):
    with pytest.raises(ValueError, match="a square of 2 to 8 cultures is needed"):
        specificity(np.zeros(shape))


def cards():
    """Scorecards of three cultures' personas with the adapters of all."""
    for b, culture in enumerate(CULTURES):
        yield scorecard("m", culture, {"persona": {"jsd": 0.5 + b}, "clca": {"jsd": 0.4 + b}})
        for a, adapter in enumerate(CULTURES):
            if a != b:
                methods = {"persona": {"jsd": 0.5 + b}, f"clca-seed42@{adapter}": {"jsd": 0.5 + b + a / 100}}
                yield scorecard("m", culture, methods)


def test_effects_are_distances_of_all_adapters_less_the_baseline_s():
    scores = gather({str(i): card for i, card in enumerate(cards())}).scores
    found = effects(scores, "m", "clca", 42, CULTURES, "jsd")
    expected = [[-0.1, 0, 0], [0.01, -0.1, 0.01], [0.02, 0.02, -0.1]]
    assert found == pytest.approx(np.array(expected), abs=1e-12)
    assert specificity(found).p_value == pytest.approx(1 / 6)


def test_missing_scorecard_leaves_its_cell_unknown_and_no_test():
    kept = [card for card in cards() if "clca-seed42@japan" not in card["methods"] or card["culture"] != "china"]
    found = specificity(
        effects(gather({str(i): c for i, c in enumerate(kept)}).scores, "m", "clca", 42, CULTURES, "jsd")
    )
    assert np.isnan(found.effects).sum() == 1
    assert np.isnan(found.effects[2, 0])
    assert (found.statistic, found.p_value) == (None, None)
