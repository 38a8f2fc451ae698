"""The diagnostics of one model's methods as people of one culture, and the table of the study that their means are."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from clca import artifacts, schemas
from clca.study.averages import by_culture
from clca.study.diagnostics import collapse, item_gaps, nearest_culture, order_bias, qualities
from clca.study.published import AVERAGE
from clca.study.tables import REFERENCE
from clca.survey.evidence import human_shares
from clca.survey.yardsticks import Shares

STATISTICS = (
    "towards", "away", "moved_jsd", "entropy", "entropy_people", "top_share", "on_mode", "first_shown",
    "order_agreement", "own_rank", "named", "named_people", "over_five",
)  # fmt: skip
"""Items that moved towards people and away from them, and the mean move; entropy of answers and of people's; share of
the commonest answer; share of answers on people's mode; by how much an end of the scale gains from being shown first,
and how often both orders get one answer; the rank of the own people among all cultures' (1: nearest); qualities of a
child that a persona names, people's mean, and the share of personas that name more than five."""

TITLE = "What explains the scores (means over cultures)"
NOTES = (
    "towards, away: items whose answers came nearer to people's than those of `persona`, or went farther, in jsd.",
    "entropy: of answers, beside people's; on_mode: share of answers that are people's commonest.",
    "first_shown: how much an end of the scale gains from being shown first; 0 minds the meaning alone, 1 the place.",
    "own_rank: place of the culture's own people among all cultures' by jsd, 1 is nearest.",
    "named: of eleven qualities of a child; on the survey's card people name at most five.",
    "anthropological answers are of the first few personas alone.",
)


def build(
    given: Mapping[str, Any], output: Mapping[str, str], params: Mapping[str, Any], names: Mapping[str, str]
) -> None:
    """Look at all methods of a model and culture.

    Args:
        given: `respondents` and their `summary`: a path a culture; `answers` and, in the order of options turned round,
            `reversed`: a path a method.
        output: Paths of `by_item`, `nearest` and `methods`.
        params: `cultures` and their `marginals`, `weights`, `methods`, `reversed` (those asked so).
        names: `model` and `culture`.

    Raises:
        InputError: An input is missing or broken.
    """
    humans = {
        culture: human_shares(paths["respondents"], paths["summary"], paths["marginals"], culture, params["weights"])
        for culture, paths in zip(params["cultures"], by_culture(given, params), strict=True)
    }
    answers = _read(params["methods"], given["answers"])
    turned = _read(params["reversed"], given["reversed"])
    found = [_method(name, answers, turned.get(name), humans, names["culture"]) for name in answers]
    place = {key: pl.lit(names[key]) for key in ("model", "culture")}
    for key, tables in zip(("by_item", "nearest", "methods"), zip(*found, strict=True), strict=True):
        table = pl.concat(tables, how="diagonal").with_columns(pl.col(pl.Float64).round(6), **place)
        head = [*place, "method"]
        artifacts.write_text(table.select(*head, pl.exclude(head)).write_csv(), output[key])


def cells(paths: Sequence[str], cultures: Sequence[str]) -> pl.DataFrame:
    """What methods' tables say, a row a number, as tables of the study show it; means over cultures beside them.

    Args:
        paths: Of the tables `methods`.
        cultures: Those of the study: there is a mean where all have the number.

    Returns:
        Columns model, method, culture, statistic, status, value, and published and gap, which are null.
    """
    types = dict.fromkeys(STATISTICS, pl.Float64)
    every = pl.concat(pl.read_csv(path, schema_overrides=types) for path in paths)
    long = every.unpivot(index=["model", "culture", "method"], variable_name="statistic")
    key = ["model", "method", "statistic"]
    known = pl.col("value").is_not_null()
    mean = long.group_by(key, maintain_order=True).agg(
        value=pl.when((known.sum() == len(cultures)) & known.all()).then(pl.col("value").mean())
    )
    both = pl.concat([long, mean.with_columns(culture=pl.lit(AVERAGE)).select(long.columns)])
    unknown = pl.lit(None, dtype=pl.Float64)
    status = pl.when(pl.col("value").is_null()).then(pl.lit("undefined")).otherwise(pl.lit("ok"))
    return both.select(*key[:2], "culture", "statistic", "value", status=status, published=unknown, gap=unknown)


def _read(methods: Sequence[str], paths: Sequence[str]) -> dict[str, pl.DataFrame]:
    return {name: artifacts.read(path, schemas.Answer) for name, path in zip(methods, paths, strict=True)}


def _method(
    name: str,
    answers: Mapping[str, pl.DataFrame],
    turned: pl.DataFrame | None,
    humans: Mapping[str, Shares],
    culture: str,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """One method: by item, by culture, and in all."""
    mine, human = answers[name], humans[culture]
    items = collapse(mine, human)
    gaps = item_gaps(_same_people(answers[REFERENCE], mine), mine, human)
    items = items.join(gaps, on="question", maintain_order="left")
    if turned is not None:
        order = order_bias(_same_people(mine, turned), turned, human).rename(
            {"jsd": "order_jsd", "agreement": "order_agreement"}
        )
        items = items.join(order, on="question", maintain_order="left")
    nearest = nearest_culture(mine, humans)
    means = {column: items[column].mean() for column in STATISTICS if column in items.columns}
    ranks = dict(nearest.select("culture", "rank").iter_rows())
    compared = name != REFERENCE
    summary = {
        "towards": float((items["direction"] == "towards").sum()) if compared else None,
        "away": float((items["direction"] == "away").sum()) if compared else None,
        "moved_jsd": items["jsd_moved"].mean() if compared else None,
        **means,
        "own_rank": float(ranks[culture]),
        # One prompt is no persona that could name too many.
        **(qualities(mine, human) if mine["respondent"].null_count() == 0 else {}),
    }
    row = pl.DataFrame({"method": [name]} | {key: [summary.get(key)] for key in STATISTICS}, schema=_SUMMARY)
    called = pl.lit(name)
    return items.with_columns(method=called), nearest.with_columns(method=called).rename({"culture": "people"}), row


_SUMMARY = {"method": pl.String, **dict.fromkeys(STATISTICS, pl.Float64)}


def _same_people(answers: pl.DataFrame, as_of: pl.DataFrame) -> pl.DataFrame:
    """Answers of the respondents that another method was asked as; of one prompt all are kept."""
    known = as_of["respondent"].drop_nulls().unique()
    single = answers["respondent"].null_count() == len(answers)
    return answers if single or known.is_empty() else answers.filter(pl.col("respondent").is_in(known.to_list()))
