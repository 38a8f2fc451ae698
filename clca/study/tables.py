"""The study's tables: what each one shows is data, and one function makes them all of scorecards.

A cell is a scorecard's number or it is missing. The mean over cultures is there when every culture of the study is, and
its interval comes from a summary over cultures (`clca.study.statistics`), since scorecards cannot give it.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import polars as pl
from pydantic import BaseModel, ConfigDict

from clca.errors import InputError
from clca.schemas import StudyCell
from clca.study.published import AVERAGE
from clca.study.scores import Gathered
from clca.study.statistics import holm_within

REFERENCE = "persona"
"""The method that all others are compared with."""

HEADLINE = ("persona", "cultural", "clca")
ONE_PROMPT = ("cultural",)
"""Methods of one prompt: their choices are as the paper counts them, but only what is expected of their probabilities
compares with what is expected of others. A table with such a method shows all its methods both ways."""

_ROW = ["kind", "model", "method", "of", "language"]
_CELL = [*_ROW, "culture", "metric"]


class Table(BaseModel):
    """What a table shows.

    Attributes:
        name: Of its files.
        title: Its caption.
        methods: One row each, for every model.
        metrics: What is measured.
        columns: What stands side by side: cultures and their average of one metric, or metrics averaged over cultures.
        languages: `en`, and `own` for the answers in each culture's own language.
        models: Those that the paper has in this table; None for all. Another model is shown once it has a method here
            that is no headline one.
        fewest: Of a method that was scored with several numbers of personas, the fewest count, as many as all have.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    methods: tuple[str, ...]
    metrics: tuple[str, ...]
    columns: Literal["culture", "metric"] = "metric"
    languages: tuple[Literal["en", "own"], ...] = ("en",)
    models: tuple[str, ...] | None = None
    fewest: bool = False

    @property
    def of(self) -> tuple[str, ...]:
        """What the numbers are of: choices, and probabilities where a method has one prompt."""
        return ("choices", "expected") if set(self.methods) & set(ONE_PROMPT) else ("choices",)


_ALL = ("accuracy", "kl_paper", "kl", "jsd", "emd")
_LLAMA = ("llama8b",)

_DISTANCES = {
    "main": ("kl_paper", "Distance from each culture's answers as the paper measures it (kl_paper, nats)"),
    "jsd": ("jsd", "Jensen-Shannon distance from each culture's answers"),
    "kl": ("kl", "Kullback-Leibler divergence from each culture's answers, smoothed (nats)"),
    "emd": ("emd", "Earth mover's distance from each culture's answers, in units of the scale"),
    "accuracy": ("accuracy", "Share of answers that are the respondent's own"),
}
_LANGUAGES = {
    "languages": ("jsd", "Asked in English and in the culture's own language (Jensen-Shannon distance)"),
    "languages_kl_paper": ("kl_paper", "Asked in English and in the culture's own language (kl_paper, nats)"),
}


def _by_culture(about: Mapping[str, tuple[str, str]], languages: tuple[Literal["en", "own"], ...]) -> list[Table]:
    """Tables of the headline methods, cultures side by side: names with metric and title."""
    return [
        Table(name=name, title=title, methods=HEADLINE, metrics=(metric,), columns="culture", languages=languages)
        for name, (metric, title) in about.items()
    ]


TABLES = (
    *_by_culture(_DISTANCES, ("en",)),
    Table(
        name="objectives",
        title="What is learnt from: dialogues, intents, or both",
        methods=("persona", "intent_only", "dialogue_only", "clca"),
        metrics=_ALL,
        models=("llama8b", "llama3b", "qwen1.5b", "qwen0.5b"),
    ),
    Table(
        name="filter",
        title="Judged and filtered dialogues, or all of them",
        methods=("persona", "clca_unfiltered", "clca"),
        metrics=_ALL,
        models=_LLAMA,
    ),
    Table(
        name="teacher",
        title="Another teacher's dialogues",
        methods=("persona", "clca_qwen32b", "clca"),
        metrics=_ALL,
        models=_LLAMA,
    ),
    Table(
        name="controls",
        title="Training on anything else",
        methods=("persona", "gsm8k", "mathchat", "mathchat_joined", "wiki", "concepts", "clca"),
        metrics=_ALL,
        models=_LLAMA,
    ),
    Table(
        name="prompting",
        title="Prompting without training",
        methods=("persona", "cultural", "anthropological"),
        metrics=_ALL,
        models=("llama8b", "qwen7b", "mistral7b"),
        fewest=True,
    ),
    *_by_culture(_LANGUAGES, ("en", "own")),
)


