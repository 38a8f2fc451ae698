"""What the training data is: the paper's Table 9 of our scenarios, dialogues and intents.

A turn is an utterance of one person. The paper does not say whether it counts these or exchanges, in which both speak;
both are given, and its numbers stand beside the utterances.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl

from clca.schemas import DataCell

STATISTICS = ("scenarios", "kept_dialogues", "turns", "words", "cultural_intents", "exchanges", "unlabelled_intents")
"""Counts of scenarios and of kept dialogues; mean utterances a dialogue; mean words an utterance, split at white space;
share of cultural among labelled intents; mean exchanges a dialogue; share of turns without a label."""

TITLE = "Training data: scenarios, kept dialogues of two takes each, mean turns, mean words a turn, cultural intents"
NOTES = (
    "A turn is one person's utterance, an exchange both persons'; the paper does not say which it counts.",
    "cultural_intents: share of cultural among labelled intents; unlabelled_intents: share of turns without a label.",
    "kept_dialogues: after judging and filtering.",
)


class Source(NamedTuple):
    """Whose data it is."""

    teacher: str
    corpus: str
    culture: str


class Data(NamedTuple):
    """A culture's `AdaptedScenario`, `Utterance` (filtered) and `Intent` rows."""

    scenarios: pl.DataFrame
    filtered: pl.DataFrame
    intents: pl.DataFrame


def describe(data: Data) -> dict[str, float | None]:
    """The statistics of one culture's data; None where they are of nothing."""
    by_dialogue = data.filtered.group_by("scenario_id", "take").agg(pl.len(), pl.col("exchange").max())
    words = data.filtered["utterance"].str.count_matches(r"\S+")
    labels = data.intents["relation"]
    labelled = labels.drop_nulls()
    values = {
        "scenarios": len(data.scenarios),
        "kept_dialogues": len(by_dialogue),
        "turns": by_dialogue["len"].mean(),
        "words": words.mean(),
        "cultural_intents": (labelled == "cultural").mean(),
        "exchanges": by_dialogue["exchange"].mean(),
        "unlabelled_intents": labels.is_null().mean(),
    }
    return {name: None if value is None else float(value) for name, value in values.items()}  # type: ignore[arg-type]


def cells(
    data: Mapping[Source, Data], published: pl.DataFrame, teacher: str, expected: Sequence[Source] = ()
) -> pl.DataFrame:
    """All data of a study.

    Args:
        data: What there is.
        published: As from `published.data_statistics`.
        teacher: Whose data of the corpus `social` they stand beside: the paper tells of one teacher's.
        expected: What should be there; missing where it is not.

    Returns:
        `DataCell` rows.
    """
    known = {(row["culture"], row["statistic"]): row["published"] for row in published.to_dicts()}
    rows = []
    for source in dict.fromkeys([*expected, *data]):
        values = describe(data[source]) if source in data else {}
        for statistic in STATISTICS:
            value = values.get(statistic)
            status = "missing" if source not in data else "undefined" if value is None else "ok"
            paper = known.get((source.culture, statistic)) if source[:2] == (teacher, "social") else None
            gap = None if value is None or paper is None else value - paper
            numbers = {"status": status, "value": value, "published": paper, "gap": gap}
            rows.append({**source._asdict(), "statistic": statistic, **numbers})
    checked: pl.DataFrame = DataCell.validate(pl.DataFrame(rows, schema=DataCell.dtypes()))
    return checked
