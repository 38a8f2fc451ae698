"""Distances and accuracy: equal to scipy's or to a plain transcription, and nothing but distributions is measured."""

import math

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance

from clca.survey.metrics import METRICS, accuracy, emd, jsd, kl, kl_paper, shares_of
from clca.survey.yardsticks import DISTANCES

SIZES = [2, 3, 4, 5]
distances = pytest.mark.parametrize("distance", DISTANCES.values(), ids=DISTANCES)
sizes = pytest.mark.parametrize("k", SIZES)


def draw(k, n, seed=0):
    """`n` random distributions of k cells, some with empty cells."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(k, 0.7), size=n)
    shares[::3, 0] = 0
    return shares / shares.sum(axis=1, keepdims=True)


def plain_kl_paper(model, human):
    """The paper's formula, cell by cell: softmax over shares, the invalid cell last."""
    model = [*model, 0.0] if len(model) == len(human) else model
    total = sum(math.exp(share) for share in model)
    pairs = zip([*human, 0.0], model, strict=True)
    return sum(o * math.log(o / (math.exp(p) / total)) for o, p in pairs if o > 0)


def test_there_is_a_function_for_every_metric():
    assert tuple(DISTANCES) == METRICS


@sizes
@pytest.mark.parametrize("invalid", [False, True])
def test_kl_paper_is_the_paper_s_formula(k, invalid):
    for model, human in zip(draw(k + invalid, 30), draw(k, 30, seed=1), strict=True):
        assert kl_paper(model, human) == pytest.approx(plain_kl_paper(model, human), abs=1e-12)


@sizes
@pytest.mark.parametrize("invalid", [False, True])
def test_jsd_is_scipy_s(k, invalid):
    for model, human in zip(draw(k + invalid, 30), draw(k, 30, seed=1), strict=True):
        padded = human if not invalid else [*human, 0]
        assert jsd(model, human) == pytest.approx(jensenshannon(model, padded), abs=1e-9)


@sizes
def test_jsd_is_0_for_equal_and_largest_for_disjoint_answers(k):
    same = draw(k, 300)
    assert jsd(same, same) == pytest.approx(np.zeros(300))
    assert jsd(np.eye(k)[0], np.eye(k)[1]) == pytest.approx(math.sqrt(math.log(2)))


@sizes
def test_emd_is_scipy_s_in_units_of_the_scale(k):
    for model, human in zip(draw(k, 30), draw(k, 30, seed=1), strict=True):
        expected = wasserstein_distance(range(k), range(k), model, human) / (k - 1)
        assert emd(model, human) == pytest.approx(expected, abs=1e-12)


@sizes
@pytest.mark.parametrize("invalid", [0.0, 0.25, 1.0])
def test_invalid_answers_cost_1_each_in_emd_and_the_rest_count_by_their_share(k, invalid):
    for valid, human in zip(draw(k, 10), draw(k, 10, seed=1), strict=True):
        mixed = np.append(valid * (1 - invalid), invalid)
        assert emd(mixed, human) == pytest.approx((1 - invalid) * emd(valid, human) + invalid, abs=1e-12)


def test_emd_of_opposite_ends_is_1():
    assert emd([1, 0, 0, 0, 0], [0, 0, 0, 0, 1]) == pytest.approx(1)
    assert emd([0, 0, 1, 0, 0], [0, 0, 0, 0, 1]) == pytest.approx(0.5)


def test_kl_by_hand():
    # Invalid answers dropped: (.5, .5, 0); smoothed: (.51, .51, .01) / 1.03.
    by_hand = 0.2 * math.log(0.2 * 1.03 / 0.51) + 0.7 * math.log(0.7 * 1.03 / 0.51) + 0.1 * math.log(0.1 * 1.03 / 0.01)
    assert kl([0.25, 0.25, 0, 0.5], [0.2, 0.7, 0.1]) == pytest.approx(by_hand, abs=1e-12)
    assert kl([0.5, 0.5, 0], [0.2, 0.7, 0.1]) == pytest.approx(by_hand, abs=1e-12)


def test_kl_without_smoothing_is_the_textbook_s():
    assert kl([0.25, 0.75], [0.5, 0.5], smoothing=0) == pytest.approx(0.5 * math.log(2) + 0.5 * math.log(2 / 3))
    assert kl([1, 0], [0.5, 0.5], smoothing=0) == np.inf


