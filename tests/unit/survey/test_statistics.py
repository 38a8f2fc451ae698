"""Intervals cover, tests keep their level and agree with full enumeration, Holm is Holm's."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import kstest

from clca.survey.statistics import (
    holm,
    interval,
    item_draws,
    mean_over,
    permutation_test,
    persona_weights,
    sign_flip_test,
)


def rng(seed=0):
    return np.random.default_rng(seed)


def swap_test(gaps, permutations=199, seed=0):
    """Paired permutation test of a mean gap between two methods: a swap turns a persona's gap round."""
    return permutation_test(lambda swaps: (1 - 2 * swaps) @ gaps / len(gaps), len(gaps), permutations, rng(seed))


def flip_test(gaps, permutations=199, seed=0):
    return sign_flip_test(gaps, permutations, rng(seed))


both = pytest.mark.parametrize("test", [swap_test, flip_test])


def test_interval_covers_a_known_mean_95_times_of_100():
    samples = rng().exponential(1, size=(100, 2000))
    replicates = persona_weights(100, 1000, rng(1)) @ samples / 100
    covered = [low <= 1 <= high for low, high in map(interval, replicates.T)]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.02)


def test_interval_is_the_middle_95_percent_without_nan():
    replicates = np.append(np.linspace(0, 1, 1001), np.nan)
    assert interval(replicates) == pytest.approx((0.025, 0.975))


def test_each_replicate_draws_as_many_personas_as_there_are():
    weights = persona_weights(30, 500, rng())
    assert weights.shape == (500, 30)
    assert (weights.sum(axis=1) == 30).all()
    assert weights.min() == 0
    assert weights.mean(axis=0) == pytest.approx(np.ones(30), abs=0.2)


def test_each_replicate_draws_as_many_items_as_there_are_all_alike():
    draws = item_draws(44, 1000, rng())
    assert draws.shape == (1000, 44)
    assert np.bincount(draws.ravel(), minlength=44) / 1000 == pytest.approx(np.ones(44), abs=0.15)


def test_mean_over_takes_each_replicate_s_own_items_without_nan():
    draws = np.array([[0, 0, 2], [1, 2, 2]])
    assert mean_over(np.array([1.0, 2.0, 4.0]), draws).tolist() == pytest.approx([2, 10 / 3])
    assert mean_over(np.array([[1.0, 2.0, np.nan], [1.0, 2.0, np.nan]]), draws).tolist() == [1, 2]


@both
def test_identical_methods_have_p_1(test):
    assert test(np.zeros(20)) == 1


@both
def test_different_methods_have_a_small_p_that_is_never_0(test):
    assert test(np.ones(50), permutations=999) == 1 / 1000


@both
def test_p_is_of_both_sides(test):
    gaps = rng().normal(0.3, 1, size=20)
    assert test(gaps) == test(-gaps)


@both
@pytest.mark.parametrize("shift", [0.0, 0.5, 1.0])
def test_p_is_that_of_all_swaps(test, shift):
    gaps = rng(1).normal(shift, 1, size=8)
    every = np.array(list(product([-1, 1], repeat=8))) @ gaps
    exact = np.mean(np.abs(every) >= abs(gaps.sum()) - 1e-9)
    assert test(gaps, permutations=40_000) == pytest.approx(exact, abs=0.01)


@both
def test_equal_differences_count_as_equal_whatever_the_order_of_the_sum(test):
    # With one gap every swap is as far from 0 as what was observed.
    assert test(np.array([0.1] * 3 + [-0.1] * 3 + [0.3, -0.3])) == 1
    assert test(np.array([1 / 3])) == 1


@both
def test_p_is_uniform_where_methods_do_not_differ(test):
    p_values = [test(rng(seed).normal(size=25), seed=seed + 10_000) for seed in range(600)]
    assert np.mean(np.array(p_values) <= 0.05) == pytest.approx(0.05, abs=0.02)
    assert kstest(p_values, "uniform").pvalue > 0.05


@both
def test_the_same_seed_gives_the_same_p(test):
    gaps = rng().normal(0.2, 1, size=20)
    assert test(gaps, seed=3) == test(gaps, seed=3)


def test_sign_flips_leave_out_items_that_one_method_lacks():
    gaps = rng().normal(0.5, 1, size=12)
    assert flip_test(np.insert(gaps, [0, 5], np.nan)) == flip_test(gaps)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@both
def test_nothing_known_is_no_evidence(test):
    assert test(np.full(5, np.nan)) == 1


def test_permutations_without_a_score_count_against_a_difference():
    # As where all of a method's valid answers went to the other in a swap.
    assert permutation_test(lambda swaps: np.where(swaps.any(axis=1), np.nan, 1.0), 10, 99, rng()) == 1


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.001, 0.01, 0.02], [0.003, 0.02, 0.02]),
        ([0.02, 0.02, 0.02], [0.06, 0.06, 0.06]),
        ([0.5, 0.6, 0.01], [1.0, 1.0, 0.03]),
        ([0.9, 0.4], [0.9, 0.8]),
        ([0.04], [0.04]),
        ([], []),
    ],
    ids=str,
)
def test_holm_by_hand(p_values, adjusted):
    assert holm(p_values) == pytest.approx(adjusted)
