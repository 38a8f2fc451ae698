"""Reading and writing of artifacts: validated both ways, written atomically.

A table is described by its model in `clca.schemas`. A file appears under its name only when it is complete
(`os.replace`), so a reader never meets half of one.
"""

import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import polars as pl
from pandera.errors import SchemaErrors
from pydantic import BaseModel, ValidationError

from clca.errors import InputError, unwritable
from clca.schemas import Table

_AGAIN = "delete the file and run again"
_PYTHON: dict[Any, Any] = {pl.String: str, pl.Int64: int, pl.Float64: (int, float), pl.Boolean: bool}


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a path beside `path` to write to; it takes the name `path` when the block ends without an error.

    Raises:
        InputError: There is no room, or no permission.
    """
    final = Path(path)
    partial = final.with_name(f".{final.name}.{os.getpid()}")
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        os.replace(partial, final)
    except OSError as error:
        raise unwritable(final, error) from None
    finally:
        with suppress(OSError):
            partial.unlink()


def write(frame: pl.DataFrame, path: str | os.PathLike[str], schema: type[Table]) -> None:
    """Validate `frame` and write it as JSON Lines or Parquet, by the suffix of `path`.

    Raises:
        InputError: The frame does not fit the schema; the line names file, row, column and value.
    """
    frame = _conform(frame, Path(path), schema)
    # By way of memory: of a disk that is full, polars may say no more than "transport error".
    content = io.BytesIO()
    if Path(path).suffix == ".parquet":
        frame.write_parquet(content, statistics=False)
    else:
        frame.write_ndjson(content)
    with replacing(path) as partial:
        partial.write_bytes(content.getbuffer())


def read(path: str | os.PathLike[str], schema: type[Table]) -> pl.DataFrame:
    """Read and validate the table at `path` (JSON Lines or Parquet, by suffix); columns in the schema's order.

    Raises:
        InputError: The file is missing or torn, or a row does not fit; the line names file, row, column, value.
    """
    source = Path(path)
    if not source.is_file():
        raise InputError(f"{source}: no such file; run the workflow's rule that makes it")
    if source.suffix != ".parquet":
        return _conform(_read_lines(source, schema), source, schema)
    try:
        frame = pl.read_parquet(source, memory_map=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(
            f"{source}: not a complete Parquet file ({_first_line(error)}); delete it and run again"
        ) from None
    return _conform(frame, source, schema)


def write_json(value: Any, path: str | os.PathLike[str]) -> None:
    """Write `value` as indented JSON, keys in the order given, so that equal values give equal bytes."""
    write_text(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n", path)


def write_text(text: str, path: str | os.PathLike[str]) -> None:
    """Write a page that people read."""
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_record(value: dict[str, Any], path: str | os.PathLike[str], schema: type[BaseModel]) -> None:
    """Validate `value` and write it as JSON.

    Raises:
        InputError: A part is missing, unknown or of the wrong type; the line names it.
    """
    _record(value, path, schema)
    write_json(value, path)


def read_record(path: str | os.PathLike[str], schema: type[BaseModel]) -> dict[str, Any]:
    """Read and validate a JSON record.

    Raises:
        InputError: As for `read_json` and `write_record`.
    """
    value = read_json(path)
    _record(value, path, schema)
    checked: dict[str, Any] = value
    return checked


def read_json(path: str | os.PathLike[str]) -> Any:
    """Read a JSON file.

    Raises:
        InputError: The file is missing or not JSON; the line names the place.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise InputError(f"{path}: no such file; run the workflow's rule that makes it") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not JSON ({_first_line(error)}); delete it and run again") from None


def _record(value: Any, path: str | os.PathLike[str], schema: type[BaseModel]) -> None:
    try:
        schema.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "all of it"
        raise InputError(
            f"{path}: not a {schema.__name__.lower()}: {where} = {repr(first['input'])[:60]}: {first['msg']}; {_AGAIN}"
        ) from None


def _read_lines(source: Path, schema: type[Table]) -> pl.DataFrame:
    """Rows of a JSON Lines file; a row of the wrong shape is named by its number."""
    dtypes = schema.dtypes()
    rows = []
    for number, line in enumerate(source.read_bytes().splitlines(), start=1):
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, UnicodeDecodeError):
            row = None
        if not isinstance(row, dict):
            raise InputError(f"{source}: row {number} is not a JSON object: {line[:60]!r}; {_AGAIN}")
        problem = _misfit(row, dtypes)
        if problem:
            raise InputError(f"{source}: row {number}, {problem}; {_AGAIN}")
        rows.append(row)
    # Column by column: from rows, polars takes the type of a list's elements from the first.
    return pl.DataFrame([pl.Series(name, [row[name] for row in rows], dtype) for name, dtype in dtypes.items()])


def _misfit(row: dict[str, Any], dtypes: dict[str, Any]) -> str | None:
    """What is wrong with the columns of a row or their JSON types, if anything."""
    for column in sorted(row.keys() ^ dtypes.keys()):
        return f"column {column} is missing" if column in dtypes else f"{column} = {row[column]!r} is not a column"
    for column, value in row.items():
        if value is not None and not fits(value, dtypes[column]):
            return f"column {column} = {f'{value!r}'[:60]} should be {dtypes[column]}"
    return None


def fits(value: Any, dtype: Any) -> bool:
    """Whether a JSON value is one of a polars type, all the way down; polars itself would turn some into null."""
    if isinstance(dtype, pl.List):
        return isinstance(value, list) and all(fits(part, dtype.inner) for part in value)
    if isinstance(dtype, pl.Struct):
        parts = {field.name: field.dtype for field in dtype.fields}
        same = isinstance(value, dict) and value.keys() == parts.keys()
        return same and all(fits(value[name], part) for name, part in parts.items())
    expected = _PYTHON[dtype.base_type()]
    if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
        return False
    return dtype.base_type() is not pl.Int64 or -(2**63) <= value < 2**63


def _conform(frame: pl.DataFrame, source: Path, schema: type[Table]) -> pl.DataFrame:
    """The frame in the schema's column order, or an InputError that names the first broken row."""
    names = [name for name in schema.dtypes() if name in frame.columns]
    extra = [name for name in frame.columns if name not in names]
    try:
        validated: pl.DataFrame = schema.validate(frame.select(names + extra), lazy=True)
        return validated
    except SchemaErrors as error:
        raise InputError(f"{source}: {_describe(error.failure_cases, frame)}") from None


def _describe(cases: pl.DataFrame, frame: pl.DataFrame) -> str:
    """One line for the first failure, and how many more there are."""
    case = cases.row(0, named=True)
    more = f" (and {len(cases) - 1} more)" if len(cases) > 1 else ""
    if case["check"] in ("column_in_dataframe", "column_in_schema"):
        problem = "is missing" if case["check"] == "column_in_dataframe" else "is not a column of this table"
        return f"column {case['failure_case']} {problem}{more}; {_AGAIN}"
    where = "" if case["index"] is None else f"row {case['index'] + 1}, "
    value = case["failure_case"]
    if case["index"] is not None and case["column"] in frame.columns:
        value = frame[case["column"]][case["index"]]
    return f"{where}column {case['column']} = {value!r} fails {case['check']}{more}; {_AGAIN}"


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:120]
