"""Scoring of answers for notebooks: the scorecard's distances as frames, without files, intervals and tests."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import polars as pl

from clca.errors import InputError
from clca.survey import summary
from clca.survey.columns import ITEMS
from clca.survey.metrics import METRICS
from clca.survey.questionnaire import OPTION_COUNTS
from clca.survey.scorecard import Cells, by_item, cells, mean_score, own_options
from clca.survey.yardsticks import Shares

Of = Literal["choices", "expected"]


class Scores(NamedTuple):
    """How far answers are from people's.

    Attributes:
        headline: A row a method: method, of (choices or expected), items (how many), personas, the means over items of
            `kl_paper`, `kl`, `jsd`, `emd` and `accuracy` (null without respondents), `invalid_rate`, `option_mass`.
        items: A row a method and item: method, of, question, and the same numbers of the item.
    """

    headline: pl.DataFrame
    items: pl.DataFrame


def score(
    answers: pl.DataFrame,
    reference: Mapping[str, Any] | pl.DataFrame,
    respondents: pl.DataFrame | None = None,
    of: Of | None = None,
) -> Scores:
    """Score answers; `clca.survey.score` is this function, and says more.

    Raises:
        InputError: As there.
    """
    if isinstance(reference, pl.DataFrame):
        respondents = reference if respondents is None else respondents
        reference = summary.shares(reference, weighted=False)
    _check_single(answers)
    asked = answers["question"].unique()
    people = {name: np.asarray(reference[name], dtype=np.float64) for name in ITEMS if name in reference}
    human = {name: shares for name, shares in people.items() if name in asked}
    if not human:
        raise InputError("answers: none of their items is among the reference's; name shares by item, such as Q1")
    for name, shares in human.items():
        if shares.shape != (OPTION_COUNTS[name],):
            raise InputError(f"reference: {name} has shares of shape {shares.shape}, not ({OPTION_COUNTS[name]},)")
    headline, items = [], []
    for (method,), rows in answers.group_by(["method"], maintain_order=True):
        ids = _personas(rows if rows["respondent"].count() else answers, respondents)
        arranged = _arranged(rows, human, respondents, ids)
        told = of or ("expected" if arranged.single else "choices")
        if told == "expected" and rows["logprobs"].null_count():
            raise InputError(f"answers: {method} has no probabilities of options; score of='choices' instead")
        key = {"method": method, "of": told}
        of_items = _by_item(arranged, human, told == "expected", respondents is not None)
        items.append(of_items.select(*(pl.lit(value).alias(name) for name, value in key.items()), pl.all()))
        head = {**key, "items": len(human), "personas": len(ids)}
        headline.append(head | _means(arranged, human, of_items, told == "expected"))
    types = dict.fromkeys([*METRICS, "accuracy", "invalid_rate", "option_mass"], pl.Float64)
    return Scores(pl.DataFrame(headline, schema_overrides=types), pl.concat(items))


def _check_single(answers: pl.DataFrame) -> None:
    """An answer that comes twice would count once, whichever is last."""
    cell = ["method", "respondent", "question"]
    twice = answers.filter(answers.select(cell).is_duplicated()).select(cell)
    if twice.height:
        method, respondent, question = twice.row(0)
        who = "" if respondent is None else f" as respondent {respondent}"
        raise InputError(f"answers: two answers of {method}{who} to {question}; score one language and form at a time")


def _personas(rows: pl.DataFrame, respondents: pl.DataFrame | None) -> list[str]:
    """Who answered; where nothing but one prompt for all did, all respondents."""
    played: list[str] = rows["respondent"].drop_nulls().unique(maintain_order=True).to_list()
    if respondents is None:
        return played
    known = set(respondents["respondent"])
    lacking = [name for name in played if name not in known]
    if lacking:
        raise InputError(f"answers: persona {lacking[0]} is not among the respondents; give the same culture's")
    return played or respondents["respondent"].to_list()


def _arranged(rows: pl.DataFrame, human: Shares, respondents: pl.DataFrame | None, ids: Sequence[str]) -> Cells:
    """The answers as cells; of an answer that was written freely, without probabilities, the choice alone counts."""
    asked = [name for name in OPTION_COUNTS if name in human]
    even = {name: [0.0] * OPTION_COUNTS[name] for name in asked}
    filled = rows.filter(pl.col("question").is_in(asked)).with_columns(
        pl.col("logprobs").fill_null(pl.col("question").replace_strict(even, default=None)),
        pl.col("option_mass").fill_null(float("nan")),
    )
    own = np.zeros((max(len(ids), 1), len(human)), dtype=np.int64)
    if respondents is not None:
        own = own_options(respondents, pl.DataFrame({"respondent": ids}), human)
    return cells(filled, human, own, list(ids))


def _by_item(method: Cells, human: Shares, expected: bool, accurate: bool) -> pl.DataFrame:
    values = {metric: by_item(method, human, metric, expected) for metric in METRICS}
    right = by_item(method, human, "accuracy", expected) if accurate else np.full(len(human), np.nan)
    invalid = np.array([block[:, -1].mean() for block in method.chosen])
    columns = {"question": list(human), **values, "accuracy": right, "invalid_rate": invalid}
    return pl.DataFrame(columns | {"option_mass": method.mass}).with_columns(pl.selectors.float().fill_nan(None))


def _means(method: Cells, human: Shares, items: pl.DataFrame, expected: bool) -> dict[str, float | None]:
    """The scorecard's means; null where no item has the number."""
    means: dict[str, Any] = {metric: mean_score(method, human, metric, expected) for metric in METRICS}
    means |= {name: items[name].mean() for name in ("accuracy", "invalid_rate", "option_mass")}
    return {name: None if value is None or np.isnan(value) else float(value) for name, value in means.items()}
