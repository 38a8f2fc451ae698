"""Fingerprint of what decides an artifact: syntax trees without comments and docstrings, YAML's content, prompts' text.

Snakemake compares it as a parameter of the rule: a change of behaviour reruns the rule, a change of wording does not.
"""

import ast
import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

REMEMBERED = Path(".snakemake/clca-code")
"""Below the folder of the Snakefile."""


def fingerprint(paths: Iterable[Path]) -> str:
    """Hash of the files at `paths`, in their order: Python and YAML normalised, others byte for byte; 16 hex digits."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(_content(path, path.stat().st_mtime_ns) + b"\0")
    return digest.hexdigest()[:16]


def remember(found: str, files: dict[str, str]) -> None:
    """Keep beside Snakemake's records what the files behind a fingerprint were.

    Args:
        found: The fingerprint.
        files: The fingerprint of each file alone, by its path.
    """
    from clca.artifacts import write_json  # not needed to plan jobs, and slow to import

    path = REMEMBERED / f"{found}.json"
    if not path.is_file():
        write_json(files, path)


def remembered(found: str) -> dict[str, str]:
    """What `remember` kept of a fingerprint; nothing where that is not known."""
    try:
        return dict(json.loads((REMEMBERED / f"{found}.json").read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


# Many rules name the same files.
@cache
def _content(path: Path, _changed: int) -> bytes:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        text = normalised(text)
    elif path.suffix == ".yaml":
        # Written in C, it takes a tenth of the time.
        text = json.dumps(yaml.load(text, Loader=yaml.CSafeLoader), sort_keys=False)
    return text.encode()


def normalised(source: str) -> str:
    """The syntax tree of Python `source` as text, without comments, docstrings and positions."""
    return json.dumps(ast.parse(source), default=_plain, check_circular=False)


def _plain(part: Any) -> Any:
    """A node of a syntax tree as a list; empty fields are left out: which there are differs by version of Python."""
    if not isinstance(part, ast.AST):
        return repr(part)
    if isinstance(part, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        # A bare string is no behaviour; a pass keeps the body from being empty.
        part.body = [one for one in part.body if not _is_text(one)] or [ast.Pass()]
    return [type(part).__name__, *(field for field in ast.iter_fields(part) if field[1] not in (None, []))]


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
