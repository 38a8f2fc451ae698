"""What two raters say of the same sheet: how often they agree, and how much more often than by chance."""

import csv
import io
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

from clca.errors import InputError
from clca.study.raters import COLUMNS, MARKS, QUESTIONS, Row

KEYS = ("dialogue", "turn", "question")
_AGAIN = "start again from a copy of the drawn sheet"


def read(path: str | os.PathLike[str]) -> list[Row]:
    """Read a filled sheet, with commas, semicolons or tabs as spreadsheets save it; marks in small letters.

    Raises:
        InputError: The file is not a sheet, lost a row or a column, or holds a mark that is none; the line names file,
            row (the header is row 1), column and value.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            text = file.read()
    except OSError:
        raise InputError(f"{path}: no such file; draw a sheet with `python -m clca raters draw`") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8; save it from the spreadsheet as CSV in UTF-8") from None
    header = text.split("\n", 1)[0]
    separator = max(",;\t", key=header.count)
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise InputError(f"{path}: not CSV ({error}); {_AGAIN}") from None
    named = [name.strip() for name in table[0]] if table else []
    for column in COLUMNS:
        if column not in named:
            raise InputError(f"{path}: row 1: column {column} is missing; {_AGAIN}")
    rows: dict[int, Row] = {}
    places: dict[str, int] = {}
    for place, cells in enumerate(table[1:], start=2):
        if any(cell.strip() for cell in cells):
            cells += [""] * (len(named) - len(cells))
            rows[place] = {name: cell.strip() for name, cell in zip(named, cells, strict=False)}
            _check(f"{path}: row {place}, column", rows[place], next(iter(rows.values())), places)
            places[rows[place]["number"]] = place
    if not rows:
        raise InputError(f"{path}: holds no row; {_AGAIN}")
    name = next(iter(rows.values()))["sheet"]
    for number in range(1, _size(name) + 1):
        if str(number) not in places:
            raise InputError(f"{path}: column number: the row with {number} is lost, of {_size(name)} rows; {_AGAIN}")
    if not any(row["mark"] for row in rows.values()):
        raise InputError(f"{path}: no row has a mark; write {' or '.join(MARKS)} into column mark")
    return sorted(rows.values(), key=lambda row: int(row["number"]))


def pair(one: str | os.PathLike[str], other: str | os.PathLike[str]) -> list[tuple[Row, Row]]:
    """The rows of two filled sheets, side by side.

    Raises:
        InputError: One of them cannot be read, or they are not of the same dialogues; the line names the difference.
    """
    if Path(one).resolve() == Path(other).resolve():
        raise InputError(f"{other}: given for both raters; name a sheet of each")
    first, second = read(one), read(other)
    if first[0]["sheet"] != second[0]["sheet"]:
        raise InputError(
            f"{other}: column sheet = {second[0]['sheet']!r}, but {first[0]['sheet']!r} in {one}: other dialogues; "
            "both raters must fill in copies of one sheet"
        )
    for mine, yours in zip(first, second, strict=True):
        for key in KEYS:
            if mine[key] != yours[key]:
                raise InputError(
                    f"{other}: number {yours['number']}, column {key} = {yours[key]!r}, but {mine[key]!r} in {one}; "
                    f"{_AGAIN}"
                )
    return list(zip(first, second, strict=True))


def agreement(pairs: Sequence[tuple[Row, Row]]) -> list[dict[str, Any]]:
    """For each question and for all together: how many both marked, how far they agree, what they accept.

    Returns:
        One entry a question: `question`, `rows`, `rated` (by both), `agree` (a share), `kappa`, `alpha`, and the shares
        accepted by the first, by the second, and by both, who are a majority of two; null where nothing is defined.
    """
    found = []
    for question in (*QUESTIONS, "all"):
        asked = [(a["mark"], b["mark"]) for a, b in pairs if question in (a["question"], "all")]
        both = [(a, b) for a, b in asked if a and b]
        found.append(
            {
                "question": question,
                "rows": len(asked),
                "rated": len(both),
                "agree": _mean(a == b for a, b in both),
                "kappa": cohens_kappa(both),
                "alpha": krippendorffs_alpha(both),
                "first": _mean(a == "yes" for a, _ in both),
                "second": _mean(b == "yes" for _, b in both),
                "both": _mean(a == b == "yes" for a, b in both),
            }
        )
    return found


def cohens_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa of two raters' marks of the same things; None where there are none or both gave one mark only."""
    if not pairs:
        return None
    first, second = (Counter(marks) for marks in zip(*pairs, strict=True))
    agreed = sum(a == b for a, b in pairs) / len(pairs)
    by_chance = sum(first[mark] * second[mark] for mark in first) / len(pairs) ** 2
    return None if by_chance == 1 else (agreed - by_chance) / (1 - by_chance)


