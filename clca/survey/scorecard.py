"""The scorecard: how close each method's answers come to the culture, with intervals, tests and yardsticks."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clca.errors import InputError
from clca.survey.columns import ITEMS
from clca.survey.metrics import METRICS, Array, mean_answered
from clca.survey.statistics import (
    answered_replicates,
    holm,
    interval,
    item_draws,
    mean_over,
    permutation_test,
    persona_weights,
    share_replicates,
    sign_flip_test,
)
from clca.survey.yardsticks import DISTANCES, Shares

Value = dict[str, float | None]

ACCURACIES = ("accuracy", "accuracy_answered")
"""Share of a respondent's answers that are met: their missing ones count as wrong, or are left out."""


@dataclass(frozen=True, eq=False)
class Cells:
    """A method's answers as cells, by item that the culture was asked.

    Attributes:
        chosen: By item one-hot rows, the invalid cell last; shape (rows, k + 1).
        expected: By item the options' probabilities, renormalised; shape (rows, k).
        right: Whether a persona's answer is the respondent's own; shape (personas, items).
        right_expected: Probability given to the respondent's own option; shape (personas, items).
        answered: 1 where the respondent gave an answer, else 0; shape (personas, items).
        mass: Mean option mass by item, shape (items,).
        single: One prompt for all personas: nothing can be said of its variance over them.
    """

    chosen: list[Array]
    expected: list[Array]
    right: Array
    right_expected: Array
    answered: Array
    mass: Array
    single: bool


def cells(answers: pl.DataFrame, human: Shares, own: NDArray[np.int64], personas: list[str]) -> Cells:
    """Arrange `Answer` rows of one method.

    Args:
        answers: Rows of one method.
        human: Gives the items that the culture was asked, in their order, and each one's number of options.
        own: The personas' respondents' own options, 0 where missing; shape (personas, items).
        personas: Respondents' ids, in the order of `own`.

    Raises:
        InputError: An answer is missing, or is not of its item's options.
    """
    single = answers["respondent"].null_count() == len(answers)
    rows = [None] if single else personas
    found = {(row["respondent"], row["question"]): row for row in answers.to_dicts()}
    chosen, expected, right, right_expected, mass = [], [], [], [], []
    for column, question in enumerate(human):
        k = len(human[question])
        lacking = [row for row in rows if (row, question) not in found]
        if lacking:
            raise InputError(f"answers: {question} of respondent {lacking[0]} is missing; delete the file, run again")
        of_item = [found[row, question] for row in rows]
        for answer in of_item:
            if (answer["option"] or 0) > k or len(answer["logprobs"]) != k:
                raise InputError(
                    f"answers: {question} of respondent {answer['respondent']} is not of its {k} options; delete the "
                    "file, run again"
                )
        options = np.array([row["option"] or 0 for row in of_item])
        logits = np.array([row["logprobs"] for row in of_item])
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares = odds / odds.sum(axis=1, keepdims=True)
        chosen.append(np.eye(k + 1)[(options - 1) % (k + 1)])
        expected.append(shares)
        theirs = own[:, column]
        right.append((options == theirs) & (theirs > 0))
        padded = np.broadcast_to(np.pad(shares, ((0, 0), (0, 1))), (len(own), k + 1))
        right_expected.append(padded[np.arange(len(own)), theirs - 1])
        mass.append(np.mean([row["option_mass"] for row in of_item]))
    return Cells(
        chosen,
        expected,
        np.column_stack(right).astype(np.float64),
        np.column_stack(right_expected),
        (own > 0).astype(np.float64),
        np.array(mass),
        single,
    )


def scores(blocks: list[Array], human: Shares, metric: str, weights: Array | None = None) -> Array:
    """One distance for every item, or for every replicate and item.

    Args:
        blocks: By item, shape (rows, cells).
        human: Shares by item, shape (k,), or of each replicate, shape (replicates, k).
        metric: Its name.
        weights: How often each row counts in each replicate, shape (replicates, rows); None for once each.

    Returns:
        Shape (items,), or (replicates, items).
    """
    return distances(block_shares(blocks, weights), human, metric)


def block_shares(blocks: list[Array], weights: Array | None = None) -> list[Array]:
    """Mean shares of cells by item: shape (cells,), or (replicates, cells) where rows are weighted in replicates."""
    if weights is None:
        return [block.mean(axis=0) for block in blocks]
    # One product of all items: the weights, by far the larger matrix, are read once.
    summed = weights @ np.concatenate(blocks, axis=1) / len(blocks[0])
    return np.split(summed, np.cumsum([block.shape[1] for block in blocks])[:-1], axis=1)


