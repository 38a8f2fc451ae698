"""Tables as pages for the report: HTML that loads nothing, all text escaped."""

import re
from collections.abc import Mapping, Sequence
from itertools import groupby, takewhile
from pathlib import Path
from typing import Any

from clca import artifacts
from clca.errors import InputError
from clca.html import templates
from clca.study.statistics import COMPARED
from clca.survey.card import NOTES, number, shown

_LABELS = ("model", "method", "language", "number", "teacher", "corpus", "culture", "metric", "of", "adapter")
_ESCAPED = re.compile(r"\\([|*])")


def page(
    title: str, header: Sequence[str], labels: int, groups: Sequence[Sequence[Sequence[str]]], notes: Sequence[str]
) -> str:
    """A table as a page.

    Args:
        title: What the numbers are of.
        header: Names of the columns.
        labels: How many of them name the row.
        groups: Rows that belong together.
        notes: What a reader must know, below the table.
    """
    environment = templates("clca.study")
    given = {"title": title, "header": header, "labels": labels, "groups": groups, "notes": notes}
    return environment.get_template("table.html.j2").render(given)


def scorecard_page(card: Mapping[str, Any], title: str) -> str:
    """A scorecard (`wvs.json`) as a page."""
    methods = [
        [name, *(number(**method[column]) for column in COMPARED), f"{method['option_mass']:.3f}"]
        for name, method in shown(card).items()
    ]
    yardsticks = [
        [name, *(number(values[column]) for column in COMPARED), ""] for name, values in card["yardsticks"].items()
    ]
    notes = list(NOTES)
    if card["reference"]["synthetic_respondents"]:
        notes.append("Synthetic respondents: drawn from published shares; accuracy carries no individual signal.")
    if card["reference"]["not_asked"]:
        notes.append(f"Not asked there and left out: {', '.join(card['reference']['not_asked'])}.")
    return page(title, ["", *COMPARED, "option mass"], 1, [methods, yardsticks], notes)


def table_page(path: str) -> str:
    """One of the study's Markdown tables as a page.

    Raises:
        InputError: The file is missing, or no table of the study.
    """
    try:
        title, _, header, _, *lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        raise InputError(f"{path}: not a table of the study; delete it and run again") from None
    names = _cells(header)
    labels = len(list(takewhile(lambda name: name in _LABELS, names)))
    rows = [_cells(line) for line in lines if line.startswith("| ")]
    # Our number, the paper's and their difference are rows of one group.
    own = [index for index in range(labels) if names[index] != "number"]
    groups = [list(group) for _, group in groupby(rows, key=lambda row: [row[index] for index in own])]
    notes = [_ESCAPED.sub(r"\1", line[2:]) for line in lines if line.startswith("- ")]
    return page(title.removeprefix("# "), names, labels, groups, notes)


def write_tables(given: Sequence[str], output: Sequence[str]) -> None:
    """Write each of the study's Markdown tables as a page."""
    for source, target in zip(given, output, strict=True):
        artifacts.write_text(table_page(source), target)


def _cells(line: str) -> list[str]:
    """The cells of a line of a Markdown table."""
    inner = line.removeprefix("| ").removesuffix(" |")
    return [_ESCAPED.sub(r"\1", cell) for cell in inner.split(" | ")]
