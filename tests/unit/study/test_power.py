"""Power: made-up models lie where they should, more people and items see more, and nothing is seen where nothing is."""

import numpy as np
import pytest
from scorecards import distance
from survey_engines import SHARES

from clca.errors import InputError
from clca.study.power import at_distance, needed, power

JAPAN = SHARES["japan"]
# The paper's 8B model on average: baseline and adapted.
PAPER = (0.6011, 0.5112)


@pytest.mark.parametrize("culture", SHARES)
@pytest.mark.parametrize("target", [0.40, 0.45, 0.5112, 0.55, 0.6011])
def test_made_up_model_is_as_far_from_people_as_the_number(culture, target):
    found = at_distance(SHARES[culture], target)
    assert distance(found, SHARES[culture], "kl_paper") == pytest.approx(target, abs=1e-6)
    for shares in found.values():
        assert shares.sum() == pytest.approx(1)
        assert (shares >= 0).all()


def test_distance_that_no_mixture_has_is_refused():
    with pytest.raises(InputError, match=r"kl_paper = 0\.2 cannot be; give one from 0\.36"):
        at_distance(JAPAN, 0.2)
    with pytest.raises(InputError, match="cannot be"):
        at_distance(JAPAN, 1.5)


def table(targets, personas, items, simulations=200, seed=1, metric="kl_paper"):
    return power(JAPAN, targets, personas, items, simulations, 99, np.random.default_rng(seed), metric)


def test_difference_that_is_not_there_is_seen_in_5_of_100():
    """Each test says so about its own chance; other items do not make two equal models differ."""
    found = table((0.55, 0.55), [20], [44], 400)
    for row in found.to_dicts():
        assert 0.02 <= row["power"] <= 0.08


def test_more_people_and_more_items_see_more():
    found = table((0.60, 0.58), [5, 20, 80], [11, 44])
    for test in ("personas", "items"):
        of_test = found.filter(test=test)
        by_people = of_test.filter(items=44)["power"].to_list()
        assert by_people == sorted(by_people)
        assert by_people[-1] > by_people[0] + 0.3
        by_items = of_test.filter(personas=80)["power"].to_list()
        assert by_items[1] > by_items[0]


def test_the_paper_s_difference_is_seen_with_few_people():
    found = table(PAPER, [5, 10, 20], [44])
    assert needed(found)["personas"].max() <= 10


def test_needed_is_the_fewest_that_are_enough_and_null_where_none_is():
    found = table((0.60, 0.58), [5, 20], [11, 44], 50)
    enough = {(row["test"], row["items"]): row["personas"] for row in needed(found, 0.3).to_dicts()}
    for (test, items), personas in enough.items():
        rows = found.filter(test=test, items=items, power=found["power"])
        expected = [row["personas"] for row in rows.to_dicts() if row["power"] >= 0.3]
        assert personas == min(expected, default=None)
    assert needed(found, 1.1)["personas"].null_count() == 4


def test_the_same_generator_gives_the_same_power():
    one, same, other = (table(PAPER, [4], [11], 50, seed) for seed in (1, 1, 2))
    assert one.equals(same)
    assert not one.equals(other)
