"""The paper's numbers, read from `workflow/resources/published`: to stand beside ours, never to be made into them."""

import os
from pathlib import Path

import polars as pl

from clca.errors import InputError

AVERAGE = "average"
"""What the mean over cultures is called in the column `culture`."""

_KEY = ["model", "method", "culture", "metric"]


def scores(folder: str | os.PathLike[str]) -> pl.DataFrame:
    """The paper's scores by model, method, culture (`average` for its means over five) and metric.

    Columns: model, method, culture, metric, published. Where two of its tables print one average, the one with the
    cultures counts.

    Raises:
        InputError: A file is missing, or has not its columns.
    """
    by_culture = _read(folder, "paper_kl.csv", ["model", "method", "culture", "kl_paper"])
    ablations = _read(folder, "paper_ablations.csv", ["model", "method", "accuracy", "kl_paper"])
    jsd = _read(folder, "paper_jsd.csv", ["model", "method", "jsd"])
    tables = [by_culture, *(table.with_columns(culture=pl.lit(AVERAGE)) for table in (ablations, jsd))]
    index = ["model", "method", "culture"]
    long = [table.unpivot(index=index, variable_name="metric", value_name="published") for table in tables]
    return pl.concat(long).unique(_KEY, keep="first", maintain_order=True).select(*_KEY, "published")


def data_statistics(folder: str | os.PathLike[str]) -> pl.DataFrame:
    """The paper's Table 9. Columns: culture, statistic, published.

    Raises:
        InputError: As for `scores`.
    """
    table = _read(folder, "paper_data.csv", ["culture", "statistic", "value"])
    return table.select("culture", "statistic", published="value")


def _read(folder: str | os.PathLike[str], name: str, columns: list[str]) -> pl.DataFrame:
    path = Path(folder) / name
    if not path.is_file():
        raise InputError(f"{path}: no such file; restore it from the repository")
    text = {"model", "method", "culture", "statistic"}
    types = {column: pl.String if column in text else pl.Float64 for column in columns}
    try:
        return pl.read_csv(path, schema_overrides=types).select(columns)
    except pl.exceptions.PolarsError as error:
        first = str(error).splitlines()[0][:120]
        raise InputError(f"{path}: needs the columns {', '.join(columns)} ({first}); restore it") from None