def distances(shares: list[Array], human: Shares, metric: str) -> Array:
    """One distance for every item, the last axis, of shares of its cells."""
    pairs = zip(shares, human.values(), strict=True)
    return np.stack([DISTANCES[metric](one, people) for one, people in pairs], axis=-1)


class Resampler:
    """The same replicates of personas, items and respondents for every method and metric: comparisons are paired.

    Args:
        personas: How many.
        replicates: How many bootstrap replicates.
        rng: Draws them.
        items: How many.
        people: The respondents' options, shape (respondents, items), and weights, shape (respondents,); None where
            their shares are published figures, which nobody can resample.
        human: With `people`, their shares by item.
    """

    def __init__(
        self,
        personas: int,
        replicates: int,
        rng: np.random.Generator,
        items: int = len(ITEMS),
        people: tuple[NDArray[np.int64], Array] | None = None,
        human: Shares | None = None,
    ) -> None:
        self.personas = persona_weights(personas, replicates, rng)
        self.items = item_draws(items, replicates, rng)
        self.human: Shares | None = None
        self._kept: dict[tuple[Cells, bool, str], Array] = {}
        if people is not None and human is not None:
            options, weights = people
            drawn = share_replicates(options, [len(share) for share in human.values()], weights, replicates, rng)
            self.human = dict(zip(human, drawn, strict=True))

    def distances(self, method: Cells, human: Shares, metric: str, expected: bool) -> Array:
        """Replicates of a mean distance, shape (replicates,)."""
        if (method, expected, metric) not in self._kept:
            weights = None if method.single else self.personas
            shares = block_shares(method.expected if expected else method.chosen, weights)
            for name in METRICS:
                drawn = mean_over(distances(shares, self.human or human, name), self.items)
                self._kept[method, expected, name] = drawn
        return self._kept[method, expected, metric]

    def accuracies(self, method: Cells, expected: bool, answered: bool = False) -> Array:
        """Replicates of the accuracy, in the variant asked for; shape (replicates,)."""
        key = (method, expected, ACCURACIES[answered])
        if key not in self._kept:
            right = method.right_expected if expected else method.right
            self._kept[key] = (
                answered_replicates(right, method.answered, self.personas, self.items)
                if answered
                else mean_over(self.personas @ right / len(right), self.items)
            )
        return self._kept[key]


def method_card(method: Cells, human: Shares, resampler: Resampler) -> dict[str, Any]:
    """What the scorecard says of one method."""
    observed = _values(method, human, resampler, expected=False)
    invalid = float(np.mean([block[:, -1].mean() for block in method.chosen]))
    return observed | {
        "invalid_rate": _round(invalid),
        "option_mass": _round(float(method.mass.mean())),
        "expected": _values(method, human, resampler, expected=True),
    }


def pairs_of(methods: Iterable[str], reference: str | None = None) -> list[tuple[str, str]]:
    """All pairs of methods in their order; with a reference those alone that it is one of."""
    return [pair for pair in combinations(methods, 2) if reference is None or reference in pair]


def comparisons(
    methods: Mapping[str, Cells],
    human: Shares,
    resampler: Resampler,
    permutations: int,
    rng: np.random.Generator,
    reference: str | None = None,
) -> list[dict[str, Any]]:
    """Pairs of methods in all metrics: difference a - b, its interval, p and Holm's p over the pairs of a metric.

    Pairs of methods with personas compare choices by a paired permutation of rows. Where one has a single prompt, the
    expected shares are compared by sign flips over items.
    """
    rows: list[dict[str, Any]] = []
    for metric in (*METRICS, "accuracy"):
        family: list[dict[str, Any]] = []
        for a, b in pairs_of(methods, reference):
            expected = methods[a].single or methods[b].single
            low, high = interval(
                _replicates(methods[a], human, resampler, metric, expected)
                - _replicates(methods[b], human, resampler, metric, expected)
            )
            items = by_item(methods[a], human, metric, expected) - by_item(methods[b], human, metric, expected)
            if expected:
                p_value = sign_flip_test(items, permutations, rng)
            else:
                swapped = swap_differences(methods[a], methods[b], human, metric)
                p_value = permutation_test(swapped, len(methods[a].right), permutations, rng)
            difference = {"value": _round(float(np.nanmean(items))), "low": _round(low), "high": _round(high)}
            of = "expected" if expected else "choices"
            family.append({"a": a, "b": b, "metric": metric, "of": of, "difference": difference, "p_value": p_value})
        adjusted = holm([row["p_value"] for row in family])
        rows += [
            row | {"p_value": _round(row["p_value"]), "p_holm": _round(p)}
            for row, p in zip(family, adjusted, strict=True)
        ]
    return rows


