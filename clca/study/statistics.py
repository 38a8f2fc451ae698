"""Statistics of the whole study: summaries over cultures, Holm's adjustment within a table.

Cultures are fixed: they were chosen, they are no sample of all. Personas and items are random, so an interval draws
both again: personas in each culture on their own, items once for all cultures, since all are asked the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clca.schemas import Contrast, Score
from clca.study.published import AVERAGE
from clca.study.scores import Gathered, method_of, pair
from clca.survey.columns import ITEMS
from clca.survey.metrics import METRICS, Array
from clca.survey.scorecard import Cells, block_shares, by_item, distances, mean_score, pairs_of, swapped_shares
from clca.survey.statistics import (
    answered_replicates,
    holm,
    interval,
    item_draws,
    mean_over,
    p_value,
    persona_weights,
    share_replicates,
    sign_flip_test,
)
from clca.survey.yardsticks import Shares

Number = tuple[str, str, str]
"""Method, `choices` or `expected`, metric."""

COMPARED = (*METRICS, "accuracy")


class Sample(NamedTuple):
    """One culture's part of a summary.

    Attributes:
        methods: By name, the answers of each; all of the same personas.
        human: The culture's shares by item that was asked.
        people: Respondents' options, shape (respondents, items), and weights, shape (respondents,), where they can be
            drawn again; None where only published shares are known.
    """

    methods: Mapping[str, Cells]
    human: Shares
    people: tuple[NDArray[np.int64], Array] | None = None


class Summary(NamedTuple):
    """Means over cultures.

    Attributes:
        values: By method, kind of answer and metric: value, low, high.
        contrasts: One a pair of methods and metric: a, b, of, metric, value, low, high, p_value.
    """

    values: dict[Number, dict[str, float]]
    contrasts: list[dict[str, Any]]


def over_cultures(
    samples: Mapping[str, Sample],
    replicates: int,
    permutations: int,
    rng: np.random.Generator,
    reference: str | None = None,
) -> Summary:
    """Summarise methods over cultures: means, intervals and tests.

    A pair of methods with personas is tested by swapping whole rows within a persona of each culture; a pair with a
    method of one prompt by sign flips of items' differences, averaged over cultures first.

    Args:
        samples: By culture; every culture has the same methods.
        replicates: How many bootstrap replicates.
        permutations: How many swaps, or flips.
        rng: Draws them.
        reference: The method that each other is compared with; None for all pairs.
    """
    draws, people, swaps, flips = rng.spawn(4)
    items = item_draws(len(ITEMS), replicates, draws)
    first = next(iter(samples.values())).methods
    numbers = [number for name in first for number in _numbers(name, first[name])]
    replicated = {number: np.zeros(replicates) for number in numbers}
    for sample in samples.values():
        weights = persona_weights(_personas(sample), replicates, people)
        human = sample.human
        if sample.people is not None:
            counts = [len(shares) for shares in human.values()]
            drawn = share_replicates(sample.people[0], counts, sample.people[1], replicates, people)
            human = dict(zip(human, drawn, strict=True))
        for number, means in _replicates(sample, human, weights, items):
            replicated[number] += means / len(samples)
    values = {}
    for number in numbers:
        low, high = interval(replicated[number])
        values[number] = {"value": _mean(samples, number), "low": low, "high": high}
    return Summary(values, list(_contrasts(samples, replicated, permutations, (swaps, flips), reference)))


def gathered(
    summary: Summary,
    model: str,
    language: str,
    personas: int,
    synthetic: bool,
    adapter_seed: int | None = None,
    form: str = "constrained",
) -> Gathered:
    """A summary as rows beside those of scorecards.

    Args:
        summary: As from `over_cultures`.
        model: Whose methods they are.
        language: That of all answers, or `own` where each culture was asked in its own.
        personas: How many in each culture.
        synthetic: Whether respondents of any culture were drawn from published shares.
        adapter_seed: Of adapters whose method names none.
        form: How the answers were taken.
    """
    shared = {"model": model, "culture": AVERAGE, "language": language, "form": form, "personas": personas}
    of_score = shared | {"kind": "method", "synthetic": synthetic}
    rows = [
        of_score | method_of(name, AVERAGE, adapter_seed)._asdict() | {"of": of, "metric": metric} | _rounded(value)
        for (name, of, metric), value in summary.values.items()
    ]
    contrasts = []
    for row in summary.contrasts:
        a, b = (method_of(row[side], AVERAGE, adapter_seed) for side in "ab")
        kept = {key: row[key] for key in ("metric", "of", "p_value")}
        contrasts += pair(shared | kept, a, b, _rounded({key: row[key] for key in ("value", "low", "high")}))
    return Gathered(pl.DataFrame(rows, schema=Score.dtypes()), pl.DataFrame(contrasts, schema=Contrast.dtypes()))


def holm_within(table: pl.DataFrame, family: Sequence[str], tested: str = "p_value") -> pl.DataFrame:
    """Add `p_holm`: p-values adjusted within each family of tests; null stays null and does not count.

    Args:
        table: Has the columns `tested` and of `family`.
        family: Columns whose equal values make a family.
        tested: The column of p-values.
    """
    numbered = table.with_row_index("place")
    known = numbered.filter(pl.col(tested).is_not_null())
    adjusted = [
        part.select("place", p_holm=pl.Series(holm(part[tested].to_list()), dtype=pl.Float64))
        for _, part in known.group_by(family, maintain_order=True)
    ]
    empty = pl.DataFrame(schema={"place": pl.UInt32, "p_holm": pl.Float64})
    joined = numbered.join(pl.concat([empty, *adjusted]), on="place", how="left", maintain_order="left")
    return joined.drop("place")


def _numbers(name: str, method: Cells) -> Iterator[Number]:
    """What can be said of a method with an interval: of one prompt, nothing about its choices."""
    for of in ("expected",) if method.single else ("choices", "expected"):
        for metric in (*COMPARED, "accuracy_answered"):
            yield name, of, metric


def _personas(sample: Sample) -> int:
    return len(next(iter(sample.methods.values())).right)


def _columns(sample: Sample) -> list[int]:
    """Where the items that a culture was asked stand among all."""
    return [ITEMS.index(item) for item in sample.human]


def _spread(values: Array, sample: Sample, fill: float) -> Array:
    """Values of the items asked, shape (..., asked), among those of all items, shape (..., items)."""
    every = np.full((*values.shape[:-1], len(ITEMS)), fill, dtype=np.float64)
    every[..., _columns(sample)] = values
    return every


def _replicates(
    sample: Sample, human: Shares, weights: Array, items: NDArray[np.intp]
) -> Iterator[tuple[Number, Array]]:
    """Replicates of one culture's means, shape (replicates,) each."""
    for name, method in sample.methods.items():
        for of in ("expected",) if method.single else ("choices", "expected"):
            right = method.right_expected if of == "expected" else method.right
            answered = answered_replicates(
                _spread(right, sample, 0), _spread(method.answered, sample, 0), weights, items
            )
            yield (name, of, "accuracy_answered"), answered
            yield (name, of, "accuracy"), mean_over(_spread(weights @ right / len(right), sample, np.nan), items)
            blocks = method.expected if of == "expected" else method.chosen
            shares = block_shares(blocks, None if method.single else weights)
            for metric in METRICS:
                yield (name, of, metric), mean_over(_spread(distances(shares, human, metric), sample, np.nan), items)


