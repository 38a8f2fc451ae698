"""The study's power: how many personas and items it takes to see the paper's differences, culture by culture."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from clca import artifacts
from clca.study import published
from clca.study.averages import by_culture
from clca.study.power import note, power
from clca.study.published import AVERAGE
from clca.survey.evidence import human_shares

PERSONAS = (5, 10, 20, 50, 100, 200)
ITEMS = (22, 44)
SIMULATIONS = 100
PERMUTATIONS = 199

TITLE = "Personas and items that it takes to see the paper's differences between persona and clca in kl_paper"


def build(given: Mapping[str, Any], output: Mapping[str, str], params: Mapping[str, Any]) -> None:
    """Simulate the largest of the paper's differences, and that of its models' means.

    Args:
        given: `respondents` and their `summary`: a path a culture; `published`: a table of the paper's numbers.
        output: Paths of `table` and `shown`.
        params: `cultures` and their `marginals`, `weights`, `seed`.

    Raises:
        InputError: An input is missing or broken.
    """
    rng = np.random.default_rng(params["seed"])
    tables, pages = [], [f"# {TITLE}\n"]
    for culture, paths in zip(params["cultures"], by_culture(given, params), strict=True):
        human = human_shares(paths["respondents"], paths["summary"], paths["marginals"], culture, params["weights"])
        for what, targets in differences(Path(given["published"]).parent).items():
            found = power(human, targets, PERSONAS, ITEMS, SIMULATIONS, PERMUTATIONS, rng)
            pages.append(f"## {culture}, {what}\n\n{note(found, targets)}")
            labels = {"culture": culture, "difference": what}
            numbers = {"from": targets[0], "to": targets[1]}
            place = {name: pl.lit(value) for name, value in (labels | numbers).items()}
            tables.append(found.with_columns(**place).select(*place, *found.columns))
    artifacts.write_text(pl.concat(tables).with_columns(pl.col(pl.Float64).round(6)).write_csv(), output["table"])
    artifacts.write_text("\n".join(pages), output["shown"])


def differences(folder: str | Path) -> dict[str, tuple[float, float]]:
    """The paper's `kl_paper` averaged over cultures, of persona and of clca: its largest difference, and its mean."""
    averages = published.scores(folder).filter(culture=AVERAGE, metric="kl_paper")
    by_model = averages.filter(pl.col("method").is_in(["persona", "clca"])).pivot(
        "method", index="model", values="published"
    )
    by_model = by_model.drop_nulls().with_columns(gap=pl.col("persona") - pl.col("clca"))
    model, before, after = by_model.sort("gap", descending=True).select("model", "persona", "clca").row(0)
    mean = by_model.select(pl.col("persona", "clca").mean()).row(0)
    return {f"{model}, the largest difference": (before, after), "the mean of its models": (mean[0], mean[1])}
