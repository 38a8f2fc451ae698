"""How far a model's answers are from a culture's: distances of share vectors, and accuracy against respondents.

All distances take the last axis as options and broadcast over the others. `human` has k cells; `model` has k, or k + 1
with the share of invalid answers last. Natural logarithms: nats. Definitions: `kl_paper` and `jsd` are those of the
code published with Liu et al. (ACL 2025); `kl` is Kullback and Leibler (1951) with additive smoothing; `emd` is the
earth mover's distance of ordered categories, the area between the cumulative shares (Werman et al. 1985).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import rel_entr, softmax

Array = NDArray[np.float64]

SMOOTHING = 0.01
TOLERANCE = 1e-6

METRICS = ("kl_paper", "kl", "jsd", "emd")
"""The distances, by name: lower is closer."""


def kl_paper(model: ArrayLike, human: ArrayLike) -> Array:
    """KL(human || softmax(model)) on k + 1 cells, as the paper's tables have it; its floor is about .35, not 0.

    Args:
        model: Shares, shape (..., k) or (..., k + 1).
        human: Shares, shape (..., k).

    Returns:
        Nats, shape (...).

    Raises:
        ValueError: A vector is not a distribution, or the numbers of cells do not fit.
    """
    shares, people = _with_invalid(model, human)
    return _sum(rel_entr(people, softmax(shares, axis=-1)))


def kl(model: ArrayLike, human: ArrayLike, smoothing: float = SMOOTHING) -> Array:
    """KL(human || smoothed model) on the k options: invalid answers dropped, m renormalised, (m + s) / (1 + k s).

    Args:
        model: Shares, shape (..., k) or (..., k + 1).
        human: Shares, shape (..., k).
        smoothing: s, the weight of every option that nobody chose.

    Returns:
        Nats, shape (...); NaN where all answers are invalid.

    Raises:
        ValueError: As for `kl_paper`.
    """
    shares, people = _with_invalid(model, human)
    valid = shares[..., :-1]
    total = valid.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        renormalised = np.where(total > 0, valid / total, np.nan)
    smoothed = (renormalised + smoothing) / (1 + valid.shape[-1] * smoothing)
    return _sum(rel_entr(people[..., :-1], smoothed))


def jsd(model: ArrayLike, human: ArrayLike) -> Array:
    """Jensen-Shannon distance on k + 1 cells, base e, in [0, .833]: what `scipy.spatial.distance` computes.

    Args:
        model: Shares, shape (..., k) or (..., k + 1).
        human: Shares, shape (..., k).

    Returns:
        Square roots of nats, shape (...).

    Raises:
        ValueError: As for `kl_paper`.
    """
    shares, people = _with_invalid(model, human)
    middle = (shares + people) / 2
    divergence = _sum(rel_entr(shares, middle) + rel_entr(people, middle)) / 2
    # Rounding may leave equal vectors a little below 0.
    return np.asarray(np.sqrt(np.clip(divergence, 0, None)), dtype=np.float64)


def emd(model: ArrayLike, human: ArrayLike) -> Array:
    """Earth mover's distance on the options' order, in units of the whole scale; an invalid answer costs 1.

    Valid answers are compared among themselves and weighed by their share.

    Args:
        model: Shares, shape (..., k) or (..., k + 1).
        human: Shares, shape (..., k).

    Returns:
        Distances in [0, 1], shape (...).

    Raises:
        ValueError: As for `kl_paper`.
    """
    shares, people = _with_invalid(model, human)
    valid, invalid = shares[..., :-1], shares[..., -1]
    total = valid.sum(axis=-1)
    gap = np.cumsum(valid - people[..., :-1] * total[..., None], axis=-1)[..., :-1]
    return np.asarray(np.abs(gap).sum(axis=-1) / (valid.shape[-1] - 1) + invalid, dtype=np.float64)


def accuracy(answers: ArrayLike, own: ArrayLike, missing_is_wrong: bool = True) -> Array:
    """Share of items on which a persona's answer is the respondent's own.

    Args:
        answers: Options counted from 1, 0 where invalid; shape (personas, items).
        own: The respondents' own options, 0 where they gave none; shape (personas, items).
        missing_is_wrong: Count the respondent's missing items as wrong, as the paper does, or leave them out.

    Returns:
        Shares, shape (personas,); NaN for a respondent without an answer, where those are left out.

    Raises:
        ValueError: The shapes differ.
    """
    given, asked = np.asarray(answers), np.asarray(own)
    if given.shape != asked.shape:
        raise ValueError(f"answers of shape {given.shape} against respondents of shape {asked.shape}")
    right = ((given == asked) & (asked > 0)).sum(axis=-1)
    if missing_is_wrong:
        return np.asarray(right / asked.shape[-1], dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return np.asarray(right / (asked > 0).sum(axis=-1), dtype=np.float64)


def mean_answered(right: ArrayLike, answered: ArrayLike) -> float:
    """Mean over personas of the accuracy on the items that their respondents answered.

    Args:
        right: Whether, or how probably, an answer is the respondent's own, 0 where they gave none; shape
            (personas, items).
        answered: Whether the respondent gave an answer; shape (personas, items).

    Returns:
        NaN where no respondent gave any.
    """
    counts = np.asarray(answered, dtype=np.float64).sum(axis=-1)
    some = counts > 0
    if not some.any():
        return float("nan")
    return float((np.asarray(right, dtype=np.float64).sum(axis=-1)[some] / counts[some]).mean())


def shares_of(options: ArrayLike, k: int, weights: ArrayLike | None = None) -> Array:
    """Shares of options 1..k and of invalid answers (0) last.

    Args:
        options: Options counted from 1, 0 where invalid; shape (n,).
        k: Number of options.
        weights: Weight of each answer; equal where None.

    Returns:
        Shape (k + 1,), sum 1.
    """
    counts = np.bincount((np.asarray(options) - 1) % (k + 1), weights=weights, minlength=k + 1)
    return np.asarray(counts / counts.sum(), dtype=np.float64)


def _with_invalid(model: ArrayLike, human: ArrayLike) -> tuple[Array, Array]:
    """Both vectors on k + 1 cells, checked."""
    shares, people = _checked("model", model), _checked("human", human)
    k = people.shape[-1]
    if shares.shape[-1] not in (k, k + 1):
        raise ValueError(f"model has {shares.shape[-1]} cells; human has {k}, so it must have {k} or {k + 1}")
    return _padded(shares, k + 1), _padded(people, k + 1)


def _padded(shares: Array, cells: int) -> Array:
    missing = cells - shares.shape[-1]
    return np.concatenate([shares, np.zeros((*shares.shape[:-1], missing))], axis=-1)


def _checked(name: str, values: ArrayLike) -> Array:
    shares = np.asarray(values, dtype=np.float64)
    if shares.ndim == 0 or shares.shape[-1] < 2:
        raise ValueError(f"{name} is not a distribution: it has fewer than two cells")
    # A NaN is neither at least 0 nor near a sum of 1.
    if not (shares >= -TOLERANCE).all():
        raise ValueError(f"{name} is not a distribution: a share is negative or not a number (least {shares.min()})")
    sums = shares.sum(axis=-1)
    if not (np.abs(sums - 1) <= TOLERANCE).all():
        worst = sums.flat[int(np.argmax(np.abs(sums - 1)))]
        raise ValueError(f"{name} is not a distribution: its shares sum to {worst:.6g}, not to 1")
    return np.clip(shares, 0, None)


def _sum(cells: Array) -> Array:
    return np.asarray(cells.sum(axis=-1), dtype=np.float64)
