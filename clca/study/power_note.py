"""The study's power: how many personas and items it takes to see the paper's differences, culture by culture."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from clca import artifacts
from clca.study import published
from clca.study.averages import by_culture
from clca.study.power import ENOUGH, LEVEL, needed, power
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
    tables = []
    for culture, paths in zip(params["cultures"], by_culture(given, params), strict=True):
        human = human_shares(paths["respondents"], paths["summary"], paths["marginals"], culture, params["weights"])
        for what, targets in differences(Path(given["published"]).parent).items():
            found = power(human, targets, PERSONAS, ITEMS, SIMULATIONS, PERMUTATIONS, rng)
            labels = {"culture": culture, "difference": what}
            numbers = {"from": targets[0], "to": targets[1]}
            place = {name: pl.lit(value) for name, value in (labels | numbers).items()}
            tables.append(found.with_columns(**place).select(*place, *found.columns))
    table = pl.concat(tables)
    artifacts.write_text(table.with_columns(pl.col(pl.Float64).round(6)).write_csv(), output["table"])
    artifacts.write_text(shown(table), output["shown"])


def shown(table: pl.DataFrame) -> str:
    """A Markdown table of the fewest personas that are enough, with a row a culture, difference and number of items.

    Args:
        table: Columns culture, difference, from and to, and those of `power`.
    """
    names = [
        "culture",
        "of",
        "from",
        "to",
        "items",
        "personas, by the test over people",
        "personas, by that over items",
    ]
    rows = [names, ["---"] * len(names)]
    tried = table["personas"].unique().sort().to_list()
    for key, found in table.group_by("culture", "difference", "from", "to", maintain_order=True):
        fewest = {(row["items"], row["test"]): row["personas"] for row in needed(found).to_dicts()}
        for items in found["items"].unique(maintain_order=True):
            enough = [fewest[items, test] or f"more than {tried[-1]}" for test in ("personas", "items")]
            rows.append([f"{part:.4f}" if isinstance(part, float) else str(part) for part in (*key, items, *enough)])
    lines = [f"| {' | '.join(row)} |" for row in rows]
    notes = [
        f"- The fewest of {', '.join(map(str, tried))} personas that have power {ENOUGH} at level {LEVEL}, in "
        f"{table['simulations'][0]} simulations each.",
        "- The test over people is of other people and these items, that over items of these people and other items.",
    ]
    return "\n".join([f"# {TITLE}", "", *lines, "", *notes, ""])


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
