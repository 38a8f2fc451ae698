"""Yardsticks: what simple predictors score on the same people, so that a model's numbers can be read."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from clca.survey.metrics import METRICS, Array, emd, jsd, kl, kl_paper, mean_answered, shares_of

Shares = Mapping[str, Array]

DISTANCES = {"kl_paper": kl_paper, "kl": kl, "jsd": jsd, "emd": emd}


def yardsticks(
    human: Shares,
    others: Sequence[Shares],
    own: NDArray[np.int64],
    rng: np.random.Generator,
) -> dict[str, dict[str, float]]:
    """Scores of six predictors that know no persona.

    Args:
        human: The culture's shares by item that was asked, shape (k,) each: what is predicted.
        others: The same of other cultures, of these items at least.
        own: The personas' respondents' own options, 0 where missing; shape (personas, items).
        rng: Draws the sample of the marginals, as large as the personas.

    Returns:
        By predictor the mean over items of every distance, and the accuracy to be expected of it in both variants
        (`accuracy_answered` leaves the respondents' missing answers out; NaN where nobody answered anything).
    """
    sampled = {name: _sample(share, len(own), rng) for name, share in human.items()}
    predictors: dict[str, Shares] = {
        "true_marginals": human,
        "marginals_sample": {name: shares_of(drawn, len(human[name])) for name, drawn in sampled.items()},
        "modal": {name: _one(int(np.argmax(share)), len(share)) for name, share in human.items()},
        "uniform": {name: np.full(len(share), 1 / len(share)) for name, share in human.items()},
        "other_cultures": {name: np.mean([other[name] for other in others], axis=0) for name in human},
        "first_option": {name: _one(0, len(share)) for name, share in human.items()},
    }
    hits = {name: _hits(shares, own) for name, shares in predictors.items()}
    drawn = np.column_stack(list(sampled.values()))
    hits["marginals_sample"] = ((drawn == own) & (own > 0)).astype(np.float64)
    return {
        name: score(shares, human)
        | {"accuracy": float(hits[name].mean()), "accuracy_answered": mean_answered(hits[name], own > 0)}
        for name, shares in predictors.items()
    }


def score(shares: Shares, human: Shares) -> dict[str, float]:
    """Mean over items of every distance between two sets of shares."""
    return {
        metric: float(np.nanmean([DISTANCES[metric](shares[name], human[name]) for name in human]))
        for metric in METRICS
    }


def _sample(share: Array, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return rng.choice(np.arange(1, len(share) + 1), size=n, p=share)


def _one(index: int, k: int) -> Array:
    return np.asarray(np.eye(k)[index])


def _hits(shares: Shares, own: NDArray[np.int64]) -> Array:
    """Probability of the respondents' own options among `shares`, shape (personas, items)."""
    # A missing answer, 0, takes the cell appended last.
    return np.column_stack([np.append(share, 0.0)[own[:, column] - 1] for column, share in enumerate(shares.values())])
