"""The survey's files as rows of text: plain or in a zip, read as a stream in blocks, only the columns that are needed.

How a file is laid out is found by looking at its first row, never from its name. Row numbers are a spreadsheet's: the
header is row 1.
"""

import csv
import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clca.errors import InputError

BLOCK = 1 << 21
"""Bytes read at once: a thousand rows or so, so that memory does not grow with the file; smaller blocks take longer."""

_HEAD = 1 << 20
_LONGEST = 64 << 20
_SEPARATORS = (",", ";", "\t")
_AGAIN = "fetch it again"


@dataclass(frozen=True)
class Table:
    """A file of rows.

    Attributes:
        path: Where it lies.
        separator: Between its fields.
        header: The names of its columns as they stand there.
        columns: Position of each column by the survey's name for it, the first word of its header.
    """

    path: Path
    separator: str
    header: tuple[str, ...]
    columns: dict[str, int]


def look(path: Path, known: Sequence[str]) -> Table:
    """Find out how a file is laid out.

    Args:
        path: A text file of rows, or a zip with one in it.
        known: Names of columns that may be there: the separator is the one that finds most of them.

    Raises:
        InputError: It is missing or empty, no text, no zip with one CSV, or has no rows; its separator is none of
            comma, semicolon and tab; a column of `known` is there twice.
    """
    with _stream(path) as stream:
        first = stream.read(_HEAD)
    if not first.strip():
        raise InputError(f"{path}: is empty; {_AGAIN}")
    if b"\0" in first:
        raise InputError(f"{path}: is not a CSV file in UTF-8; take the CSV download, or save it as one")
    ends = _scan(first, ",")[0]
    line = first[: ends[0]] if len(ends) else first
    text = line.decode("utf-8-sig", errors="replace").rstrip("\r")
    # By separator; the last resort is the number of fields, so that a header of unknown names is shown whole.
    layouts = [_layout(path, text, separator, known) for separator in _SEPARATORS]
    table = max(layouts, key=lambda one: (sum(name in one.columns for name in known), len(one.header)))
    if sum(name in table.columns for name in known) < 2:
        raise InputError(
            f"{path}: row 1, column 1 = {table.header[0][:40]!r}: its columns are not the survey's, or neither commas, "
            "semicolons nor tabs part them; take the CSV download, or save it with commas"
        )
    names = [_name(header) for header in table.header]
    twice = next((name for name in known if names.count(name) > 1), None)
    if twice:
        at = [number for number, name in enumerate(names, 1) if name == twice]
        raise InputError(
            f"{path}: row 1: columns {at[0]} and {at[1]} are both {twice}; rename the one that is not meant"
        )
    if not first[len(line) :].strip():
        raise InputError(f"{path}: has a header and no rows; {_AGAIN}")
    return table


def read(table: Table, names: Sequence[str]) -> Iterator[pl.DataFrame]:
    """The rows of a file in its order, block by block; blank lines are left out.

    Yields:
        `row` and the columns `names` as text, null where empty.

    Raises:
        InputError: A row has not as many fields as the header, or a quote is never closed; the line names row, column
            and value. The zip is damaged.
    """
    # polars numbers unnamed columns, from 0 or 1 as its release will have it, and keeps their order.
    in_order = sorted(names, key=lambda name: table.columns[name])
    positions = [table.columns[name] for name in in_order]
    for row, data in _blocks(table):
        try:
            frame = pl.read_csv(
                data,
                has_header=False,
                separator=table.separator,
                columns=positions,
                infer_schema=False,
                encoding="utf8-lossy",
            )
        except pl.exceptions.PolarsError:
            frame = pl.DataFrame()
        if len(frame) != len(row):
            raise InputError(
                f"{table.path}: rows {row[0]} to {row[-1]} cannot be told apart, since quotes stand within a field; "
                f"{_AGAIN}"
            )
        frame.columns = in_order
        yield frame.with_columns(pl.Series("row", row)).select("row", *names)


def sha256(paths: Sequence[Path]) -> str:
    """Hash of the files' bytes one after the other, as they lie there (a zip as it is)."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            hashlib.file_digest(file, lambda: digest)
    return digest.hexdigest()


@contextmanager
def _stream(path: Path) -> Iterator[IO[bytes]]:
    """The file's bytes, or those of the one CSV in the zip."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; see config/README.md, `survey.file`, for where to fetch it")
    with path.open("rb") as file:
        if file.read(2) != b"PK":
            file.seek(0)
            yield file
            return
    try:
        with zipfile.ZipFile(path) as archive, archive.open(_member(path, archive)) as file:
            yield file
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise InputError(f"{path}: is not a whole zip ({str(error)[:80]}); {_AGAIN}") from None


