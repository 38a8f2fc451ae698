"""Filtering: dialogues that the judge is sure are bad are dropped, and every drop has its reason."""

import logging

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from clca.errors import InputError
from clca.judging import Confidence
from clca.schemas import Dropped

log = logging.getLogger(__name__)


class FilterSettings(BaseModel):
    """Which judgements drop a dialogue, and how few may be left."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    quality: bool
    meta: bool
    confidence: list[Confidence]
    min_kept: int = Field(ge=1)


def split(
    utterances: pl.DataFrame, judgements: pl.DataFrame, settings: FilterSettings
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part the dialogues into those kept (`Utterance` rows) and those dropped (`Dropped` rows, one a dialogue).

    A dialogue is dropped where the teacher failed in it, where the judge did, or where quality or meta label is bad
    with one of the configured confidences (the paper: very confident).

    Raises:
        InputError: Fewer than `min_kept` are kept; the line counts the reasons and says what to change.
    """
    sure = pl.lit(list(settings.confidence), dtype=pl.List(pl.String))

    def surely_bad(label: str) -> pl.Expr:
        return (pl.col(label) == "bad") & pl.col(f"{label}_confidence").is_in(sure)

    never = pl.lit(False)
    reason = (
        pl.when(pl.col("ended") == "failed")
        .then(pl.lit("cut off"))
        .when((pl.col("quality").is_null() & settings.quality) | (pl.col("meta").is_null() & settings.meta))
        .then(pl.lit("not judged"))
        .when(surely_bad("quality") if settings.quality else never)
        .then(pl.lit("quality bad"))
        .when(surely_bad("meta") if settings.meta else never)
        .then(pl.lit("meta bad"))
    )
    key = ["scenario_id", "take"]
    dialogues = utterances.select(*key, "ended").unique(maintain_order=True)
    decided = dialogues.join(judgements, on=key, how="left", maintain_order="left").with_columns(reason=reason)
    dropped = decided.filter(pl.col("reason").is_not_null()).select(*Dropped.to_schema().columns)
    kept = utterances.join(dropped, on=key, how="anti", maintain_order="left")
    left, counts = len(decided) - len(dropped), dict(dropped["reason"].value_counts(sort=True).iter_rows())
    told = ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"
    log.info("filtered: %d of %d dialogues kept; dropped: %s", left, len(decided), told)
    if left < settings.min_kept:
        raise InputError(
            f"filtered: {left} of {len(decided)} dialogues kept, fewer than filter.min_kept = {settings.min_kept}; "
            f"dropped: {told}; "
            "make more scenarios or takes, use a better teacher or judge, or lower filter.min_kept"
        )
    return kept, dropped
