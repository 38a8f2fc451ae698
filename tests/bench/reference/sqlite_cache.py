"""A cache of replies in SQLite: a row a request under the hash of what was asked, looked up one by one."""

import hashlib
import pickle
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def fill(path: Path, requests: Sequence[Any], replies: Sequence[Any]) -> None:
    """Keep every reply."""
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE kept (key TEXT PRIMARY KEY, value BLOB)")
        rows = ((_key(request), pickle.dumps(tuple(reply))) for request, reply in zip(requests, replies, strict=True))
        base.executemany("INSERT INTO kept VALUES (?, ?)", rows)


def look_up(path: Path, requests: Sequence[Any]) -> list[Any]:
    """Every reply."""
    base = sqlite3.connect(path)
    return [
        pickle.loads(base.execute("SELECT value FROM kept WHERE key = ?", (_key(request),)).fetchone()[0])
        for request in requests
    ]


def _key(request: Any) -> str:
    return hashlib.sha256(request.identity().encode()).hexdigest()