def krippendorffs_alpha(units: Iterable[Sequence[str | None]]) -> float | None:
    """Krippendorff's alpha for marks without an order, of any number of raters, None where one gave no mark.

    Returns None where nothing was marked by two, or only one mark was ever given.
    """
    coincidences: dict[tuple[str, str], float] = defaultdict(float)
    for unit in units:
        marks = [mark for mark in unit if mark is not None]
        for ordered in permutations(marks, 2):
            coincidences[ordered] += 1 / (len(marks) - 1)
    totals: dict[str, float] = defaultdict(float)
    for (mark, _), weight in coincidences.items():
        totals[mark] += weight
    everything = sum(totals.values())
    expected = everything**2 - sum(total**2 for total in totals.values())
    if len(totals) < 2:
        return None
    observed = sum(weight for (one, other), weight in coincidences.items() if one != other)
    return 1 - (everything - 1) * observed / expected


def table(found: Sequence[Mapping[str, Any]]) -> str:
    """What `agreement` found, for people."""
    lines = [f"{'':10}" + "".join(f"{name:>9}" for name in ("rows", "rated", "agree", "kappa", "alpha"))]
    lines[0] += f"{'accepted by the first':>24}{'the second':>12}{'both':>9}"
    for row in found:
        shares = {
            name: "-" if row[name] is None else f"{row[name]:.1%}" for name in ("agree", "first", "second", "both")
        }
        scores = {name: "-" if row[name] is None else f"{row[name]:.3f}" for name in ("kappa", "alpha")}
        lines.append(
            f"{row['question']:10}{row['rows']:>9}{row['rated']:>9}{shares['agree']:>9}{scores['kappa']:>9}"
            f"{scores['alpha']:>9}{shares['first']:>24}{shares['second']:>12}{shares['both']:>9}"
        )
    lines += [
        "",
        "rated: marked by both. kappa is Cohen's, alpha Krippendorff's (nominal): 1 is full agreement, 0 what chance",
        "gives; - where it is not defined, as when only one mark was ever given.",
    ]
    return "\n".join(lines)


def _check(where: str, row: Row, first: Row, places: Mapping[str, int]) -> None:
    """Whether a row is of the same sheet as the first, new, and marked as it may be; its mark in small letters."""
    if row["sheet"] != first["sheet"]:
        raise InputError(f"{where} sheet = {row['sheet']!r}, but {first['sheet']!r} before; {_AGAIN}")
    size = _size(row["sheet"])
    if not size:
        raise InputError(f"{where} sheet = {row['sheet']!r} is no sheet's name, such as japan-60-1a2b3c4d; {_AGAIN}")
    number = row["number"]
    if not re.fullmatch("[1-9][0-9]{0,5}", number) or int(number) > size:
        raise InputError(f"{where} number = {number!r} is not a whole number from 1 to {size}; {_AGAIN}")
    if number in places:
        raise InputError(f"{where} number = {number!r} is there before, in row {places[number]}; {_AGAIN}")
    if row["question"] not in QUESTIONS:
        raise InputError(f"{where} question = {row['question']!r}; allowed: {', '.join(QUESTIONS)}; {_AGAIN}")
    mark = row["mark"].casefold()
    if mark not in ("", *MARKS):
        raise InputError(f"{where} mark = {row['mark']!r} is no mark; write {' or '.join(MARKS)}, or leave it empty")
    row["mark"] = mark


def _size(name: str) -> int:
    """How many rows a sheet of this name has; 0 where it is no such name."""
    named = re.fullmatch(r".+-([1-9][0-9]{0,5})-[0-9a-f]{8}", name)
    return int(named[1]) if named else 0


def _mean(values: Iterable[bool]) -> float | None:
    found = list(values)
    return sum(found) / len(found) if found else None
