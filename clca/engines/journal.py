"""The journal: every reply is kept the moment it arrives, so that a killed job asks nothing twice.

A journal is a directory of JSON Lines files, one a process (`{host}-{pid}-{start}.jsonl`), each line a request's key
and its reply. Every process appends to its own file and reads all: no locks. A line that a kill tore is the last of
its file and is dropped; the request is asked again. Beside each lies what its requests took (`.rates`).
"""

import copy
import hashlib
import json
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from io import FileIO
from pathlib import Path
from typing import Any, ClassVar

from pydantic_core import from_json

from clca.engines.base import ChatRequest, Choice, ChooseRequest, Completion, Engine, OnDone, Reply, canonical, ignore
from clca.errors import InputError, unwritable


class Journal:
    """Replies by key, on disk under `directory`. Read at first use; this process's file appears with its first line."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self.directory = Path(directory)
        self._file = self.directory / f"{socket.gethostname()}-{os.getpid()}-{time.time_ns()}.jsonl"
        self._replies: dict[str, Reply] | None = None

    def replies(self) -> dict[str, Reply]:
        """All replies known, by key.

        Raises:
            InputError: A line in the middle of a file is damaged (a kill only tears the last).
        """
        if self._replies is None:
            self._replies = {}
            for path in sorted(self.directory.glob("*.jsonl")):
                self._replies.update(_read(path))
        return self._replies

    def append(self, key: str, reply: Reply, request: dict[str, Any]) -> None:
        """Keep `reply` under `key`, with what is to be known of its request.

        Raises:
            InputError: There is no room, or no permission; the file ends with a whole line.
        """
        row = {"key": key, "kind": type(reply).__name__, "reply": reply._asdict(), **request}
        line = json.dumps(row, ensure_ascii=False).encode() + b"\n"
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            # One write of one whole line: a kill leaves at most this line torn.
            with self._file.open("ab", buffering=0) as file:
                _write_whole(file, line)
        except OSError as error:
            raise unwritable(self._file, error) from None
        self.replies()[key] = reply

    def timed(self, asked: int, seconds: float, loading: float) -> None:
        """Keep that a model took `seconds` over `asked` requests, once it was loaded, which took `loading`.

        Raises:
            InputError: As for `append`.
        """
        path = self._file.with_suffix(".rates")
        row = {"asked": asked, "seconds": round(seconds, 3), "loading": round(loading, 3)}
        try:
            with path.open("a") as file:
                file.write(json.dumps(row) + "\n")
        except OSError as error:
            raise unwritable(path, error) from None

    def timings(self) -> list[dict[str, float]]:
        """What `timed` kept, of all processes: `asked`, `seconds` and `loading`, about 0 where it was loaded before."""
        return [
            json.loads(line)
            for path in self.directory.glob("*.rates")
            for line in path.read_text().split("\n")[:-1]  # a kill tears the last
        ]

    def rate(self) -> float | None:
        """Requests a second and process, the loading of models not counted; None where none was timed."""
        timed = self.timings()
        seconds = sum(row["seconds"] for row in timed)
        return sum(row["asked"] for row in timed) / seconds if seconds else None


class NotKept(Exception):
    """Replies that the journal lacks, where no model may be asked for them: how many of how many."""

    def __init__(self, lacking: int, wanted: int) -> None:
        super().__init__(lacking, wanted)
        self.lacking, self.wanted = lacking, wanted


class Journaled:
    """An engine that answers from the journal what was asked before and loads the model only for the rest.

    Args:
        load: Makes the engine; called once, at the first request that the journal does not hold.
        model: Identity of the model (source, revision, adapter content): part of every key.
        journal: Where replies are kept.
    """

    replies_only: ClassVar[bool] = False
    """Set where artifacts are only rebuilt: what the journal lacks raises `NotKept` and loads no model."""

    def __init__(self, load: Callable[[], Engine], model: str, journal: Journal) -> None:
        self._load, self._model, self._journal = cache(load), model, journal

    def keeping(self, journal: Journal) -> "Journaled":
        """The same model, loaded once for both, with its replies kept in another journal."""
        other = copy.copy(self)
        other._journal = journal
        return other

    def chat(self, requests: Sequence[ChatRequest], on_done: OnDone = ignore) -> list[Completion]:
        """Reply to each request, the new ones through the model."""

        def kept(request: ChatRequest) -> dict[str, Any]:
            return {"model": self._model, "messages": list(request.messages), "seed_parts": request.seed_parts}

        return self._ask("chat", requests, kept, on_done)

    def choose(self, requests: Sequence[ChooseRequest], on_done: OnDone = ignore) -> list[Choice]:
        """Choose for each request, the new ones through the model."""
        return self._ask("choose", requests, lambda _: {}, on_done)

    def _ask(
        self, method: str, requests: Sequence[Any], kept: Callable[[Any], dict[str, Any]], on_done: OnDone
    ) -> list[Any]:
        replies = self._journal.replies()
        last: list[Any] = [None] * len(requests)

        def unknown(index: int, request: Any) -> tuple[str, Any] | None:
            """The request, or what is asked next under its index, that is not kept; others are told the listener."""
            while request is not None:
                key = request_key(self._model, request)
                if (reply := replies.get(key)) is None:
                    return key, request
                last[index] = reply
                request = on_done(index, reply)
            return None

        waiting: dict[int, Any] = dict(enumerate(requests))
        while new := {index: left for index, one in waiting.items() if (left := unknown(index, one)) is not None}:
            if self.replies_only:
                raise NotKept(len(new), len(requests))
            waiting = self._of_model(method, new, kept, unknown)
        return last

    def _of_model(
        self,
        method: str,
        new: dict[int, tuple[str, Any]],
        kept: Callable[[Any], dict[str, Any]],
        unknown: Callable[[int, Any], tuple[str, Any] | None],
    ) -> dict[int, Any]:
        """Ask the model and keep what it replies; returns, by index, what waits for an equal request's reply."""
        asked: set[str] = set()  # equal requests are asked once
        current: dict[int, tuple[str, Any]] = {}
        waiting: dict[int, Any] = {}

        def first(index: int, key: str, request: Any) -> bool:
            """Whether a request is to be asked under its index, as no equal one is; if not, it waits."""
            if key in asked:
                waiting[index] = request
                return False
            asked.add(key)
            current[index] = key, request
            return True

        indices = [index for index, left in new.items() if first(index, *left)]

        def keep(position: int, reply: Reply) -> Any:
            index = indices[position]
            key, request = current[index]
            self._journal.append(key, reply, kept(request))
            left = unknown(index, request)
            return left[1] if left is not None and first(index, *left) else None

        start = time.monotonic()
        ask = getattr(self._load(), method)
        loaded = time.monotonic()
        ask([current[index][1] for index in indices], keep)
        self._journal.timed(len(asked), time.monotonic() - loaded, loaded - start)
        return waiting


