"""Tables for people: Markdown and LaTeX (booktabs) of the same text, and the long CSV for everything else."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from clca.artifacts import write_text
from clca.study.published import AVERAGE
from clca.study.tables import REFERENCE, Table

SIGNIFICANT = 0.05

_LATEX = {
    "\\": r"\textbackslash{}",
    **{char: f"\\{char}" for char in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
}


class Grid(NamedTuple):
    """A table's text.

    Attributes:
        header: Its columns.
        labels: How many of them name the row.
        groups: Rows that belong together.
    """

    header: list[str]
    labels: int
    groups: list[list[list[str]]]


def grid(cells: pl.DataFrame, rows: Sequence[str], column: str) -> Grid:
    """Arrange cells.

    Args:
        cells: `StudyCell` or `DataCell` rows.
        rows: Columns that name a row.
        column: The column whose values stand side by side.

    Returns:
        A group a row: our numbers, and below them the paper's and the differences where it has any of the row's.
    """
    names = cells[column].unique(maintain_order=True).to_list()
    told = bool(cells["published"].is_not_null().any())
    groups = []
    for key, row in cells.group_by(rows, maintain_order=True):
        by_name = {cell[column]: cell for cell in row.to_dicts()}
        ordered = [by_name.get(name, {"status": "missing"}) for name in names]
        label = ["" if part is None else str(part) for part in key]
        lines = [[*label, *["ours"] * told, *map(_ours, ordered)]]
        if any(cell.get("published") is not None for cell in ordered):
            lines.append([*label, "paper", *(_number(cell.get("published"), "") for cell in ordered)])
            lines.append([*label, "difference", *(_number(cell.get("gap"), "+") for cell in ordered)])
        groups.append(lines)
    return Grid([*rows, *["number"] * told, *names], len(rows) + told, groups)


def study_grid(table: Table, cells: pl.DataFrame) -> Grid:
    """Arrange the cells of one of the study's tables; of several metrics only the means over cultures are shown."""
    shown = cells if table.columns == "culture" else cells.filter(pl.col("culture") == _over(cells))
    expected = pl.when(pl.col("of") == "expected").then(pl.lit(" (expected)")).otherwise(pl.lit(""))
    labelled = shown.with_columns(method=pl.col("method") + expected, model=pl.col("model").fill_null("yardstick"))
    rows = ["model", "method", *["language"] * (len(table.languages) > 1)]
    return grid(labelled, rows, table.columns)


def heading(table: Table, cells: pl.DataFrame) -> str:
    """The table's title, and whose numbers they are where cultures do not stand side by side."""
    if table.columns == "culture":
        return table.title
    return f"{table.title} ({'means over cultures' if _over(cells) == AVERAGE else _over(cells)})"


def _over(cells: pl.DataFrame) -> str:
    """The mean over cultures, or the only one."""
    return AVERAGE if AVERAGE in cells["culture"] else str(cells["culture"][0])


def notes(cells: pl.DataFrame) -> list[str]:
    """What a reader of a study's table must know."""
    told = ["Lower is closer, but for accuracy. [95% interval]: personas and items drawn again."]
    if "kl_paper" in cells["metric"]:
        told.append("kl_paper is the paper's measure and is not 0 when right: see true_marginals.")
    if cells["seed_sd"].is_not_null().any():
        told.append("±: standard deviation between seeds; the number and its interval are the first seed's.")
    if cells["p_holm"].is_not_null().any():
        told.append(
            f"*: differs from {REFERENCE} on these items, p <= {SIGNIFICANT} after Holm's adjustment over this table's "
            "tests; an interval draws items again too, so it may be wider than what is tested."
        )
    if "expected" in cells["of"]:
        told.append(
            "(expected): of option probabilities instead of choices; a method of one prompt for all personas is "
            f"compared with {REFERENCE} here alone, and on items that might have been others."
        )
    counts = cells["personas"].drop_nulls().unique().sort().to_list()
    if len(counts) > 1:
        told.append(f"Not all rows are of as many personas: {', '.join(map(str, counts))}; see the CSV.")
    if (cells["status"] == "missing").any():
        told.append("missing: no scorecard.")
    if cells["synthetic"].any():
        told.append("Synthetic respondents: drawn from published shares; accuracy carries no individual signal.")
    return told


def markdown(table: Grid, title: str, told: Sequence[str]) -> str:
    """A page with the title, the table and its notes."""
    lines = [f"# {title}", "", _line(table.header), "|" + " --- |" * len(table.header)]
    lines += [_line(row) for group in table.groups for row in group]
    return "\n".join([*lines, "", *(f"- {note.replace('*', chr(92) + '*')}" for note in told)]) + "\n"


def latex(table: Grid, title: str, told: Sequence[str], name: str) -> str:
    """A `table` environment with booktabs rules; a little space between groups."""
    columns = "l" * table.labels + "r" * (len(table.header) - table.labels)
    blocks = ["\n".join(_row(row) for row in group) for group in table.groups]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{escape(title)}. {escape(' '.join(told))}}}".replace(". }", ".}"),
            rf"\label{{tab:{name}}}",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            _row(table.header),
            r"\midrule",
            "\n\\addlinespace\n".join(blocks),
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def escape(text: str) -> str:
    """Text as LaTeX prints it."""
    return "".join(_LATEX.get(char, char) for char in text)


def write(
    cells: pl.DataFrame, table: Grid, title: str, told: Sequence[str], folder: str | os.PathLike[str], name: str
) -> None:
    """Write `{name}.csv` (all cells, six digits), `{name}.md` and `{name}.tex` into `folder`."""
    paths = {suffix: Path(folder) / f"{name}.{suffix}" for suffix in ("csv", "md", "tex")}
    write_text(cells.with_columns(pl.col(pl.Float64).round(6)).write_csv(), paths["csv"])
    write_text(markdown(table, title, told), paths["md"])
    write_text(latex(table, title, told, name), paths["tex"])


def _ours(cell: dict[str, Any]) -> str:
    """A number with its star, interval and standard deviation, or why there is none."""
    if cell["status"] != "ok":
        return str(cell["status"])
    p_holm = cell.get("p_holm")
    text = _number(cell["value"], "") + "*" * (p_holm is not None and p_holm <= SIGNIFICANT)
    if cell.get("low") is not None:
        text += f" [{_number(cell['low'], '')}, {_number(cell['high'], '')}]"
    return text + (f" ±{_number(cell['seed_sd'], '')}" if cell.get("seed_sd") is not None else "")


def _number(value: float | None, sign: str) -> str:
    """Four digits, as the paper prints them; whole numbers from a hundred on are counts."""
    if value is None:
        return "-"
    if abs(value) >= 1 and value == round(value):
        return f"{value:{sign}.0f}"
    # Plus 0: no minus before what rounds to zero.
    return f"{round(value, 4) + 0.0:{sign}.4f}"


def _line(row: Sequence[str]) -> str:
    return "| " + " | ".join(part.replace("|", "\\|").replace("*", "\\*") for part in row) + " |"


def _row(row: Sequence[str]) -> str:
    return " & ".join(map(escape, row)) + r" \\"
