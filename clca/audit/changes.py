"""What differs between a job's parameters as they were and as they are: which settings, which code, key by key."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from clca.audit.jobs import Job, Workflow
from clca.audit.settings import leaves, opened, shareable, value_of
from clca.fingerprint import fingerprint, remembered

LONGEST = 120
CODE = re.compile("[0-9a-f]{16}")
"""A fingerprint of code, prompts or questionnaires."""


def difference(old: Sequence[str], new: Sequence[str]) -> str:
    """What differs between two sets of parameters, key by key where they are sections of the configuration."""
    return _difference([value_of(text) for text in old], [value_of(text) for text in new])


def _difference(before: Sequence[Any], after: Sequence[Any]) -> str:
    parts = []
    for one in before:
        like = [other for other in after if type(other) is type(one)]
        if isinstance(one, dict) and like:
            other = max(like, key=lambda other: len(one.keys() & other.keys()))
            parts += differences(one, other)
        elif isinstance(one, str) and CODE.fullmatch(one):
            parts.append("its code or prompts")
        elif like:
            parts.append(f"{one} -> {like[0]}")
    return _joined(parts) or "another number of them"


def differences(one: Mapping[str, Any], other: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Keys whose values differ, dotted, with both values."""
    parts = []
    for key in sorted(one.keys() | other.keys()):
        before, after = one.get(key), other.get(key)
        if isinstance(before, dict) and isinstance(after, dict):
            parts += differences(before, after, f"{prefix}{key}.")
        elif before != after:
            parts.append(f"{prefix}{key} {before} -> {after}")
    return parts


def explained(job: Job, workflow: Workflow) -> str:
    """The same for a job, with the sections of the configuration by name, and the files of code that changed."""
    if job.changed is None:
        return ""
    named = {name: opened(value) for name, value in job.params.names.items()}
    before = [value_of(text) for text in job.changed[0]]
    changed = [value_of(text) for text in job.changed[1]]
    parts: list[str] = []
    taken: list[Any] = []
    for name, now in named.items():
        if now not in changed:
            continue
        was = _counterpart(now, [one for one in before if not any(one is other for other in taken)])
        taken.append(was)
        parts += _told(name, was, now, job, workflow)
    return _joined(parts) or _shareable_difference(before, changed)


def section(value: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """The name of the section of the configuration that a parameter is a slice of; empty where none is like it."""
    keys = value.keys() - {"seed"}
    alike = {name: len(keys & part.keys()) for name, part in config.items() if isinstance(part, dict)}
    best = max(alike, key=lambda name: alike[name], default="")
    return best if best and 2 * alike[best] > len(keys) else ""


def code_changes(before: str, now: str, job: Job, workflow: Workflow) -> str:
    """The files of code whose meaning changed; those of a later date than the job where that is all that is known."""
    files, kept = workflow.code.get(now, []), remembered(before)
    if kept:
        current = {path: fingerprint([Path(path)]) for path in files}
        changed = sorted(path for path in kept.keys() | current.keys() if kept.get(path) != current.get(path))
        return f"code: {', '.join(changed)}"
    later = [path for path in files if job.ended and os.stat(path).st_mtime > job.ended]
    return f"code: {', '.join(later)} (by date)" if later else "its code or prompts"


def _shareable_difference(before: Sequence[Any], after: Sequence[Any]) -> str:
    """What differs besides servers and folders, which are nobody's business."""
    old, new = [shareable(one) for one in before], [shareable(one) for one in after]
    gone, come = [one for one in old if one not in new], [one for one in new if one not in old]
    return _difference(gone, come) if gone or come else "settings of this machine changed"


def _told(name: str, was: Any, now: Any, job: Job, workflow: Workflow) -> list[str]:
    if isinstance(now, str) and CODE.fullmatch(now):
        return [code_changes(str(was), now, job, workflow)]
    if isinstance(was, dict) and isinstance(now, dict):
        part = section(now, workflow.config) if name == "config" else ""
        return differences(shareable(was), shareable(now), f"{part or name}.")
    was, now = shareable(was), shareable(now)
    known = [key for key, value in leaves(workflow).items() if key.endswith(f".{name}") and value == now]
    name = known[0] if len(known) == 1 else name
    return [f"{name} {json.dumps(was)} -> {json.dumps(now)}"] if was != now else []


def _counterpart(now: Any, before: Sequence[Any]) -> Any:
    """What a parameter was: of the values that are gone, the one most like it; None where there is none."""
    is_code = isinstance(now, str) and bool(CODE.fullmatch(now))
    like = [
        one
        for one in before
        if type(one) is type(now) and (isinstance(one, str) and bool(CODE.fullmatch(one))) == is_code
    ]
    if isinstance(now, dict):
        return max(like, key=lambda one: len(one.keys() & now.keys()), default=None)
    return like[0] if like else None


def _joined(parts: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(part if len(part) < LONGEST else f"{part[: LONGEST - 3]}..." for part in parts))