class Study(NamedTuple):
    """What the rows and columns run over.

    Attributes:
        models: In order.
        cultures: In order.
        own: Each culture's own language, two letters.
    """

    models: Sequence[str]
    cultures: Sequence[str]
    own: Mapping[str, str]

    @property
    def columns(self) -> list[str]:
        """The cultures, and their average where they are several."""
        return [*self.cultures, AVERAGE] if len(self.cultures) > 1 else list(self.cultures)


def cells(table: Table, gathered: Gathered, published: pl.DataFrame, study: Study) -> pl.DataFrame:
    """Every cell of a table.

    Args:
        table: What it shows.
        gathered: The scorecards' numbers, and those of summaries over cultures (`culture` = average, and `language` =
            own where each culture was asked in its own). A method's first seed is the one that comes first.
        published: As from `published.scores`.
        study: What the rows and columns run over.

    Returns:
        `StudyCell` rows: models, methods, languages, cultures and metrics in their order, yardsticks last.

    Raises:
        InputError: A summary over cultures is not of these scorecards.
    """
    scores = _relevant(gathered.scores, table, study)
    contrasts = _relevant(gathered.contrasts.with_columns(kind=pl.lit("method")), table, study)
    found = _over_seeds(pl.concat([scores.filter(pl.col("culture") != AVERAGE), _averages(scores, study)]))
    against = contrasts.filter(pl.col("against") == REFERENCE)
    differences = [name for name in against.columns if name.startswith("difference")]
    against = against.select(*_CELL, "seed", "against", *differences, "p_value").unique([*_CELL, "seed"], keep="first")
    grid = _grid(table, scores, study)
    joined = (
        grid.join(found, on=_CELL, how="left", nulls_equal=True, maintain_order="left")
        .join(against, on=[*_CELL, "seed"], how="left", nulls_equal=True, maintain_order="left")
        .join(_comparable(published, study), on=_CELL, how="left", nulls_equal=True, maintain_order="left")
    )
    status = (
        pl.when(pl.col("found").is_null())
        .then(pl.lit("missing"))
        .when(pl.col("value").is_null())
        .then(pl.lit("undefined"))
        .otherwise(pl.lit("ok"))
    )
    complete = joined.with_columns(
        status=status, seeds=pl.col("seeds").fill_null(0), gap=pl.col("value") - pl.col("published")
    )
    adjusted = _adjusted(complete, study)
    types = StudyCell.dtypes()
    checked: pl.DataFrame = StudyCell.validate(adjusted.select(pl.col(name).cast(types[name]) for name in types))
    return checked


def _adjusted(cells: pl.DataFrame, study: Study) -> pl.DataFrame:
    """Holm's p over the tests of each metric; a culture whose own language is English has one test in two rows."""
    english = [culture for culture in study.cultures if study.own.get(culture) == "en"]
    again = (pl.col("language") == "own") & pl.col("culture").is_in(english)
    once = holm_within(cells.with_columns(tested=pl.when(~again).then("p_value")), ["metric"], "tested")
    same = [name for name in _CELL if name != "language"]
    return once.with_columns(p_holm=pl.when(again).then(pl.col("p_holm").max().over(same)).otherwise("p_holm"))


def _relevant(frame: pl.DataFrame, table: Table, study: Study) -> pl.DataFrame:
    """Rows that the table is made of, `language` as it calls it; adapters only of the culture that is scored."""
    own = pl.col("culture").replace_strict({**study.own, AVERAGE: "own"}, default=None, return_dtype=pl.String)
    of_table = (
        (pl.col("form") == "constrained")
        & pl.col("culture").is_in(study.columns)
        & pl.col("metric").is_in(table.metrics)
        & (pl.col("adapter").is_null() | (pl.col("adapter") == pl.col("culture")))
        & pl.col("of").is_in(table.of)
        & ((pl.col("kind") == "yardstick") | pl.col("method").is_in(table.methods))
    )
    kept = frame.filter(of_table)
    asked = {"en": pl.col("language") == "en", "own": pl.col("language") == own}
    return pl.concat([kept.filter(asked[name]).with_columns(language=pl.lit(name)) for name in table.languages])


