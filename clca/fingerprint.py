"""Fingerprint of the code that decides an artifact: syntax trees without comments and docstrings, and prompts' text.

Snakemake compares it as a parameter of the rule: a change of behaviour reruns the rule, a change of wording does not.
"""

import ast
import hashlib
from collections.abc import Iterable
from pathlib import Path


def fingerprint(paths: Iterable[Path]) -> str:
    """Hash of the files at `paths`, in their order: Python normalised, anything else byte for byte; 16 hex digits."""
    digest = hashlib.sha256()
    for path in paths:
        text = path.read_text(encoding="utf-8")
        digest.update((normalised(text) if path.suffix == ".py" else text).encode() + b"\0")
    return digest.hexdigest()[:16]


def normalised(source: str) -> str:
    """The syntax tree of Python `source` as text, without comments, docstrings and positions."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            # A bare string is no behaviour; a pass keeps the body from being empty.
            node.body = [part for part in node.body if not _is_text(part)] or [ast.Pass()]
    return ast.dump(tree)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