def _mean(samples: Mapping[str, Sample], number: Number) -> float:
    """The mean over cultures of each one's score."""
    name, of, metric = number
    means = [mean_score(sample.methods[name], sample.human, metric, of == "expected") for sample in samples.values()]
    return float(np.mean(means))


def _contrasts(
    samples: Mapping[str, Sample],
    replicated: Mapping[Number, Array],
    permutations: int,
    rngs: tuple[np.random.Generator, np.random.Generator],
    reference: str | None,
) -> Iterator[dict[str, Any]]:
    swaps, flips = rngs
    first = next(iter(samples.values())).methods
    single = {pair: any(first[name].single for name in pair) for pair in pairs_of(first, reference)}
    permuted = _permuted(samples, [pair for pair, one in single.items() if not one], permutations, swaps)
    for metric in COMPARED:
        for (a, b), expected in single.items():
            of = "expected" if expected else "choices"
            low, high = interval(replicated[a, of, metric] - replicated[b, of, metric])
            gaps = _item_differences(samples, a, b, metric, expected)
            value = float(np.mean([np.nanmean(gap) for gap in gaps]))
            if expected:
                p = sign_flip_test(_by_item(gaps), permutations, flips)
            else:
                p = p_value(value, permuted[a, b, metric])
            numbers = {"value": value, "low": low, "high": high, "p_value": p}
            yield {"a": a, "b": b, "of": of, "metric": metric, **numbers}


def _permuted(
    samples: Mapping[str, Sample],
    pairs: Sequence[tuple[str, str]],
    permutations: int,
    rng: np.random.Generator,
) -> dict[Number, Array]:
    """Differences after swaps, averaged over cultures, by pair and metric: shape (permutations,) each."""
    total = {(a, b, metric): np.zeros(permutations) for a, b in pairs for metric in COMPARED}
    for sample in samples.values():
        swapped = rng.integers(2, size=(permutations, _personas(sample))).astype(np.float64)
        for a, b in pairs:
            one, other = sample.methods[a], sample.methods[b]
            gap = one.right.mean(axis=1) - other.right.mean(axis=1)
            total[a, b, "accuracy"] += (1 - 2 * swapped) @ gap / len(gap) / len(samples)
            left, right = swapped_shares(one, other, swapped)
            for metric in METRICS:
                gaps = distances(left, sample.human, metric) - distances(right, sample.human, metric)
                total[a, b, metric] += np.nanmean(gaps, axis=-1) / len(samples)
    return total


def _item_differences(samples: Mapping[str, Sample], a: str, b: str, metric: str, expected: bool) -> Array:
    """Differences a - b, shape (cultures, items); NaN where a culture was not asked, or a score is undefined."""
    gaps = []
    for sample in samples.values():
        one, other = (by_item(sample.methods[name], sample.human, metric, expected) for name in (a, b))
        gaps.append(_spread(one - other, sample, np.nan))
    return np.stack(gaps)


def _by_item(gaps: Array) -> Array:
    """Means over the cultures that were asked an item, shape (items known anywhere,)."""
    known = ~np.isnan(gaps)
    somewhere = known.any(axis=0)
    sums = np.where(known, gaps, 0).sum(axis=0)
    return np.asarray(sums[somewhere] / known.sum(axis=0)[somewhere], dtype=np.float64)


def _rounded(values: Mapping[str, float]) -> dict[str, float | None]:
    """As on scorecards: six digits, null where unknown."""
    return {key: None if np.isnan(value) else round(value, 6) for key, value in values.items()}
