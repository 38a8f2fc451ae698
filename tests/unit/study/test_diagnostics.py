"""Diagnostics: known answers have known diagnoses, and every number is its definition written out."""

import math
from collections import Counter

import numpy as np
import polars as pl
import pytest
from scipy.spatial.distance import jensenshannon
from scorecards import drawn_options
from survey_engines import SHARES

from clca.schemas import Answer
from clca.study.diagnostics import (
    QUALITIES,
    answer_shares,
    collapse,
    item_gaps,
    nearest_culture,
    order_bias,
    qualities,
)
from clca.survey.columns import ITEMS
from clca.survey.questionnaire import OPTION_COUNTS

JAPAN = SHARES["japan"]
K = [OPTION_COUNTS[item] for item in ITEMS]
cases = pytest.mark.parametrize("case", range(20))


def as_answers(options, method="m"):
    """`Answer` rows of options from 1, 0 where invalid; shape (personas, items)."""
    rows = [
        {"method": method, "respondent": f"r{person}", "question": item, "option": int(option) or None}
        for person, given in enumerate(options)
        for item, option in zip(ITEMS, given, strict=True)
    ]
    return Answer.validate(
        pl.DataFrame([row | {"logprobs": None, "option_mass": None} for row in rows], Answer.dtypes())
    )


def random_options(case, personas=7, invalid=0.15):
    """Few personas, so that options are empty and tied; the first item is invalid throughout."""
    rng = np.random.default_rng(case)
    options = drawn_options({item: np.full(k, 1 / k) for item, k in zip(ITEMS, K, strict=True)}, personas, rng)
    options[rng.random(options.shape) < invalid] = 0
    options[:, 0] = 0
    return options


def always(choose):
    return np.array([[choose(k, JAPAN[item]) for item, k in zip(ITEMS, K, strict=True)]] * 10)


@cases
def test_gaps_are_the_distances_of_counted_shares_and_their_direction(case):
    one, other = random_options(case), random_options(case + 100)
    if case == 0:
        other = one
    found = item_gaps(as_answers(one), as_answers(other), JAPAN).to_dicts()
    for i, row in enumerate(found):
        people = [*JAPAN[ITEMS[i]], 0]
        distances, means = [], []
        for options in (one[:, i].tolist(), other[:, i].tolist()):
            distances.append(jensenshannon([options.count(o) / 7 for o in (*range(1, K[i] + 1), 0)], people))
            valid = [option for option in options if option]
            means.append(sum(valid) / len(valid) if valid else None)
        assert [row["jsd_before"], row["jsd_after"]] == pytest.approx(distances, abs=1e-9)
        assert [row["mean_before"], row["mean_after"]] == pytest.approx(means)
        moved = distances[1] - distances[0]
        assert row["jsd_moved"] == pytest.approx(moved, abs=1e-9)
        assert row["direction"] == ("still" if abs(moved) < 1e-9 else "towards" if moved < 0 else "away")
    assert found[0]["kl_before"] is None


def test_gaps_say_which_values_moved_towards_people():
    before = always(lambda k, people: int(np.argmin(people)) + 1)
    after = before.copy()
    towards, away = ITEMS.index("Q5"), ITEMS.index("Q30")
    after[:, towards] = np.argmax(JAPAN["Q5"]) + 1
    before[:, away] = np.argmax(JAPAN["Q30"]) + 1
    found = dict(item_gaps(as_answers(before), as_answers(after), JAPAN).select("question", "direction").iter_rows())
    assert {item for item, direction in found.items() if direction != "still"} == {"Q5", "Q30"}
    assert (found["Q5"], found["Q30"]) == ("towards", "away")


@cases
def test_collapse_is_the_entropy_of_counts(case):
    options = random_options(case)
    for i, row in enumerate(collapse(as_answers(options), JAPAN).to_dicts()):
        counts = Counter(option for option in options[:, i].tolist() if option)
        n = sum(counts.values())
        if not n:
            assert (row["entropy"], row["top_share"], row["on_mode"]) == (None, None, None)
            continue
        assert row["entropy"] == pytest.approx(-sum(c / n * math.log(c / n) for c in counts.values()), abs=1e-12)
        assert row["top_share"] == pytest.approx(max(counts.values()) / n)
        assert row["on_mode"] == pytest.approx(counts[int(np.argmax(JAPAN[ITEMS[i]])) + 1] / n)
        people = [share for share in JAPAN[ITEMS[i]] if share]
        assert row["entropy_people"] == pytest.approx(-sum(share * math.log(share) for share in people))


