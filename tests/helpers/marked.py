"""One among made-up respondents who is told from all others by each of their cells, and what of them can be found."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import polars as pl
from survey_files import HEADER

from clca.survey.columns import DEMOGRAPHICS, ITEMS
from clca.survey.questionnaire import OPTION_COUNTS

# In every column that nobody has a use for, the interviewer's number among them as a number.
MARK, NUMBER = "kestrel-77121", 771210455
AGE, WEIGHT = 97, 2.718281
FIELDS = {
    "H_SETTLEMENT": 4, "H_URBRURAL": 2, "Q260": 2, "X003R": 6, "Q263": 2, "Q273": 5, "Q270": 7, "Q275": 8, "Q281": 10,
    "Q279": 4, "Q287": 1,
}  # fmt: skip
_RANDOM = random.Random("marked")
ANSWERS = {item: _RANDOM.randint(1, count) for item, count in OPTION_COUNTS.items()}
OTHERWISE = {item: answer % OPTION_COUNTS[item] + 1 for item, answer in ANSWERS.items()}
"""Another answer to each item."""

_READ = {"B_COUNTRY", "B_COUNTRY_ALPHA", "D_INTERVIEW", "Q262", "W_WEIGHT", *DEMOGRAPHICS, *ITEMS}


def mark(rows, at, changed=ANSWERS):
    """The rows with a marked respondent in place `at`, whose demographic codes nobody else has, but for some cells."""
    marked = dict.fromkeys(set(HEADER) - _READ, MARK) | {"D_INTERVIEW": NUMBER, "Q262": AGE, "W_WEIGHT": WEIGHT}
    others = []
    for row in rows:
        other = row | {field: -2 for field, code in FIELDS.items() if row[field] == code}
        others.append(other | {"Q262": -2 if other["X003R"] < 0 else row["Q262"]})
    return [*others[:at], others[at] | marked | FIELDS | ANSWERS | changed, *others[at + 1 :]]


def sentences(questionnaire):
    """What the marked respondent's prompt alone may say, by field."""
    return {field: questionnaire.persona.fields[field][code] for field, code in FIELDS.items()}


IDENTIFIERS = (MARK, str(NUMBER), str(WEIGHT))


def listed(row):
    """The codes of a row one after the other, as files and prompts may list them."""
    return tuple(sep.join(map(str, row.values())) for sep in (",", ", ", ";", "\t", " ", "\n"))


def shown(path: Path) -> str:
    """All that a file holds: tables and JSON also as plain lists of their values, by row and by column."""
    if path.suffix == ".parquet":
        table = pl.read_parquet(path)
        rows = table.rows()
    elif path.suffix in (".json", ".jsonl"):
        text = path.read_text()
        # The last line of a journal may be torn.
        lines = text.split("\n")[:-1] if path.suffix == ".jsonl" else [text]
        return "\n".join([text, *(_list(_values(json.loads(line))) for line in lines)])
    else:
        return path.read_bytes().decode("latin-1")
    return "\n".join(_list(_values(part)) for part in [*rows, *(table[name].to_list() for name in table.columns)])


def holders(folder: Path, traces) -> list[str]:
    """The files under a folder, relative to it, that hold any of some texts."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    texts = {str(file.relative_to(folder)): shown(file) for file in files}
    return [name for name, text in texts.items() if any(trace in text or trace in name for trace in traces)]


def _values(value) -> Iterator[object]:
    """What stands in nested lists and objects, in order."""
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list | tuple):
        yield value
        return
    for part in value:
        yield from _values(part)


def _list(values) -> str:
    return ",".join(map(str, values))