def request_key(model: str, request: ChatRequest | ChooseRequest) -> str:
    """The journal's key: a hash of all that decides the reply."""
    decides = f"[{canonical(model)}, {request.identity()}]"
    return hashlib.blake2b(decides.encode(), digest_size=16).hexdigest()


def rows(directory: str | os.PathLike[str]) -> Iterator[dict[str, Any]]:
    """All that is kept in a journal: `key`, `kind` and `reply`, and of a chat `model`, `messages` and `seed_parts` too.

    Raises:
        InputError: As for `Journal.replies`.
    """
    for path in sorted(Path(directory).glob("*.jsonl")):
        for row, *_ in _rows(path):
            yield row


def _write_whole(file: FileIO, line: bytes) -> None:
    """Append a line, or nothing: others that are under way may still be appended after one that found no room."""
    start = file.tell()
    try:
        while line:
            # A full disk takes a part, and refuses only the rest.
            line = line[file.write(line) :]
    except OSError:
        file.truncate(start)
        raise


def _read(path: Path) -> dict[str, Reply]:
    """The replies in one file, without its torn last line."""
    return {key: reply for _, key, reply in _rows(path)}


def _rows(path: Path) -> Iterator[tuple[dict[str, Any], str, Reply]]:
    """The rows of one file with their keys and replies, without its torn last line."""
    *lines, _torn = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, start=1):
        try:
            row = from_json(line, cache_strings="keys")
            kind, reply = row["kind"], row["reply"]
            found = row["key"], Completion(**reply) if kind == "Completion" else _choice(reply)
        except (ValueError, KeyError, TypeError):
            raise InputError(
                f"{path}: row {number} is damaged: {line[:60]!r}; delete this line and its request is asked again"
            ) from None
        yield row, *found


def _choice(reply: dict[str, Any]) -> Choice:
    return Choice(reply["option"], tuple(reply["logprobs"]), reply["mass"])
