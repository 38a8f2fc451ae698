"""Intervals and tests: bootstrap over personas and items, paired permutation, sign flips, Holm's correction."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Scores = Callable[[Array], Array]

LEVEL = 0.95

# Replicates at once: a thousand of some thousand respondents would already be a large matrix.
_CHUNK = 250


def interval(replicates: Array) -> tuple[float, float]:
    """The percentile interval (95%) of bootstrap replicates, NaN left out (Efron and Tibshirani 1993, chapter 13)."""
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.nanpercentile(replicates, [tail, 100 - tail])
    return float(low), float(high)


def persona_weights(personas: int, replicates: int, rng: np.random.Generator) -> Array:
    """How often each persona is drawn in each bootstrap replicate: shape (replicates, personas), rows sum to personas.

    The same weights serve every item and every method, so that rows stay whole and methods paired.
    """
    return np.concatenate(list(_drawn(personas, replicates, rng)))


def _drawn(people: int, replicates: int, rng: np.random.Generator) -> Iterator[Array]:
    """How often each is drawn, some replicates at once; counted draws take a sixth of a multinomial's time."""
    for start in range(0, replicates, _CHUNK):
        size = min(_CHUNK, replicates - start)
        drawn = rng.integers(people, size=(size, people)) + np.arange(size)[:, None] * people
        yield np.bincount(drawn.ravel(), minlength=size * people).reshape(size, people).astype(np.float64)


def item_draws(items: int, replicates: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Which items each bootstrap replicate draws, with replacement: shape (replicates, items)."""
    return rng.integers(items, size=(replicates, items))


def mean_over(scores: Array, draws: NDArray[np.intp]) -> Array:
    """Mean of each replicate's scores over its drawn items, NaN left out.

    Args:
        scores: Shape (replicates, items), or (items,) where every replicate has the same.
        draws: As from `item_draws`.

    Returns:
        Shape (replicates,).
    """
    every = np.broadcast_to(scores, draws.shape)
    return np.asarray(np.nanmean(np.take_along_axis(every, draws, axis=-1), axis=-1), dtype=np.float64)


def share_replicates(
    options: NDArray[np.int64], counts: Sequence[int], weights: Array, replicates: int, rng: np.random.Generator
) -> list[Array]:
    """Shares of options among respondents who are drawn with replacement as whole rows.

    Args:
        options: The respondents' options counted from 1, 0 where missing; shape (respondents, items).
        counts: Number of options k of each item.
        weights: The respondents' weights, shape (respondents,).
        replicates: How many bootstrap replicates.
        rng: Draws them.

    Returns:
        By item shares of options 1..k, shape (replicates, k). A replicate without an answer to an item has the shares
        of all respondents there.
    """
    people = len(options)
    cells = [np.eye(k + 1)[options[:, item], 1:] * weights[:, None] for item, k in enumerate(counts)]
    bounds = np.cumsum(counts)[:-1]
    stacked = np.concatenate(cells, axis=1)
    sums = [times @ stacked for times in _drawn(people, replicates, rng)]
    every = np.split(np.concatenate(sums), bounds, axis=1)
    observed = np.split(stacked.sum(axis=0), bounds)
    filled = [
        np.where(of_item.sum(axis=1, keepdims=True) > 0, of_item, fallback)
        for of_item, fallback in zip(every, observed, strict=True)
    ]
    return [of_item / of_item.sum(axis=1, keepdims=True) for of_item in filled]


def answered_replicates(right: Array, answered: Array, weights: Array, draws: NDArray[np.intp]) -> Array:
    """Replicates of `metrics.mean_answered`.

    Args:
        right: Shape (personas, items), 0 where the respondent gave no answer.
        answered: The same shape, 1 where they gave one and 0 elsewhere.
        weights: As from `persona_weights`.
        draws: As from `item_draws`.

    Returns:
        Shape (replicates,); NaN where no drawn respondent answered a drawn item.
    """
    items = right.shape[1]
    values = []
    for start in range(0, len(draws), _CHUNK):
        drawn, times = draws[start : start + _CHUNK], weights[start : start + _CHUNK]
        counts = np.stack([np.bincount(one, minlength=items) for one in drawn]).astype(np.float64)
        asked = counts @ answered.T
        share = np.divide(counts @ right.T, asked, out=np.zeros_like(asked), where=asked > 0)
        people = (times * (asked > 0)).sum(axis=1)
        values.append(np.divide((times * share).sum(axis=1), people, out=np.full(len(times), np.nan), where=people > 0))
    return np.concatenate(values)


def permutation_test(difference: Scores, personas: int, permutations: int, rng: np.random.Generator) -> float:
    """Two-sided paired permutation test that swaps two methods' whole rows within a persona.

    p = (b + 1) / (permutations + 1), b = permuted differences at least as far from 0 as the observed one
    (Phipson and Smyth 2010).

    Args:
        difference: Takes swaps, shape (m, personas) of 0 and 1, and gives the m differences between the methods.
        personas: How many.
        permutations: How many swaps are drawn.
        rng: Decides them.
    """
    observed = difference(np.zeros((1, personas)))[0]
    swapped = difference(rng.integers(2, size=(permutations, personas)).astype(np.float64))
    return p_value(observed, swapped)


def sign_flip_test(differences: Array, permutations: int, rng: np.random.Generator) -> float:
    """Two-sided sign-flip test of a mean difference over items: for a method with one prompt, personas say nothing.

    Args:
        differences: One an item, NaN left out.
        permutations: How many flips are drawn.
        rng: Decides them.
    """
    known = differences[~np.isnan(differences)]
    signs = rng.choice([-1.0, 1.0], size=(permutations, len(known)))
    return p_value(known.mean(), (signs * known).mean(axis=1))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment (1979) of a family of p-values, in the order given."""
    count, adjusted, highest = len(p_values), [0.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(count), key=lambda i: p_values[i])):
        highest = max(highest, min(1.0, (count - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def p_value(observed: float, permuted: Array) -> float:
    """(b + 1) / (m + 1), b = how many of m permuted differences are at least as far from 0 as the observed one."""
    # Sums in another order differ in the last bits: equal differences must count as equal. NaN, a difference that is
    # unknown, counts as far: it is no evidence.
    far = ~(np.abs(permuted) < abs(observed) - 1e-12)
    return float((far.sum() + 1) / (len(permuted) + 1))
