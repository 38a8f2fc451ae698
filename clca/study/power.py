"""Power: how many personas and items it takes to see a difference of a given size.

Two models are made up whose answers lie as far from a culture's people as two published numbers. A model draws every
persona's answer from a mixture of people's shares and the option that fewest of them choose; its weight is found so
that the mean distance is the number. All answers are drawn on their own. In real models, one persona's answers hang
together over items, which asks for more personas, and two models' answers as one persona do so too, which asks for
fewer: the numbers are orders of magnitude.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import brentq

from clca.errors import InputError
from clca.survey.metrics import Array
from clca.survey.statistics import permutation_test, sign_flip_test
from clca.survey.yardsticks import DISTANCES, Shares, score

LEVEL = 0.05
ENOUGH = 0.8
"""The power that is commonly asked for (Cohen 1988)."""


class Options(NamedTuple):
    """Items with as many options.

    Attributes:
        human: People's shares, shape (items, k).
        a: The first model's, shape (items, k).
        b: The second model's, shape (items, k).
    """

    human: Array
    a: Array
    b: Array


def at_distance(human: Shares, target: float, metric: str = "kl_paper") -> dict[str, Array]:
    """Shares whose mean distance from people is `target`: people's own, mixed with their rarest option.

    Args:
        human: People's shares by item, shape (k,) each.
        target: The mean distance.
        metric: Its name.

    Raises:
        InputError: The target is nearer than people are to themselves in this metric, or farther than all mixtures.
    """

    def mixed(weight: float) -> dict[str, Array]:
        return {
            item: (1 - weight) * shares + weight * np.eye(len(shares))[int(np.argmin(shares))]
            for item, shares in human.items()
        }

    def distance(weight: float) -> float:
        return score(mixed(weight), human)[metric]

    # The distance rises with the weight.
    nearest, farthest = distance(0), distance(1)
    if not nearest <= target <= farthest:
        raise InputError(f"power: {metric} = {target} cannot be; give one from {nearest:.4f} to {farthest:.4f}")
    return mixed(float(brentq(lambda weight: distance(weight) - target, 0, 1)))


def power(
    human: Shares,
    targets: tuple[float, float],
    personas: Sequence[int],
    items: Sequence[int],
    simulations: int,
    permutations: int,
    rng: np.random.Generator,
    metric: str = "kl_paper",
) -> pl.DataFrame:
    """How often a difference is found, p <= .05, by numbers of personas and items.

    Each simulation draws items from the culture's with replacement, then all answers. Two tests are done: `personas`
    swaps whole rows (what scorecards do: these items, other people), `items` flips the signs of items' differences
    (these people, other items).

    Args:
        human: People's shares by item, shape (k,) each.
        targets: Mean distances of the two models.
        personas: Numbers to try.
        items: Numbers to try.
        simulations: How many for each pair; the standard error of a power near .8 is .4 / sqrt(simulations).
        permutations: Of each test.
        rng: Draws everything.
        metric: What the models differ in.

    Returns:
        A row a number of personas, of items and a test: personas, items, test, power, simulations.

    Raises:
        InputError: As for `at_distance`.
    """
    a, b = (at_distance(human, target, metric) for target in targets)
    rows = []
    for n in personas:
        for m in items:
            found = np.array(
                [_p_values(_drawn_items(human, a, b, m, rng), n, permutations, rng, metric) for _ in range(simulations)]
            )
            for test, share in zip(("personas", "items"), (found <= LEVEL).mean(axis=0), strict=True):
                row = {"personas": n, "items": m, "test": test}
                rows.append(row | {"power": float(share), "simulations": simulations})
    return pl.DataFrame(rows)


def needed(table: pl.DataFrame, enough: float = ENOUGH) -> pl.DataFrame:
    """The fewest personas that are enough, by test and number of items: test, items, personas (null: none tried)."""
    enough_personas = pl.when(pl.col("power") >= enough).then(pl.col("personas")).min()
    return table.group_by("test", "items", maintain_order=True).agg(personas=enough_personas)


def _drawn_items(human: Shares, a: Shares, b: Shares, items: int, rng: np.random.Generator) -> list[Options]:
    """Items drawn with replacement, those with as many options together."""
    drawn = rng.choice(list(human), size=items)
    by_count: dict[int, list[str]] = {}
    for item in drawn.tolist():
        by_count.setdefault(len(human[item]), []).append(item)
    return [
        Options(*(np.stack([shares[item] for item in names]) for shares in (human, a, b)))
        for names in by_count.values()
    ]


def _p_values(
    items: Iterable[Options], personas: int, permutations: int, rng: np.random.Generator, metric: str
) -> tuple[float, float]:
    """p of the test over personas and of that over items, of one draw of all answers."""
    groups = [(one.human, _answers(one.a, personas, rng), _answers(one.b, personas, rng)) for one in items]
    distance = DISTANCES[metric]

    def by_item(swaps: Array) -> Array:
        """Differences between the models after swaps, shape (m, items)."""
        gaps = []
        for human, a, b in groups:
            moved = np.tensordot(swaps, b - a, axes=1)
            left, right = (a.sum(axis=0) + moved) / personas, (b.sum(axis=0) - moved) / personas
            gaps.append(distance(left, human) - distance(right, human))
        return np.concatenate(gaps, axis=1)

    over_personas = permutation_test(lambda swaps: by_item(swaps).mean(axis=1), personas, permutations, rng)
    return over_personas, sign_flip_test(by_item(np.zeros((1, personas)))[0], permutations, rng)


def _answers(shares: Array, personas: int, rng: np.random.Generator) -> Array:
    """One-hot answers drawn from shares (items, k): shape (personas, items, k)."""
    cuts = np.cumsum(shares, axis=1)[:, :-1]
    options: NDArray[np.int64] = (rng.random((personas, len(shares), 1)) > cuts).sum(axis=2)
    return np.asarray(np.eye(shares.shape[1])[options])
