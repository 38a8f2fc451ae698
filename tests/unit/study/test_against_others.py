"""Each statistic against another implementation: scipy's, or the definition written out; with empty cells and ties."""

import math
import statistics as stdlib
from itertools import product

import numpy as np
import pytest
import scipy.stats
from scipy.stats import bootstrap, entropy

from clca.survey.metrics import accuracy, kl, kl_paper, mean_answered, shares_of
from clca.survey.statistics import (
    answered_replicates,
    interval,
    item_draws,
    mean_over,
    permutation_test,
    persona_weights,
    share_replicates,
    sign_flip_test,
)

CASES = range(20)
cases = pytest.mark.parametrize("case", CASES)


def rng(seed):
    return np.random.default_rng(seed)


def gaps(case, n=9):
    """Differences with zeros and ties: whole numbers, whose sums are exact; every fifth case has only zeros."""
    return np.round(rng(case).normal(case % 4, 2, n)) * (case % 5 > 0)


def options(case, shape, k):
    """Options from 1, 0 where none; some options are nobody's."""
    return rng(case).choice(k + 1, size=shape, p=[0.15, *np.full(k - 1, 0.85 / (k - 1)), 0])


@cases
def test_sign_flips_are_scipy_s(case):
    differences = gaps(case)
    found = sign_flip_test(differences, 20_000, rng(case))
    every = scipy.stats.permutation_test(
        (differences,), lambda x, axis: np.mean(x, axis=axis), permutation_type="samples", n_resamples=np.inf
    )
    assert found == pytest.approx(every.pvalue, abs=0.015)


@cases
def test_swaps_of_two_methods_within_a_persona_are_scipy_s(case):
    a, b = (np.round(rng(seed).uniform(0, 10, 8)) for seed in (case, case + 100))
    b = a.copy() if case % 5 == 0 else b
    difference = lambda swaps: (1 - 2 * swaps) @ (a - b) / 8  # noqa: E731
    every = scipy.stats.permutation_test(
        (a, b), lambda x, y, axis: np.mean(x - y, axis=axis), permutation_type="samples", n_resamples=np.inf
    )
    assert permutation_test(difference, 8, 20_000, rng(case)) == pytest.approx(every.pvalue, abs=0.015)


@cases
def test_interval_over_personas_is_scipy_s_percentile_bootstrap(case):
    sample = np.round(rng(case).exponential(1, 60), 1) * (case % 5 > 0)
    low, high = interval(persona_weights(60, 20_000, rng(case)) @ sample / 60)
    if case % 5 == 0:
        assert (low, high) == (0, 0)
        return
    theirs = bootstrap((sample,), np.mean, n_resamples=20_000, method="percentile", rng=rng(case + 100))
    near = 0.15 * theirs.standard_error
    assert (low, high) == pytest.approx(tuple(theirs.confidence_interval), abs=near)


@cases
def test_interval_over_items_is_scipy_s_percentile_bootstrap(case):
    sample = np.round(rng(case).normal(0.4, 0.2, 44), 1)
    low, high = interval(mean_over(sample, item_draws(44, 20_000, rng(case))))
    theirs = bootstrap((sample,), np.mean, n_resamples=20_000, method="percentile", rng=rng(case + 100))
    assert (low, high) == pytest.approx(tuple(theirs.confidence_interval), abs=0.15 * theirs.standard_error)


@cases
def test_shares_of_respondents_drawn_again_vary_as_scipy_s(case):
    people = options(case, (80, 1), 3)
    found = share_replicates(people, [3], np.ones(80), 5000, rng(case))[0]
    valid = people[people > 0]
    for option in (1, 2, 3):
        chosen = (valid == option).astype(float)
        assert found[:, option - 1].mean() == pytest.approx(chosen.mean(), abs=0.01)
        expected = math.sqrt(chosen.mean() * (1 - chosen.mean()) / len(valid))
        assert found[:, option - 1].std() == pytest.approx(expected, rel=0.08, abs=1e-12)


@cases
@pytest.mark.parametrize("k", [2, 3, 4, 5])
def test_kl_is_scipy_s_entropy_of_smoothed_shares(case, k):
    model, human = (np.bincount(rng(seed).integers(k, size=6), minlength=k) / 6 for seed in (case, case + 100))
    invalid = 0.2 * (case % 3)
    smoothed = (model + 0.01) / (1 + 0.01 * k)
    assert kl([*(model * (1 - invalid)), invalid], human) == pytest.approx(entropy(human, smoothed), abs=1e-12)


@cases
def test_kl_paper_is_scipy_s_entropy_of_softmax(case):
    k = 2 + case % 4
    model, human = (np.bincount(rng(seed).integers(k, size=5), minlength=k) / 5 for seed in (case, case + 100))
    weights = [math.exp(share) for share in [*model, 0.0]]
    theirs = entropy([*human, 0.0], [weight / sum(weights) for weight in weights])
    assert kl_paper(model, human) == pytest.approx(theirs, abs=1e-12)


@cases
def test_accuracies_are_counts_of_equal_answers(case):
    given, own = options(case, (7, 11), 4), options(case + 100, (7, 11), 4)
    own[0] = 0
    right, answered = [], []
    for one, other in zip(given.tolist(), own.tolist(), strict=True):
        right.append(sum(a == b != 0 for a, b in zip(one, other, strict=True)))
        answered.append(sum(b != 0 for b in other))
    assert accuracy(given, own).tolist() == pytest.approx([count / 11 for count in right])
    shares = [count / of for count, of in zip(right, answered, strict=True) if of]
    assert mean_answered((given == own) & (own > 0), own > 0) == pytest.approx(stdlib.fmean(shares))


@cases
def test_replicates_of_answered_accuracy_are_those_of_repeated_rows_and_columns(case):
    given, own = options(case, (6, 5), 3), options(case + 100, (6, 5), 3)
    right, answered = ((given == own) & (own > 0)).astype(float), (own > 0).astype(float)
    weights, draws = persona_weights(6, 4, rng(case)), item_draws(5, 4, rng(case))
    found = answered_replicates(right, answered, weights, draws)
    for value, times, items in zip(found, weights.astype(int), draws, strict=True):
        rows = [person for person, count in enumerate(times) for _ in range(count)]
        counts = [(sum(right[p, i] for i in items), sum(answered[p, i] for i in items)) for p in rows]
        assert value == pytest.approx(stdlib.fmean(hit / of for hit, of in counts if of))


@cases
def test_shares_are_counts(case):
    drawn = options(case, 12, 4).tolist()
    assert shares_of(drawn, 4).tolist() == pytest.approx([drawn.count(option) / 12 for option in (1, 2, 3, 4, 0)])


@cases
def test_exact_and_drawn_swaps_agree_where_many_differences_are_equal(case):
    differences = np.sign(gaps(case, 7))
    sums = [abs(sum(s * d for s, d in zip(signs, differences, strict=True))) for signs in product([-1, 1], repeat=7)]
    exact = stdlib.fmean(one >= abs(differences.sum()) for one in sums)
    assert sign_flip_test(differences, 20_000, rng(case)) == pytest.approx(exact, abs=0.015)
