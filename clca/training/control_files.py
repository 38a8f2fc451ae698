"""Users' copies of the controls' corpora: problems with a worked answer, and conversations about problems.

`gsm8k` is read as GSM8K is published (`question`, `answer`), `mathchat` as chat data are: `messages` of `role` and
`content`, or `conversations` of `from` and `value`. JSON Lines, a JSON list or Parquet; the first object is row 1.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from clca.errors import InputError
from clca.schemas import Problem

ROLES = {"system": "system", "user": "user", "human": "user", "assistant": "assistant", "gpt": "assistant"}
"""What corpora call the speakers, and what chat templates do."""

_CALCULATOR = re.compile(r"<<[^<>]*>>")
_RESULT = re.compile(r"\s*####\s*(\S+)\s*$")


def read(path: Path, control: str) -> pl.DataFrame:
    """`Problem` rows of a file, named by its rows.

    Raises:
        InputError: The file is missing or unreadable, or a row does not fit; the line names file, row, column, value
            and what is allowed.
    """
    told = _answered if control == "gsm8k" else _conversation
    rows = [
        {"problem_id": f"{control}-{path.stem}-{row}", "messages": told(path, row, one)} for row, one in _objects(path)
    ]
    if len(rows) < 2:
        raise InputError(f"{path}: {len(rows)} rows, and training and held-out data need one each; give more")
    return pl.DataFrame(rows, schema=Problem.dtypes())


def download(source: str, revision: str, file: str) -> Path:
    """One file of a data set of the hub, at a commit; without a network the copy that an earlier run fetched.

    Raises:
        InputError: The hub gave none and there is no copy; the line says what to do.
    """
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(hf_hub_download(source, file, revision=revision, repo_type="dataset"))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).strip().splitlines()[0][:160]
        raise InputError(
            f"data set {source}: no copy of {file} here and the hub gave none ({reason}); download revision {revision} "
            "elsewhere and give the file as the control's `path`"
        ) from None


def _answered(path: Path, row: int, one: dict[str, Any]) -> list[dict[str, str]]:
    """A question and its answer, without the marks for GSM8K's calculator."""
    question, answer = (_text(path, row, name, one.get(name)) for name in ("question", "answer"))
    plain = _RESULT.sub(r"\nThe answer is \1.", _CALCULATOR.sub("", answer))
    return [{"role": "user", "content": question}, {"role": "assistant", "content": plain.strip()}]


def _conversation(path: Path, row: int, one: dict[str, Any]) -> list[dict[str, str]]:
    """Turns up to the assistant's last, the user's and its own in turn; a system message may come first."""
    column, keys = ("conversations", ("from", "value")) if "conversations" in one else ("messages", ("role", "content"))
    given = one.get(column)
    if not isinstance(given, list) or not given:
        raise _misfit(path, row, column, given, f"a list of objects with {keys[0]} and {keys[1]}")
    said = []
    for number, turn in enumerate(given):
        at = f"{column}.{number}"
        if not isinstance(turn, dict):
            raise _misfit(path, row, at, turn, f"an object with {keys[0]} and {keys[1]}")
        role = turn.get(keys[0])
        if role not in ROLES:
            raise _misfit(path, row, f"{at}.{keys[0]}", role, ", ".join(ROLES))
        said.append({"role": ROLES[role], "content": _text(path, row, f"{at}.{keys[1]}", turn.get(keys[1]))})
    while said and said[-1]["role"] != "assistant":
        said.pop()
    roles = [message["role"] for message in said if message is not said[0] or message["role"] != "system"]
    if not roles or roles != ["user", "assistant"] * (len(roles) // 2):
        raise _misfit(path, row, column, [message["role"] for message in said], "user and assistant in turn")
    return said


def _text(path: Path, row: int, column: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _misfit(path, row, column, value, "a text that is not empty")
    return value.strip()


def _objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of a file, numbered from 1."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; give your own copy of the corpus under `controls`")
    if path.suffix == ".parquet":
        try:
            yield from enumerate(pl.read_parquet(path).to_dicts(), start=1)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise InputError(f"{path}: not a complete Parquet file ({error}); fetch it again") from None
        return
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8; give JSON Lines, a JSON list or Parquet") from None
    for row, given in _given(path, text):
        if not isinstance(given, dict):
            raise InputError(f"{path}: row {row} is no JSON object: {given!r:.60}; give JSON Lines or a JSON list")
        yield row, given


def _given(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    """Values of JSON Lines or of a JSON list, whichever the first character says; a line that is no JSON as it is."""
    if text.lstrip().startswith("["):
        try:
            yield from enumerate(json.loads(text), start=1)
        except ValueError as error:
            raise InputError(f"{path}: begins as a JSON list and is none ({error}); fetch the file again") from None
        return
    # Not splitlines: a JSON text may hold other line separators.
    for row, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield row, json.loads(line)
            except ValueError:
                yield row, line


def _misfit(path: Path, row: int, column: str, value: Any, allowed: str) -> InputError:
    return InputError(f"{path}: row {row}, column {column} = {value!r:.60}; allowed: {allowed}")
