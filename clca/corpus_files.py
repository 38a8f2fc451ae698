"""Files of seed corpora: one pandera model each, and the reading of them.

CSV and TSV are read lazily and by the columns that are needed. Rows are numbered as in the file: the header of a table
is row 1, the first object of a JSON file is row 1.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from clca.artifacts import fits
from clca.errors import InputError
from clca.schemas import SIDES, Table

NULLS = ("", "nan", "none", "null", "n/a")
"""What stands for nothing in files passed around, in lower case: no prompt prints it."""


def _text(**more: Any) -> Any:
    """A value, mostly a text, that a row may lack; rows that lack what is needed are left out."""
    return pa.Field(nullable=True, **more)


class SotopiaEnvironment(Table):
    """One row an environment: what happens, and what each of the two wants."""

    row: int
    source: str = _text()
    scenario: str = _text()
    relationship: int = pa.Field(in_range={"min_value": 0, "max_value": 5}, description="a code from 0 to 5")
    agent_goals: pl.List = pa.Field(dtype_kwargs={"inner": pl.String}, description="a list of two texts")

    @pa.check("agent_goals")
    @classmethod
    def two(cls, data: Any) -> Any:
        """There are two participants, and both have a goal."""
        return data.lazyframe.select(pl.col(data.key).list.drop_nulls().list.len() == len(SIDES))


class SotopiaAgent(Table):
    """One row a person who may be one of the two."""

    row: int
    first_name: str = _text()
    last_name: str = _text()
    age: int = _text(in_range={"min_value": 0, "max_value": 120}, description="years up to 120, 0 where not known")
    gender: str = _text()
    occupation: str = _text()
    public_info: str = _text()
    secret: str = _text()


class SocialChemistry(Table):
    """One row a rule of thumb: where its situation is from, whether it is a bad rule, and how many agree."""

    row: int
    area: str = _text()
    rot: str = _text()
    rot_bad: str = _text(alias="rot-bad", str_matches=r"^[01](\.0)?$", description="0 or 1")
    rot_agree: str = _text(alias="rot-agree", str_matches=r"^[0-4](\.0)?$", description="0 to 4, or empty")


class CultureAtlas(Table):
    """One row a norm of a country or of a part of it."""

    row: int
    Country: str = _text()
    SubCountry: str = _text()
    NormCanonical: str = _text()


class CultureBank(Table):
    """One row what people of a cultural group do."""

    row: int
    group: str = _text(alias="cultural group")
    context: str = _text()
    goal: str = _text()
    relation: str = _text()
    actor: str = _text()
    actor_behavior: str = _text()
    recipient: str = _text()
    topic: str = _text()


class NormBank(Table):
    """One row how a behaviour is seen in a setting."""

    row: int
    setting: str = _text()
    behavior: str = _text()
    constraints: str = _text()
    norm: str = _text(str_matches=r"^[A-Za-z ]+$", description="a word such as expected, normal or taboo")


_JSON = (SotopiaEnvironment, SotopiaAgent, CultureAtlas)


def read(path: Path, schema: type[Table]) -> pl.DataFrame:
    """The columns of `schema`, checked; `row` is the row in the file. Texts are put on one line; empty ones are null.

    Raises:
        InputError: The file is missing or unreadable, lacks a column, or a value does not fit; the line names file,
            row, column and value, and what is allowed.
    """
    dtypes = {name: dtype for name, dtype in schema.dtypes().items() if name != "row"}
    if not path.is_file():
        raise InputError(f"{path}: no such file; give your own copy of the corpus under scenarios.sources")
    try:
        frame = _lines(path, dtypes, schema) if schema in _JSON else _table(path, dtypes)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as {schema.__name__}: {str(error).strip().splitlines()[0]}") from None
    plain = pl.col(pl.String).str.replace_all(r"\s+", " ").str.strip_chars()
    frame = frame.with_columns(pl.when(~plain.str.to_lowercase().is_in(NULLS)).then(plain))
    try:
        checked: pl.DataFrame = schema.validate(frame, lazy=True)
        return checked
    except SchemaErrors as error:
        case = error.failure_cases.row(0, named=True)
        column, found = case["column"], frame.row(case["index"], named=True)
        raise _misfit(path, found["row"], column, found[column], schema) from None


def _table(path: Path, dtypes: dict[str, Any]) -> pl.DataFrame:
    """A CSV or TSV, whichever its header is; all columns are text."""
    with path.open(encoding="utf-8-sig") as file:
        separator = "\t" if "\t" in file.readline() else ","
    scan = pl.scan_csv(path, separator=separator, infer_schema=False, row_index_name="row", row_index_offset=2)
    _complete(path, scan.collect_schema().names()[1:], dtypes)
    return scan.select(pl.col("row").cast(pl.Int64), *dtypes).collect(engine="streaming")


def _lines(path: Path, dtypes: dict[str, Any], schema: type[Table]) -> pl.DataFrame:
    """Objects of JSON Lines or of a JSON list, whichever the file's first character says."""
    objects = list(_objects(path))
    _complete(path, dict.fromkeys(key for _, one in objects for key in one), dtypes)
    for row, one in objects:
        for column, dtype in dtypes.items():
            if one.get(column) is not None and not fits(one[column], dtype):
                raise _misfit(path, row, column, one[column], schema)
    columns = [pl.Series(name, [one.get(name) for _, one in objects], dtype) for name, dtype in dtypes.items()]
    return pl.DataFrame([pl.Series("row", [row for row, _ in objects], pl.Int64), *columns])


def _objects(path: Path) -> Iterable[tuple[int, dict[str, Any]]]:
    text = path.read_text(encoding="utf-8-sig")
    try:
        whole = json.loads(text) if text.lstrip().startswith("[") else None
    except ValueError as error:
        raise InputError(f"{path}: begins as a JSON list and is none ({error}); fetch the file again") from None
    # Not splitlines: a JSON text may hold other line separators.
    for row, given in enumerate(text.split("\n") if whole is None else whole, start=1):
        if whole is None and not given.strip():
            continue
        try:
            one = json.loads(given) if whole is None else given
        except ValueError:
            one = None
        if isinstance(one, dict):
            yield row, one
        else:
            raise InputError(f"{path}: row {row} is no JSON object: {_short(given)}; give JSON Lines or a JSON list")


def _complete(path: Path, has: Iterable[str], needed: Iterable[str]) -> None:
    """Tell the first column that is missing."""
    has, needed = list(has), list(needed)
    for name in needed:
        if name not in has:
            raise InputError(f"{path}: column {name} is missing; needed: {', '.join(needed)}; there: {', '.join(has)}")


def _misfit(path: Path, row: int, column: str, value: Any, schema: type[Table]) -> InputError:
    allowed = schema.to_schema().columns[column].description or "a text"
    return InputError(f"{path}: row {row}, column {column} = {_short(value)}; allowed: {allowed}")


def _short(value: Any) -> str:
    return f"{value!r:.60}"