def test_a_model_that_always_takes_the_mode_has_collapsed_on_it():
    found = collapse(as_answers(always(lambda k, people: int(np.argmax(people)) + 1)), JAPAN)
    assert found["entropy"].to_list() == [0] * 44
    assert found["on_mode"].to_list() == found["top_share"].to_list() == [1] * 44
    assert (found["entropy_people"] > 0).all()


@cases
def test_order_bias_is_counted(case):
    one, other = random_options(case), random_options(case + 100)
    found = order_bias(as_answers(one), as_answers(other), JAPAN).to_dicts()
    for i, row in enumerate(found):
        pairs = [(a, b) for a, b in zip(one[:, i].tolist(), other[:, i].tolist(), strict=True) if a and b]
        expected = sum(a == b for a, b in pairs) / len(pairs) if pairs else None
        assert row["agreement"] == pytest.approx(expected)
        c, r = ([option for option in answers[:, i].tolist() if option] for answers in (one, other))
        if not c or not r:
            assert row["first_shown"] is None
            continue
        first = c.count(1) / len(c) - r.count(1) / len(r)
        last = r.count(K[i]) / len(r) - c.count(K[i]) / len(c)
        assert row["first_shown"] == pytest.approx((first + last) / 2, abs=1e-12)


@pytest.mark.parametrize(
    ("forward", "backward", "bias"),
    [(lambda k, _: 1, lambda k, _: k, 1), (lambda k, _: k, lambda k, _: 1, -1), (lambda k, _: 1, lambda k, _: 1, 0)],
    ids=["the first shown", "the last shown", "one end of the scale"],
)
def test_who_always_takes_the_first_shown_has_a_bias_of_1_and_who_minds_the_meaning_of_0(forward, backward, bias):
    found = order_bias(as_answers(always(forward)), as_answers(always(backward)), JAPAN)
    assert found["first_shown"].to_list() == [bias] * 44
    assert found["agreement"].to_list() == [float(bias == 0)] * 44
    assert found["jsd"].to_list() == pytest.approx([0 if bias == 0 else math.sqrt(math.log(2))] * 44)


def test_pairs_of_persona_and_item_are_matched_whatever_the_order_of_rows():
    one, other = as_answers(random_options(1)), as_answers(random_options(2))
    shuffled = other.sample(fraction=1, shuffle=True, seed=3)
    assert order_bias(one, shuffled, JAPAN).equals(order_bias(one, other, JAPAN))


@pytest.mark.parametrize("culture", SHARES)
def test_answers_drawn_of_a_culture_are_nearest_to_it(culture):
    answers = as_answers(drawn_options(SHARES[culture], 300, np.random.default_rng(1)))
    found = nearest_culture(answers, SHARES)
    assert found["culture"].to_list() == list(SHARES)
    assert found.filter(rank=1)["culture"].to_list() == [culture]
    assert sorted(found["rank"].to_list()) == [1, 2, 3, 4, 5]


def test_nearness_is_over_the_items_that_all_were_asked():
    some = {item: shares for item, shares in SHARES["mexico"].items() if item != "Q1"}
    answers = as_answers(random_options(1))
    found = nearest_culture(answers, {"japan": JAPAN, "mexico": some}).to_dicts()
    shares = answer_shares(answers)
    for row, human in zip(found, (JAPAN, SHARES["mexico"]), strict=True):
        expected = [jensenshannon(shares[item], [*human[item], 0]) for item in some]
        assert row["jsd"] == pytest.approx(np.mean(expected), abs=1e-9)


@cases
def test_named_qualities_are_counted_by_persona(case):
    options = random_options(case)
    columns = [ITEMS.index(item) for item in QUALITIES]
    counts = [sum(row[column] == 1 for column in columns) for row in options.tolist()]
    found = qualities(as_answers(options), JAPAN)
    assert found["named"] == pytest.approx(sum(counts) / 7)
    assert found["over_five"] == pytest.approx(sum(count > 5 for count in counts) / 7)


def test_a_model_that_names_all_qualities_breaks_the_rule_that_people_keep():
    found = qualities(as_answers(always(lambda k, _: 1)), JAPAN)
    assert (found["named"], found["over_five"]) == (11, 1)
    for human in SHARES.values():
        assert 3.5 < qualities(as_answers(always(lambda k, _: 2)), human)["named_people"] <= 5.5
    assert qualities(as_answers(always(lambda k, _: 2)), JAPAN)["named"] == 0


def test_qualities_that_nobody_was_asked_for_are_unknown():
    without = {item: shares for item, shares in JAPAN.items() if item not in QUALITIES}
    assert set(qualities(as_answers(random_options(1)), without).values()) == {None}
