"""All files of the study's tables: read what they are made of, arrange it, write it."""

from collections.abc import Mapping, Sequence
from math import factorial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from clca import artifacts, schemas
from clca.study import data_statistics, diagnosis, published, rendering, scores, table_names
from clca.study.data_statistics import Data, Source
from clca.study.published import AVERAGE
from clca.study.scores import Gathered, method_of
from clca.study.specificity import effects, specificity
from clca.study.statistics import holm_within
from clca.study.tables import HEADLINE, TABLES, Study, Table, cells

SPECIFIC = ("jsd", "kl")
"""Distances that can tell whose people are nearer; kl_paper cannot."""

_SPECIFIC_TITLE = "Adapters of one culture (rows) as people of another (columns): distance less the unadapted model's"
_SPECIFIC_NOTES = (
    "effect: below 0 where the adapter brings the answers nearer to those people.",
    "centred: effect less the means of its row and column, plus the mean of all.",
    "statistic: mean of the diagonal less mean off it, below 0 where adapters help their own culture more.",
    "p: share of all assignments of adapters to cultures with a statistic as low, exact and one-sided.",
)
_TESTED = "statistic {statistic:.4f}, p {p_value:.4f}, {p_holm:.4f} after Holm's adjustment"
_NOT_TESTED = "a scorecard is missing, no test"


def build(given: Mapping[str, Any], folder: str, params: Mapping[str, Any]) -> None:
    """Write every table as CSV, Markdown and LaTeX.

    Args:
        given: `cards`, `scores` and `contrasts` (of means over cultures), `diagnoses`, and of the training data
            `scenarios`, `filtered` and `intents`: lists of paths; `published`: the paper's tables, all in one folder.
        folder: Where the tables go.
        params: `models`, `cultures` and their `languages`, `own_language` (methods asked in it), `specificity` (methods
            with adapters), `data` (teacher, corpus and culture of each of the data's files), `teacher` (the paper's).

    Raises:
        InputError: An input is missing or broken, or two of them disagree.
    """
    cultures = params["cultures"]
    study = Study(params["models"], cultures, dict(zip(cultures, params["languages"], strict=True)))
    summaries = [
        Gathered(artifacts.read(one, schemas.Score), artifacts.read(other, schemas.Contrast))
        for one, other in zip(given["scores"], given["contrasts"], strict=True)
    ]
    records = scores.records(given["cards"])
    cards = {fewest: scores.gather(records, fewest) for fewest in (False, True)}
    gathered = {fewest: scores.together([found, *summaries], fewest) for fewest, found in cards.items()}
    paper = published.scores(_paper(given))
    names = table_names(bool(params["own_language"]))
    for table in (_asked(one, params["own_language"]) for one in TABLES if one.name in names):
        found = cells(table, gathered[table.fewest], paper, study)
        grid = rendering.study_grid(table, found)
        rendering.write(found, grid, rendering.heading(table, found), rendering.notes(found), folder, table.name)
    _write_data(given, folder, params)
    _write_diagnoses(given["diagnoses"], folder, cultures)
    if params["specificity"]:
        _write_specificity(cards[False].scores, folder, params)


def _paper(given: Mapping[str, Any]) -> Path:
    """The folder of the paper's tables."""
    return Path(given["published"][0]).parent


def _asked(table: Table, own_language: Sequence[str]) -> Table:
    """The table with what else was asked in cultures' own languages, where it is about these."""
    if "own" not in table.languages:
        return table
    more = [name for name in own_language if name not in HEADLINE]
    return table.model_copy(update={"methods": (*table.methods, *more)})


def _write_data(given: Mapping[str, Any], folder: str, params: Mapping[str, Any]) -> None:
    kinds = {"scenarios": schemas.AdaptedScenario, "filtered": schemas.Utterance, "intents": schemas.Intent}
    files = zip(*(given[name] for name in kinds), strict=True)
    data = {
        Source(*source): Data(*(artifacts.read(path, kind) for path, kind in zip(paths, kinds.values(), strict=True)))
        for source, paths in zip(params["data"], files, strict=True)
    }
    found = data_statistics.cells(data, published.data_statistics(_paper(given)), params["teacher"])
    grid = rendering.grid(found, ["teacher", "corpus", "culture"], "statistic")
    rendering.write(found, grid, data_statistics.TITLE, data_statistics.NOTES, folder, "data")


def _write_diagnoses(paths: Sequence[str], folder: str, cultures: Sequence[str]) -> None:
    found = diagnosis.cells(paths, cultures)
    grid = rendering.grid(found.filter(pl.col("culture") == AVERAGE), ["model", "method"], "statistic")
    rendering.write(found, grid, diagnosis.TITLE, diagnosis.NOTES, folder, "diagnostics")


def _write_specificity(scored: pl.DataFrame, folder: str, params: Mapping[str, Any]) -> None:
    found, tests = specificity_cells(scored, params["models"], params["specificity"], params["cultures"])
    grid = rendering.grid(found, ["model", "method", "metric", "of", "adapter"], "culture")
    told = [
        "{model} {method}, {metric}: ".format(**test)
        + (_NOT_TESTED if test["p_value"] is None else _TESTED.format(**test))
        for test in tests.to_dicts()
    ]
    least = 1 / factorial(len(params["cultures"]))
    notes = [*_SPECIFIC_NOTES, f"The smallest p that {len(params['cultures'])} cultures can give is {least:.4f}."]
    rendering.write(found, grid, _SPECIFIC_TITLE, [*notes, *told], folder, "specificity")
    artifacts.write_text(
        tests.with_columns(pl.col(pl.Float64).round(6)).write_csv(), Path(folder, "specificity_tests.csv")
    )


def specificity_cells(
    scored: pl.DataFrame, models: Sequence[str], methods: Sequence[str], cultures: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Matrices of all models and methods, and their tests.

    Args:
        scored: `Score` rows.
        models: In order.
        methods: Such as `clca-seed42`.
        cultures: In the order of rows and columns.

    Returns:
        Cells: model, method, metric, of (effect, centred), adapter, culture, status, value, and published and gap,
        which are null. Tests: model, method, metric, statistic, p_value, and p_holm over all of a metric.
    """
    rows, tests = [], []
    for metric in SPECIFIC:
        for model in models:
            for method in methods:
                name, seed, _ = method_of(method, cultures[0])
                matrix = effects(scored, model, name, int(seed or 0), list(cultures), metric)
                tested = specificity(matrix)
                key = {"model": model, "method": method, "metric": metric}
                tests.append({**key, "statistic": tested.statistic, "p_value": tested.p_value})
                for of, values in (("effect", tested.effects), ("centred", tested.centred)):
                    for (row, column), value in np.ndenumerate(values):
                        place = {"of": of, "adapter": cultures[row], "culture": cultures[column]}
                        missing = bool(np.isnan(value))
                        number = {"status": "missing" if missing else "ok", "value": None if missing else float(value)}
                        rows.append({**key, **place, **number})
    unknown = pl.lit(None, dtype=pl.Float64)
    found = pl.DataFrame(rows, schema_overrides={"value": pl.Float64}).with_columns(published=unknown, gap=unknown)
    types = {"statistic": pl.Float64, "p_value": pl.Float64}
    return found, holm_within(pl.DataFrame(tests, schema_overrides=types), ["metric"])
