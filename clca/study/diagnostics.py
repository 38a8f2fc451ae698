"""Diagnostics: what moved in the answers, whether they collapsed, what the options' order did, whose answers they are.

Answers are `Answer` rows of one method and culture; people are their culture's shares of options by item. Items that
the culture was not asked are left out. Shares of answers are of valid ones, unless a function says otherwise.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import entropy

from clca.survey.metrics import METRICS, Array, shares_of
from clca.survey.questionnaire import OPTION_COUNTS
from clca.survey.yardsticks import DISTANCES, Shares, score

QUALITIES = tuple(f"Q{number}" for number in range(7, 18))
"""Qualities that children can be encouraged to learn: a respondent names up to five of these eleven."""
MOST_QUALITIES = 5

# A move shorter than this is none: it is far below what a single answer of a thousand changes.
_STILL = 1e-9


def answer_shares(answers: pl.DataFrame) -> dict[str, Array]:
    """By item, in the order of the answers, shares of options 1..k and of invalid answers last: shape (k + 1,)."""
    found = {}
    for (question,), rows in answers.group_by(["question"], maintain_order=True):
        options = rows["option"].fill_null(0).to_numpy()
        found[str(question)] = shares_of(options, OPTION_COUNTS[str(question)])
    return found


def item_gaps(before: pl.DataFrame, after: pl.DataFrame, human: Shares) -> pl.DataFrame:
    """Which values moved: each item's distance from people before and after, and the mean option of all three.

    Args:
        before: `Answer` rows of the baseline.
        after: `Answer` rows of the adapted model.
        human: People's shares by item, shape (k,) each.

    Returns:
        A row an item: question; `{metric}_before`, `{metric}_after` and `{metric}_moved` (after minus before, below 0
        towards people) of every distance; `direction` in `jsd` (towards, away, still); `mean_before`, `mean_after` and
        `mean_people`, options counted from 1, null where no answer is valid.
    """
    one, other = answer_shares(before), answer_shares(after)
    rows = []
    for question, people in human.items():
        row: dict[str, Any] = {"question": question}
        for metric in METRICS:
            was, now = (float(DISTANCES[metric](shares[question], people)) for shares in (one, other))
            row |= {f"{metric}_before": was, f"{metric}_after": now, f"{metric}_moved": now - was}
        moved = row["jsd_moved"]
        row["direction"] = "still" if abs(moved) < _STILL else "towards" if moved < 0 else "away"
        row |= {"mean_before": _mean_option(one[question][:-1]), "mean_after": _mean_option(other[question][:-1])}
        rows.append(row | {"mean_people": _mean_option(people)})
    return pl.DataFrame(rows).with_columns(pl.selectors.float().fill_nan(None))


def collapse(answers: pl.DataFrame, human: Shares) -> pl.DataFrame:
    """How varied answers are beside people's, by item (Shannon's entropy, nats).

    Returns:
        A row an item: question; `entropy` of answers and `entropy_people`; `top_share` and `top_share_people`, the
        share of the commonest option; `on_mode`, the share of answers that are people's commonest. Null where no answer
        is valid.
    """
    found = answer_shares(answers)
    rows = []
    for question, people in human.items():
        valid = _valid(found[question])
        rows.append(
            {
                "question": question,
                "entropy": float(entropy(valid)),
                "entropy_people": float(entropy(people)),
                "top_share": float(valid.max()),
                "top_share_people": float(people.max()),
                "on_mode": float(valid[np.argmax(people)]),
            }
        )
    return pl.DataFrame(rows).with_columns(pl.selectors.float().fill_nan(None))


def order_bias(survey_order: pl.DataFrame, reversed_order: pl.DataFrame, human: Shares) -> pl.DataFrame:
    """What the order of options does: the same personas asked with options in the survey's order and last first.

    Both tables number options as the survey does. With shares c of the survey's order and r of the reversed one,
    `first_shown` = ((c1 - r1) + (rk - ck)) / 2: how much more an end of the scale is chosen when it is shown first than
    when it is shown last, in [-1, 1]; 0 for who minds only what options mean, 1 for who always takes the first shown.

    Returns:
        A row an item: question; `agreement`, the share of personas with both answers valid who give the same one;
        `first_shown`; `jsd` between the two orders' shares of all answers.
    """
    keys = ["respondent", "question"]
    both = survey_order.select(*keys, "option").join(reversed_order.select(*keys, "option"), on=keys, nulls_equal=True)
    same = both.drop_nulls(["option", "option_right"]).with_columns(same=pl.col("option") == pl.col("option_right"))
    agreement = dict(same.group_by("question").agg(pl.col("same").mean()).iter_rows())
    forward, backward = answer_shares(survey_order), answer_shares(reversed_order)
    rows = []
    for question in human:
        c, r = _valid(forward[question]), _valid(backward[question])
        rows.append(
            {
                "question": question,
                "agreement": agreement.get(question),
                "first_shown": float(((c[0] - r[0]) + (r[-1] - c[-1])) / 2),
                "jsd": _between(forward[question], backward[question]),
            }
        )
    return pl.DataFrame(rows).with_columns(pl.selectors.float().fill_nan(None))


def nearest_culture(answers: pl.DataFrame, humans: Mapping[str, Shares]) -> pl.DataFrame:
    """Whose answers they are like: mean distances from every culture's people, over the items that all were asked.

    Args:
        answers: `Answer` rows of one method.
        humans: By culture, people's shares by item.

    Returns:
        A row a culture: culture; every distance; `rank` by `jsd`, 1 for the nearest.
    """
    found = answer_shares(answers)
    shared = [question for question in found if all(question in human for human in humans.values())]
    rows = []
    for culture, human in humans.items():
        rows.append({"culture": culture, **score(found, {question: human[question] for question in shared})})
    return pl.DataFrame(rows).with_columns(rank=pl.col("jsd").rank("min").cast(pl.Int64))


def qualities(answers: pl.DataFrame, human: Shares, items: Sequence[str] = QUALITIES) -> dict[str, float | None]:
    """The rule of up to five: how many qualities a persona names of the eleven that it is asked one by one.

    On the survey's card a respondent names at most five; a model, asked about each on its own, knows no others.

    Returns:
        `named`, mean by persona; `named_people`, the sum of people's shares who named each; `over_five`, the share of
        personas that name more; None where the items were not asked.
    """
    asked = [item for item in items if item in human]
    if not asked:
        return {"named": None, "named_people": None, "over_five": None}
    named = (pl.col("option").fill_null(0) == 1).sum()
    counts = answers.filter(pl.col("question").is_in(asked)).group_by("respondent").agg(named=named)["named"].to_numpy()
    return {
        "named": float(counts.mean()),
        "named_people": float(sum(human[item][0] for item in asked)),
        "over_five": float((counts > MOST_QUALITIES).mean()),
    }


def _valid(shares: Array) -> Array:
    """Shares among valid answers, shape (k,); NaN where there is none."""
    valid = shares[:-1]
    total = valid.sum()
    return valid / total if total > 0 else np.full(len(valid), np.nan)


def _mean_option(shares: Array) -> float:
    total = shares.sum()
    return float(shares @ np.arange(1, len(shares) + 1) / total) if total > 0 else float("nan")


def _between(one: Array, other: Array) -> float:
    """Jensen-Shannon distance of two sets of answers, with their invalid ones; shape (k + 1,) each."""
    return float(DISTANCES["jsd"](one, other))