def _averages(scores: pl.DataFrame, study: Study) -> pl.DataFrame:
    """Means over all cultures of the study, with the intervals of a summary where there is one."""
    key = [*_ROW, "seed", "metric"]
    undefined = pl.col("value").null_count() > 0
    means = (
        scores.filter(pl.col("culture") != AVERAGE)
        .group_by(key, maintain_order=True)
        .agg(
            pl.col("culture").n_unique(),
            value=pl.when(undefined).then(None).otherwise(pl.col("value").mean()),
            personas=pl.col("personas").min(),
            synthetic=pl.col("synthetic").any(),
        )
        .filter(pl.col("culture") == len(study.cultures))
        .drop("culture")
    )
    summary = scores.filter(pl.col("culture") == AVERAGE).select(*key, "low", "high", summarised="value")
    joined = means.join(summary, on=key, how="left", nulls_equal=True, maintain_order="left")
    wrong = joined.filter((pl.col("summarised") - pl.col("value")).abs() > 1e-5)
    if len(wrong):
        row = wrong.row(0, named=True)
        raise InputError(
            f"summary over cultures: {row['metric']} of {row['model']} {row['method']} is {row['summarised']}, but its "
            f"scorecards' mean is {row['value']:.6f}; delete the summary and run again"
        )
    filled = joined.with_columns(culture=pl.lit(AVERAGE), adapter=pl.lit(None), form=pl.lit("constrained"))
    return filled.select(pl.col(name).cast(dtype) for name, dtype in scores.schema.items())


def _over_seeds(scores: pl.DataFrame) -> pl.DataFrame:
    """One row a cell: the first seed's number, and mean and standard deviation (n - 1) over all seeds."""
    seeded = pl.col("seed").is_not_null()
    return scores.group_by(_CELL, maintain_order=True).agg(
        pl.col("seed", "value", "low", "high", "personas", "synthetic").first(),
        seeds=pl.col("seed").drop_nulls().n_unique(),
        seed_mean=pl.col("value").filter(seeded).mean(),
        seed_sd=pl.col("value").filter(seeded).std(ddof=1),
        found=pl.lit(True),
    )


def _grid(table: Table, scores: pl.DataFrame, study: Study) -> pl.DataFrame:
    """The cells that the table has, whether or not there is a number for them."""
    rows: list[tuple[str | None, ...]] = [
        ("method", model, name, of, language)
        for model in _models(table, scores, study)
        for of in table.of
        for name in table.methods
        for language in table.languages
    ]
    yardsticks = scores.filter(pl.col("kind") == "yardstick")["method"].unique(maintain_order=True)
    rows += [("yardstick", None, name, "choices", "en") for name in yardsticks]
    cells = [(*row, culture, metric) for row in rows for culture in study.columns for metric in table.metrics]
    return pl.DataFrame(cells, schema=dict.fromkeys(_CELL, pl.String), orient="row")


def _models(table: Table, scores: pl.DataFrame, study: Study) -> list[str]:
    """The study's models that the table is about; all of them where it is about none."""
    own_methods = set(scores.filter(~pl.col("method").is_in(HEADLINE))["model"].drop_nulls())
    named = [model for model in study.models if model in (table.models or study.models) or model in own_methods]
    return named or list(study.models)


def _comparable(published: pl.DataFrame, study: Study) -> pl.DataFrame:
    """What the paper has for a cell; its averages only where the study has the same cultures."""
    theirs = set(published["culture"]) - {AVERAGE}
    same = pl.lit(theirs == set(study.cultures))
    kept = published.filter((pl.col("culture") != AVERAGE) | same)
    return kept.with_columns(kind=pl.lit("method"), of=pl.lit("choices"), language=pl.lit("en"))
