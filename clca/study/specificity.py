"""Specificity: does an adapter of a culture help with that culture's people more than with others'?

Adapters of culture A answer as personas of culture B and are compared with B's people; what the unadapted model scores
on the same personas is taken off. Centring rows and columns takes off how good an adapter is everywhere, and how easy
a culture is for all adapters. What is left on the diagonal is specific.
"""

from itertools import permutations
from typing import NamedTuple

import numpy as np
import polars as pl

from clca.study.tables import REFERENCE
from clca.survey.metrics import Array

MOST = 8
"""Cultures of which all labellings are listed: 8! = 40,320."""


class Specificity(NamedTuple):
    """A matrix of adapters by personas, shape (cultures, cultures), and its test.

    Attributes:
        effects: Distance minus the baseline's; NaN where a scorecard is missing.
        centred: The same, less the means of row and column, plus the mean of all.
        statistic: Mean of the diagonal minus mean off it; below 0 where adapters help their own culture more. None
            where an effect is missing.
        p_value: Share of the labellings of adapters with a statistic as low: exact and one-sided.
    """

    effects: Array
    centred: Array
    statistic: float | None
    p_value: float | None


def specificity(effects: Array) -> Specificity:
    """Test a matrix of effects.

    Args:
        effects: Adapters in rows and personas in columns, in the same order of cultures; a distance, so that lower is
            closer; 2 to 8 cultures.

    Raises:
        ValueError: The matrix is not square, or not of 2 to 8 cultures.
    """
    n = len(effects)
    if effects.shape != (n, n) or not 2 <= n <= MOST:
        raise ValueError(f"effects of shape {effects.shape}; a square of 2 to {MOST} cultures is needed")
    centred = double_centred(effects)
    if np.isnan(effects).any():
        return Specificity(effects, centred, None, None)
    labellings = np.array(list(permutations(range(n))))
    traces = centred[np.arange(n), labellings].sum(axis=1)
    statistics = traces / n - (centred.sum() - traces) / (n * (n - 1))
    # The first labelling is the true one; equal sums may differ in the last bits.
    p_value = float((statistics <= statistics[0] + 1e-12).mean())
    return Specificity(effects, centred, float(statistics[0]), p_value)


def double_centred(matrix: Array) -> Array:
    """The matrix less the means of its rows and columns, plus the mean of all; shape unchanged, all sums 0."""
    rows, columns = matrix.mean(axis=1, keepdims=True), matrix.mean(axis=0, keepdims=True)
    return np.asarray(matrix - rows - columns + matrix.mean(), dtype=np.float64)


def effects(
    scores: pl.DataFrame, model: str, method: str, seed: int, cultures: list[str], metric: str, language: str = "en"
) -> Array:
    """Adapters' distances minus the baseline's, of scorecards.

    Args:
        scores: `Score` rows.
        model: Whose adapters.
        method: Their variant, such as `clca`.
        seed: Their seed.
        cultures: In the order of rows and columns.
        metric: `jsd` or `kl`, or any other distance.
        language: That of the answers.

    Returns:
        Adapter's culture by personas' culture, shape (cultures, cultures); NaN where there is no scorecard.
    """
    asked = scores.filter(
        kind="method", model=model, metric=metric, of="choices", language=language, form="constrained"
    ).filter(pl.col("value").is_not_null())
    baseline = dict(asked.filter(method=REFERENCE).select("culture", "value").iter_rows())
    adapted = asked.filter(method=method, seed=seed).select("adapter", "culture", "value").rows()
    found = {(adapter, culture): value for adapter, culture, value in adapted}
    nothing = float("nan")
    return np.array(
        [[found.get((a, b), nothing) - baseline.get(b, nothing) for b in cultures] for a in cultures], dtype=np.float64
    )
