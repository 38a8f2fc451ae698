"""The bootstrap as a loop: a draw of personas and of items a replicate, then the distances item by item."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.spatial.distance import jensenshannon
from scipy.special import rel_entr, softmax
from scipy.stats import wasserstein_distance


def intervals(
    chosen: Sequence[np.ndarray], human: Mapping[str, np.ndarray], replicates: int, seed: int
) -> list[tuple[float, float]]:
    """95% intervals of the mean over items of four distances.

    Args:
        chosen: By item one-hot rows with the invalid cell last, shape (personas, k + 1).
        human: Shares by item, shape (k,).
    """
    rng = np.random.default_rng(seed)
    shares, personas = list(human.values()), len(chosen[0])
    means = []
    for _ in range(replicates):
        people = rng.integers(personas, size=personas)
        items = rng.integers(len(shares), size=len(shares))
        means.append(np.mean([_distances(chosen[item][people].mean(axis=0), shares[item]) for item in items], axis=0))
    return [(low, high) for low, high in np.percentile(means, [2.5, 97.5], axis=0).T]


def _distances(model: np.ndarray, human: np.ndarray) -> list[float]:
    padded = np.append(human, 0.0)
    valid = model[:-1] / model[:-1].sum()
    smoothed = (valid + 0.01) / (1 + 0.01 * len(valid))
    ranks = np.arange(len(human))
    return [
        rel_entr(padded, softmax(model)).sum(),
        rel_entr(human, smoothed).sum(),
        jensenshannon(model, padded),
        wasserstein_distance(ranks, ranks, valid, human) / (len(human) - 1),
    ]
