"""All rows of the bench, in the order of its table."""

from bench_row import Row

MODULES = ("rows_model", "rows_training", "rows_data", "rows_workflow", "rows_pages")


def every() -> list[Row]:
    """Each row once."""
    from importlib import import_module

    return [row for module in MODULES for row in import_module(module).ROWS]


def find(name: str) -> Row:
    """The row with a name."""
    return next(row for row in every() if row.name == name)
