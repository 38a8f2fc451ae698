"""Respondents without a survey file: published shares, and people drawn from them who stand in for the real ones.

The shares are CSV files of percentages that users may replace; each row is checked, and an error names the row as a
spreadsheet numbers it (the header is row 1).
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clca.errors import InputError
from clca.survey.columns import DEMOGRAPHICS, ITEMS
from clca.survey.questionnaire import OPTION_COUNTS

FilePath = str | os.PathLike[str]
Shares = NDArray[np.float64]

SHIPPED = "published marginals of World Values Survey wave 7"
"""What the shares are called that come with the workflow."""

# Published percentages are rounded, so their sum is only near 100.
SUM_LEAST, SUM_MOST = 97.0, 103.0


def generator(seed: int, culture: str, drawn: str) -> np.random.Generator:
    """The generator of what is drawn of a culture's people: independent of other cultures' and of other draws."""
    return np.random.default_rng([seed, *f"{culture} {drawn}".encode()])


def marginals(path: FilePath, culture: str) -> dict[str, Shares]:
    """Published answers of a culture.

    Args:
        path: CSV with the columns question, culture, option, percent; others are ignored.
        culture: The culture whose rows are read.

    Returns:
        For each of the 44 items, in the survey's order, the shares of options 1..k: shape (k,), sum 1.

    Raises:
        InputError: A missing culture, item or option; a row twice; a value that is no percentage; a sum far from 100.
    """
    found: dict[str, dict[int, float]] = {question: {} for question in ITEMS}
    for row in _rows(path, culture, ("question", "culture", "option", "percent")):
        question = row["question"]
        if question not in found:
            raise _broken(path, row, "question", "is not one of Q1 to Q45 without Q42; correct or delete the row")
        count, option = OPTION_COUNTS[question], _whole(path, row, "option")
        if not 1 <= option <= count:
            raise _broken(path, row, "option", f"is not an option of {question}, which has 1 to {count}; correct it")
        if option in found[question]:
            raise _broken(path, row, "option", f"of {question} stands there twice; delete one of the rows")
        found[question][option] = _percent(path, row)
    for question, percents in found.items():
        lacking = [option for option in range(1, OPTION_COUNTS[question] + 1) if option not in percents]
        if lacking:
            what = f"option {lacking[0]} of {question}" if percents else f"item {question}"
            raise InputError(f"{path}: culture {culture!r} lacks {what}; add it, with percent 0 where nobody chose it")
    return {
        question: _normalised(path, culture, question, [percents[option] for option in sorted(percents)])
        for question, percents in found.items()
    }


def demographics(path: FilePath, culture: str) -> dict[str, tuple[NDArray[Any], Shares]]:
    """Shares of a culture's demographic fields.

    Args:
        path: CSV with the columns culture, field, code, percent; others are ignored.
        culture: The culture whose rows are read.

    Returns:
        For each of the eleven coded fields the codes, shape (m,), whole numbers, and their shares, shape (m,), sum 1;
        `country` with alpha-3 codes as well where the file has it.

    Raises:
        InputError: A missing culture or field; a row twice; a value that is no percentage; a sum far from 100.
    """
    found: dict[str, dict[int | str, float]] = {}
    for row in _rows(path, culture, ("culture", "field", "code", "percent")):
        field = row["field"]
        if field != "country" and field not in DEMOGRAPHICS:
            raise _broken(path, row, "field", f"is not a field; allowed: country, {', '.join(DEMOGRAPHICS)}")
        code = row["code"] if field == "country" else _whole(path, row, "code")
        if not code and code != 0:
            raise _broken(path, row, "code", "is empty; give the country's alpha-3 code")
        codes = found.setdefault(field, {})
        if code in codes:
            raise _broken(path, row, "code", f"of {field} stands there twice; delete one of the rows")
        codes[code] = _percent(path, row)
    for field in DEMOGRAPHICS:
        if field not in found:
            raise InputError(f"{path}: culture {culture!r} lacks the field {field}; add its codes and percentages")
    return {
        field: (np.array(list(codes)), _normalised(path, culture, field, list(codes.values())))
        for field, codes in found.items()
    }


def synthesise(
    marginals: Mapping[str, Shares],
    demographics: Mapping[str, tuple[NDArray[Any], Shares]],
    countries: Sequence[str],
    culture: str,
    n: int,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """Draw people who stand in for respondents: every field and every item on its own.

    Shares converge to those given, but nothing in a row depends on anything else in it, so that a model cannot infer
    an answer from who answers.

    Args:
        marginals: Shares of options 1..k by item, as `marginals` returns them.
        demographics: Codes and shares by field, as `demographics` returns them.
        countries: The culture's countries; without shares of them in `demographics` everybody lives in the first.
        culture: Name of the culture, also the first part of the ids.
        n: How many people.
        rng: Decides all draws.

    Returns:
        `Respondent` rows, weight 1, marked synthetic.

    Raises:
        InputError: `demographics` has shares of countries, but not of one that the culture lists.
    """
    columns: dict[str, Any] = {
        "respondent": [f"{culture}-{number:05d}" for number in range(1, n + 1)],
        "culture": [culture] * n,
        "country": _countries(demographics, countries, culture, n, rng),
    }
    for field in DEMOGRAPHICS:
        codes, shares = demographics[field]
        columns[field] = rng.choice(codes, size=n, p=shares)
    columns |= {"weight": [1.0] * n, "synthetic": [True] * n}
    for question in ITEMS:
        options = np.arange(1, len(marginals[question]) + 1)
        columns[question] = rng.choice(options, size=n, p=marginals[question])
    return pl.DataFrame(columns)


def _countries(
    demographics: Mapping[str, tuple[NDArray[Any], Shares]],
    countries: Sequence[str],
    culture: str,
    n: int,
    rng: np.random.Generator,
) -> list[str]:
    """Where each of `n` people lives, among the countries that the culture lists."""
    if "country" not in demographics:
        return [countries[0]] * n
    codes, shares = demographics["country"]
    share_of = dict(zip(codes.tolist(), shares.tolist(), strict=True))
    for country in countries:
        if country not in share_of:
            raise InputError(
                f"culture {culture!r}: countries has {country!r}, but the demographics have a share only of "
                f"{', '.join(share_of)}; add its share there or leave it out"
            )
    listed = np.array([share_of[country] for country in countries])
    if listed.sum() == 0:
        raise InputError(f"culture {culture!r}: the demographics give {', '.join(countries)} a share of 0; raise one")
    drawn: list[str] = rng.choice(np.array(countries), size=n, p=listed / listed.sum()).tolist()
    return drawn


def _rows(path: FilePath, culture: str, columns: Sequence[str]) -> list[dict[str, Any]]:
    """The culture's rows as text, each with its number in the file under `row`."""
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file; see workflow/resources/README.md for its columns")
    try:
        table = pl.read_csv(Path(path), infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise InputError(
            f"{path}: not a CSV file in UTF-8 ({str(error).splitlines()[0][:120]}); save it again"
        ) from None
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise InputError(f"{path}: column {missing[0]} is missing; needed: {', '.join(columns)}")
    table = table.select(columns).with_row_index("row", offset=2)
    rows = table.filter(pl.col("culture") == culture).to_dicts()
    if not rows:
        there = ", ".join(table["culture"].drop_nulls().unique(maintain_order=True)) or "none"
        raise InputError(
            f"{path}: no rows of culture {culture!r}; there are: {there}; add its rows or name its own file"
        )
    return rows


def _whole(path: FilePath, row: Mapping[str, Any], column: str) -> int:
    text = (row[column] or "").strip()
    if not (text.isascii() and text.isdigit()):
        raise _broken(path, row, column, "is not a code; give a whole number of 0 or more")
    return int(text)


def _percent(path: FilePath, row: Mapping[str, Any]) -> float:
    try:
        value = float(row["percent"] or "")
    except ValueError:
        raise _broken(path, row, "percent", "is not a number; give a percentage such as 12.5") from None
    if not 0 <= value <= 100:
        raise _broken(path, row, "percent", "is not between 0 and 100; give a percentage such as 12.5")
    return value


def _normalised(path: FilePath, culture: str, name: str, percents: Sequence[float]) -> Shares:
    total = sum(percents)
    if not SUM_LEAST <= total <= SUM_MOST:
        raise InputError(
            f"{path}: culture {culture!r}: the percentages of {name} sum to {total:.1f}; correct column percent to 100"
        )
    return np.array(percents, dtype=np.float64) / total


def _broken(path: FilePath, row: Mapping[str, Any], column: str, problem: str) -> InputError:
    return InputError(f"{path}: row {row['row']}, column {column} = {row[column]!r} {problem}")