def test_only_kl_is_undefined_where_all_answers_are_invalid():
    model, human = [[0, 0, 0, 1], [0.2, 0.3, 0.5, 0]], [0.2, 0.3, 0.5]
    assert np.isnan(kl(model, human)).tolist() == [True, False]
    for distance in (kl_paper, jsd, emd):
        assert np.isfinite(distance(model, human)).all()


@distances
@pytest.mark.parametrize("human_shape", [(), (3,), (4, 3)])
def test_leading_axes_broadcast(distance, human_shape):
    model = draw(5, 12).reshape(4, 3, 5)
    human = draw(4, math.prod(human_shape), seed=1).reshape(*human_shape, 4)
    found = distance(model, human)
    people = np.broadcast_to(human, (4, 3, 4))
    one_by_one = [[distance(model[i, j], people[i, j]) for j in range(3)] for i in range(4)]
    assert found == pytest.approx(np.array(one_by_one), abs=1e-12)
    assert distance(human, model[0, 0, :4] / model[0, 0, :4].sum()).shape == human_shape


@distances
@pytest.mark.parametrize("side", ["model", "human"])
@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        ([0.5, -0.1, 0.6], "a share is negative or not a number"),
        ([math.nan, 0.5, 0.5], "a share is negative or not a number"),
        ([-math.inf, 0.5, 0.5], "a share is negative or not a number"),
        ([0.5, 0.4, 0.0], "its shares sum to 0.9, not to 1"),
        ([0.0, 0.0, 0.0], "its shares sum to 0, not to 1"),
        ([50, 30, 20], "its shares sum to 100, not to 1"),
        ([math.inf, 0.0, 0.0], "its shares sum to inf, not to 1"),
        ([[0.2, 0.3, 0.5], [0.2, 0.3, 0.6]], "its shares sum to 1.1, not to 1"),
        ([1.0], "it has fewer than two cells"),
        ([], "it has fewer than two cells"),
        (1.0, "it has fewer than two cells"),
    ],
    ids=str,
)
def test_what_is_no_distribution_is_refused(distance, side, broken, problem):
    both = {"model": [0.2, 0.3, 0.5], "human": [0.2, 0.3, 0.5]} | {side: broken}
    with pytest.raises(ValueError, match=f"^{side} is not a distribution: {problem}"):
        distance(**both)


@distances
@pytest.mark.parametrize("cells", [2, 5])
def test_wrong_number_of_cells_is_refused(distance, cells):
    with pytest.raises(ValueError, match=f"model has {cells} cells; human has 3, so it must have 3 or 4"):
        distance(np.full(cells, 1 / cells), [0.2, 0.3, 0.5])


@distances
def test_rounding_errors_are_forgiven(distance):
    assert distance([1 + 1e-9, -1e-9], [0.3, 0.7]) == pytest.approx(distance([1, 0], [0.3, 0.7]), abs=1e-6)


def test_accuracy_counts_missing_items_as_wrong_or_leaves_them_out():
    answers, own = [[1, 2, 0, 3], [1, 1, 1, 1], [2, 0, 0, 0]], [[1, 1, 0, 3], [0, 0, 0, 0], [2, 2, 2, 2]]
    assert accuracy(answers, own).tolist() == [0.5, 0, 0.25]
    assert accuracy(answers, own, missing_is_wrong=False) == pytest.approx([2 / 3, math.nan, 0.25], nan_ok=True)


def test_accuracy_of_other_shapes_is_refused():
    with pytest.raises(ValueError, match=r"shape \(2, 3\) against respondents of shape \(3,\)"):
        accuracy(np.ones((2, 3)), np.ones(3))


def test_shares_are_of_all_answers_with_the_invalid_last():
    assert shares_of([1, 2, 2, 0], 3).tolist() == [0.25, 0.5, 0, 0.25]
    assert shares_of([3, 3], 3).tolist() == [0, 0, 1, 0]


def test_weights_count_in_shares():
    assert shares_of([1, 2, 2, 0], 3, weights=[3, 1, 1, 0]).tolist() == [0.6, 0.4, 0, 0]
