"""Yardsticks: what simple predictors score on the same people, so that a model's numbers can be read."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from clca.survey.metrics import METRICS, Array, accuracy, emd, jsd, kl, kl_paper, shares_of

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
        human: The culture's shares by item, shape (k,) each: what is predicted.
        others: The same of other cultures.
        own: The personas' respondents' own options, 0 where missing; shape (personas, items).
        rng: Draws the sample of the marginals, as large as the personas.

    Returns:
        By predictor the mean over items of every distance, and the accuracy to be expected of it.
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
    scores = {name: score(shares, human) | {"accuracy": _expected(shares, own)} for name, shares in predictors.items()}
    drawn = np.column_stack(list(sampled.values()))
    scores["marginals_sample"]["accuracy"] = float(accuracy(drawn, own).mean())
    return scores


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


def _expected(shares: Shares, own: NDArray[np.int64]) -> float:
    """Accuracy to be expected of options drawn from `shares`: the mean probability of the respondents' own options."""
    right = [np.append(share, 0.0)[own[:, column] - 1] for column, share in enumerate(shares.values())]
    # A missing answer, 0, takes the cell appended last.
    return float(np.mean(right))
