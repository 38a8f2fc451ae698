"""Respondents of World Values Survey wave 7, from any of the files that users have of it.

Read are the cross-national CSV (plain or in its zip), country files with titles and codes or labels, and the pair of
tables of WorldValuesBench. The survey's terms forbid to pass rows on: nothing here is to be published.
"""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

from clca.errors import InputError
from clca.survey import wvs_file, wvs_labels
from clca.survey.columns import DEMOGRAPHICS, ITEMS
from clca.survey.wvs_file import Table

WEIGHT = "W_WEIGHT"
_COUNTRY = ("B_COUNTRY_ALPHA", "B_COUNTRY")
_AGE = "Q262"
# Not unique in the survey: it only shows whether two halves of one file fit together, row by row.
_INTERVIEW = "D_INTERVIEW"
_KNOWN = (*_COUNTRY, _INTERVIEW, WEIGHT, _AGE, *DEMOGRAPHICS, *ITEMS)
_BANDS = (25, 35, 45, 55, 65)
_YOUNGEST = 16
_COMPLETE = "take the complete download"


@dataclass(frozen=True)
class Sample:
    """A culture's respondents.

    Attributes:
        respondents: `Respondent` rows in the file's order; `respondent` is made of the culture and the row's number.
        rows: How many rows the file has, blank lines left out.
        elsewhere: How many are of other countries.
        nowhere: How many have no country (footers).
        weighted: Whether the file has weights; without, all are 1.
        sha256: Of the file, or of the pair.
        source: The file's name, of a pair both.
    """

    respondents: pl.DataFrame
    rows: int
    elsewhere: int
    nowhere: int
    weighted: bool
    sha256: str
    source: str


def read(path: str | os.PathLike[str], cultures: Mapping[str, Sequence[str]]) -> dict[str, Sample]:
    """Read the respondents of some cultures in one pass over the file.

    Args:
        path: The file; of a pair of WorldValuesBench either of the two, or their folder.
        cultures: By name the alpha-3 codes of the countries that a culture's people are drawn from.

    Returns:
        By culture. Missing answers are null; only the columns needed and these countries' rows are kept in memory.

    Raises:
        InputError: The file cannot be read, lacks a column or a country, or a cell of these countries is neither in its
            column's scale nor a known label; one line with file, row, column, value and the way out.
    """
    tables = _tables(Path(path))
    wanted = set(chain.from_iterable(cultures.values()))
    frame, counts = _rows(tables, wanted)
    for culture, countries in cultures.items():
        lacking = [country for country in countries if not counts[country]]
        if lacking:
            there = ", ".join(sorted(country for country in counts if country)) or "none"
            raise InputError(
                f"{path}: no respondents of country {lacking[0]!r} (culture {culture!r}); there are: {there}; take the "
                "file of that country or of all, or correct the culture's countries"
            )
    decoded = _decoded(frame, tables)
    digest, source = (
        wvs_file.sha256([table.path for table in tables]),
        " and ".join(table.path.name for table in tables),
    )
    return {
        culture: Sample(
            _respondents(decoded.filter(pl.col("country").is_in(list(countries))), culture),
            counts.total(),
            counts.total() - sum(counts[country] for country in countries) - counts[None],
            counts[None],
            WEIGHT in frame.columns,
            digest,
            source,
        )
        for culture, countries in cultures.items()
    }


def _tables(path: Path) -> list[Table]:
    """The file, or both halves of a pair: first the one with the countries."""
    if path.is_dir():
        return _pair(path, path)
    table = wvs_file.look(path, _KNOWN)
    if _INTERVIEW in table.columns and _has(table, DEMOGRAPHICS) != _has(table, ITEMS) and "Q1P" not in table.columns:
        return _pair(path.parent, path)
    _require(table, [*([] if _has(table, _COUNTRY) else _COUNTRY[:1]), *ITEMS, *_fields(table)])
    return [table]


def _pair(folder: Path, path: Path) -> list[Table]:
    """The two tables of WorldValuesBench in a folder, found by their columns."""
    tables = [wvs_file.look(file, _KNOWN) for file in sorted(folder.glob("*.tsv"))]
    people = [table for table in tables if _has(table, DEMOGRAPHICS) and not _has(table, ITEMS)]
    answers = [table for table in tables if _has(table, ITEMS) and not _has(table, DEMOGRAPHICS)]
    for found, what in ((people, "demographic"), (answers, "value")):
        if len(found) != 1:
            names = ", ".join(table.path.name for table in found) or "none"
            raise InputError(
                f"{path}: of WorldValuesBench's pair of tables the {what} one must lie in the folder once; found: "
                f"{names}; put full_demographic_qa.tsv and full_value_qa.tsv into a folder of their own"
            )
    _require(people[0], [_INTERVIEW, *([] if _has(people[0], _COUNTRY) else _COUNTRY[1:]), *_fields(people[0])])
    _require(answers[0], [_INTERVIEW, *ITEMS])
    return [people[0], answers[0]]


def _has(table: Table, names: Sequence[str]) -> bool:
    return any(name in table.columns for name in names)