def _member(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    # What some systems put beside a file in a zip begins with a dot or an underscore.
    names = [name for name in archive.namelist() if re.search(r"(^|/)[^./_][^/]*\.(csv|tsv|txt)$", name, re.IGNORECASE)]
    names = [name for name in names if not name.startswith("__MACOSX")]
    if len(names) != 1:
        there = ", ".join(names or archive.namelist()[:3]) or "nothing"
        what = f"{len(names)} CSV files" if names else "no CSV file"
        raise InputError(f"{path}: holds {what} ({there}); unpack the one that is meant and name it")
    member = archive.getinfo(names[0])
    if member.flag_bits & 1:
        raise InputError(f"{path}: {names[0]} is encrypted; unpack it and name the file")
    return member


def _layout(path: Path, text: str, separator: str, known: Sequence[str]) -> Table:
    try:
        header = tuple(next(csv.reader([text], delimiter=separator), [""])) or ("",)
    except csv.Error:  # a field without end, or line ends of their own kind
        header = (text[:80],)
    columns: dict[str, int] = {}
    for position, title in enumerate(header):
        columns.setdefault(_name(title), position)
    return Table(path, separator, header, columns)


def _name(title: str) -> str:
    """The survey's name in a title such as `Q260 Sex` or `Q1: Important in life: Family`."""
    found = re.match(r"\W*([A-Za-z]\w*)", title)
    return found[1].upper() if found else ""


def _scan(block: bytes, separator: str) -> tuple[NDArray[np.intp], NDArray[np.intp], bool]:
    """Where rows end, how many fields each has, and whether a quote is open at the end of the block."""
    cells = np.frombuffer(block, np.uint8)
    # Between quotes the count of quotes so far is odd; a doubled quote changes nothing. The sum may overflow: its
    # parity does not. Where a block has no quotes a fifth of the reading's time is saved.
    quoted = np.cumsum(cells == ord('"'), dtype=np.uint8) & 1 if b'"' in block else np.zeros(1, np.uint8)
    ends = np.flatnonzero((cells == ord("\n")) & (quoted == 0))
    separators = np.flatnonzero((cells == ord(separator)) & (quoted == 0))
    fields = np.diff(np.searchsorted(separators, ends), prepend=0) + 1
    return ends, fields, bool(quoted[-1])


def _blocks(table: Table) -> Iterator[tuple[NDArray[np.intp], bytes]]:
    """Whole rows without the header and blank lines: their numbers, and their bytes."""
    rest, done = b"", 0
    with _stream(table.path) as stream:
        while True:
            part = stream.read(BLOCK)
            block = rest + (part or b"\n")
            ends, fields, opened = _scan(block, table.separator)
            if opened and (not part or len(block) > _LONGEST):
                begun = block[ends[-1] + 1 if len(ends) else 0 :]
                raise _torn(table, done + len(ends) + 1, begun, "a quote that is never closed")
            starts = np.append(0, ends + 1)[: len(ends)]
            lengths = ends - starts
            blank = (lengths == 0) | ((lengths == 1) & (np.frombuffer(block, np.uint8)[starts] == ord("\r")))
            wrong = np.flatnonzero(~blank & (fields != len(table.header)))
            if len(wrong):
                at = int(wrong[0])
                what = f"{fields[at]} fields where the header has {len(table.header)}"
                raise _torn(table, done + at + 1, block[starts[at] : ends[at]], what)
            if not done and len(blank):
                blank[0] = True
            rows = np.flatnonzero(~blank)
            if len(rows):
                whole = len(rows) == rows[-1] - rows[0] + 1
                pieces = [(rows[0], rows[-1])] if whole else [(row, row) for row in rows]
                yield done + rows + 1, b"".join(block[starts[low] : ends[high] + 1] for low, high in pieces)
            done += len(ends)
            rest = block[ends[-1] + 1 :] if len(ends) else block
            if not part:
                return


def _torn(table: Table, row: int, line: bytes, what: str) -> InputError:
    """A row of the wrong shape, shown by its last column that the header has."""
    fields = line.decode("utf-8", errors="replace").rstrip("\r\n").split(table.separator)[: len(table.header)]
    column = _name(table.header[len(fields) - 1]) or len(fields)
    return InputError(
        f"{table.path}: row {row} has {what}, up to column {column} = {fields[-1][:40]!r}: the file is cut there, or "
        f"another delimiter parts its rows; {_AGAIN}"
    )