def by_item(method: Cells, human: Shares, metric: str, expected: bool) -> Array:
    """A method's distance, or accuracy, on every item that the culture was asked; shape (items,)."""
    if metric == "accuracy":
        return np.asarray((method.right_expected if expected else method.right).mean(axis=0), dtype=np.float64)
    return scores(method.expected if expected else method.chosen, human, metric)


def mean_score(method: Cells, human: Shares, metric: str, expected: bool) -> float:
    """A method's mean distance over items, or its accuracy in the variant asked for."""
    if metric == "accuracy_answered":
        return mean_answered(method.right_expected if expected else method.right, method.answered)
    return float(np.nanmean(by_item(method, human, metric, expected)))


def swap_differences(a: Cells, b: Cells, human: Shares, metric: str) -> Callable[[Array], Array]:
    """How two methods' choices differ once whole rows are swapped: what `statistics.permutation_test` takes.

    Returns:
        Takes swaps, shape (m, personas) of 0 and 1, and gives the m differences a - b of the mean over items.
    """

    def difference(swaps: Array) -> Array:
        if metric == "accuracy":
            gap = a.right.mean(axis=1) - b.right.mean(axis=1)
            return np.asarray((1 - 2 * swaps) @ gap / len(gap), dtype=np.float64)
        left, right = swapped_shares(a, b, swaps)
        gaps = distances(left, human, metric) - distances(right, human, metric)
        return np.asarray(np.nanmean(gaps, axis=-1), dtype=np.float64)

    return difference


def swapped_shares(a: Cells, b: Cells, swaps: Array) -> tuple[list[Array], list[Array]]:
    """Two methods' shares by item once whole rows are swapped, shape (m, k + 1) each."""
    moved = block_shares([other - one for one, other in zip(a.chosen, b.chosen, strict=True)], swaps)
    left = [one.mean(axis=0) + part for one, part in zip(a.chosen, moved, strict=True)]
    return left, [other.mean(axis=0) - part for other, part in zip(b.chosen, moved, strict=True)]


def item_scores(methods: Mapping[str, Cells], human: Shares) -> pl.DataFrame:
    """`ItemScore` rows: what the means are made of."""
    rows = []
    for name, method in methods.items():
        by_metric = {metric: scores(method.chosen, human, metric) for metric in METRICS}
        for index, question in enumerate(human):
            rows.append(
                {
                    "method": name,
                    "question": question,
                    **{metric: float(values[index]) for metric, values in by_metric.items()},
                    "invalid_rate": float(method.chosen[index][:, -1].mean()),
                    "option_mass": float(method.mass[index]),
                }
            )
    return pl.DataFrame(rows).with_columns(pl.col("kl").fill_nan(None))


def own_options(respondents: pl.DataFrame, personas: pl.DataFrame, items: Iterable[str] = ITEMS) -> NDArray[np.int64]:
    """The personas' respondents' own options, 0 where missing: shape (personas, items)."""
    rows = personas.select("respondent").join(respondents, on="respondent", how="left", maintain_order="left")
    return options_of(rows, items)


def options_of(respondents: pl.DataFrame, items: Iterable[str] = ITEMS) -> NDArray[np.int64]:
    """All respondents' options, 0 where missing: shape (respondents, items)."""
    return respondents.select(list(items)).fill_null(0).to_numpy().astype(np.int64)


def rounded(values: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float | None]]:
    """Yardsticks as the card prints them."""
    return {name: {key: _round(value) for key, value in row.items()} for name, row in values.items()}


def _values(method: Cells, human: Shares, resampler: Resampler, expected: bool) -> dict[str, Value]:
    """Value and interval in every metric; a single prompt's choices have no interval."""
    values: dict[str, Value] = {}
    for metric in (*METRICS, *ACCURACIES):
        value = mean_score(method, human, metric, expected)
        low: float | None = None
        high: float | None = None
        if (expected or not method.single) and not (metric == "accuracy_answered" and np.isnan(value)):
            low, high = map(_round, interval(_replicates(method, human, resampler, metric, expected)))
        values[metric] = {"value": _round(value), "low": low, "high": high}
    return values


def _replicates(method: Cells, human: Shares, resampler: Resampler, metric: str, expected: bool) -> Array:
    if metric in ACCURACIES:
        return resampler.accuracies(method, expected, answered=metric == "accuracy_answered")
    return resampler.distances(method, human, metric, expected)


def _round(value: float) -> float | None:
    """Six digits are more than any interval is worth, and hide what differs by processor."""
    return None if np.isnan(value) else round(value, 6)