def _fields(table: Table) -> list[str]:
    """The demographic columns that a file must have: the age in years does for the age band."""
    return [name for name in DEMOGRAPHICS if name != "X003R" or _AGE not in table.columns]


def _require(table: Table, names: Sequence[str]) -> None:
    for name in names:
        if name in table.columns:
            continue
        if f"{name}P" in table.columns:
            raise InputError(
                f"{table.path}: row 1: column {name} is missing, and {name}P shows that this is the inverted download, "
                "whose answers are recoded; take the one without `inverted` in its name"
            )
        raise InputError(f"{table.path}: row 1: column {name} is missing; {_COMPLETE}")


def _rows(tables: Sequence[Table], wanted: set[str]) -> tuple[pl.DataFrame, Counter[str | None]]:
    """Text of the columns needed in rows of the wanted countries, and how many rows each country has."""
    column = next(name for name in _COUNTRY if name in tables[0].columns)
    names = [name for name in (WEIGHT, _AGE, *DEMOGRAPHICS, *ITEMS) if name in tables[0].columns]
    counts: Counter[str | None] = Counter()
    if len(tables) == 1:
        blocks = wvs_file.read(tables[0], [column, *names])
        frames = [_of(block, tables[0], column, wanted, counts) for block in blocks]
        return pl.concat(frames), counts
    people, answers = (
        pl.concat(wvs_file.read(table, [_INTERVIEW, *kept]))
        for table, kept in zip(tables, ([column, *names], ITEMS), strict=True)
    )
    if not people[_INTERVIEW].equals(answers[_INTERVIEW]):
        both = zip(people.iter_rows(named=True), answers[_INTERVIEW], strict=False)
        row = next((one["row"] for one, other in both if one[_INTERVIEW] != other), min(len(people), len(answers)) + 2)
        raise InputError(
            f"{tables[1].path}: row {row}, column {_INTERVIEW} is not that of {tables[0].path.name}: the tables "
            "must have the same rows in the same order; make both again"
        )
    return _of(people.hstack(answers.select(ITEMS)), tables[0], column, wanted, counts).drop(_INTERVIEW), counts


def _of(block: pl.DataFrame, table: Table, column: str, wanted: set[str], counts: Counter[str | None]) -> pl.DataFrame:
    """The rows of the wanted countries, whose codes are under `country`; all rows are counted."""
    country = _converted(block, table, column, wvs_labels.country, pl.String)
    counts.update(country.to_list())
    return block.with_columns(country.alias("country")).drop(column).filter(pl.col("country").is_in(list(wanted)))


def _decoded(frame: pl.DataFrame, tables: Sequence[Table]) -> pl.DataFrame:
    """Codes instead of text."""
    columns = {"row": frame["row"], "country": frame["country"]}
    for name in (_AGE, *DEMOGRAPHICS, *ITEMS):
        if name in frame.columns:
            table = tables[-1] if name in ITEMS else tables[0]

            def meaning(text: str, name: str = name) -> int | None:
                return wvs_labels.code(name, text)

            columns[name] = _converted(frame, table, name, meaning, pl.Int64)
    if WEIGHT in frame.columns:
        text = frame.with_columns(pl.col(WEIGHT).fill_null(""))
        columns["weight"] = _converted(text, tables[0], WEIGHT, wvs_labels.weight, pl.Float64)
    return pl.DataFrame(columns)


def _converted(frame: pl.DataFrame, table: Table, column: str, meaning: Any, dtype: Any) -> pl.Series:
    """A column by what its texts mean; each different text is looked at once."""
    found = {}
    for text in frame[column].drop_nulls().unique(maintain_order=True):
        try:
            found[text] = meaning(text)
        except ValueError as problem:
            row = frame.filter(pl.col(column) == text)["row"][0]
            raise InputError(f"{table.path}: row {row}, column {column} = {text!r} {problem}") from None
    return frame[column].replace_strict(
        pl.Series(found.keys(), dtype=pl.String),
        pl.Series(found.values(), dtype=dtype),
        default=None,
        return_dtype=dtype,
    )


def _respondents(decoded: pl.DataFrame, culture: str) -> pl.DataFrame:
    """`Respondent` rows."""
    frame = decoded
    if _AGE in frame.columns:
        age = pl.col(_AGE)
        band = pl.sum_horizontal((age >= least).cast(pl.Int64) for least in _BANDS) + 1
        band = pl.when(age >= _YOUNGEST).then(band)
        frame = frame.with_columns(X003R=pl.coalesce("X003R", band) if "X003R" in frame.columns else band)
    if "weight" not in frame.columns:
        frame = frame.with_columns(weight=pl.lit(1.0))
    return frame.select(
        (pl.lit(f"{culture}-") + pl.col("row").cast(pl.String).str.zfill(5)).alias("respondent"),
        pl.lit(culture).alias("culture"),
        "country",
        *DEMOGRAPHICS,
        "weight",
        pl.lit(False).alias("synthetic"),
        *ITEMS,
    )
