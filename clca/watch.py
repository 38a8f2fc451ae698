"""What running jobs say of themselves, read from their logs: those on other machines too, and no scheduler is asked.

A log belongs to a running job until it says that the job is done or failed (`clca.progress`). One that was not written
to for an hour is taken for a killed job's.
"""

import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from clca.audit.jobs import planned
from clca.progress import DONE, FAILED

SILENT = 3600.0
"""Seconds without a sign after which a job counts as killed."""

_TAIL = 32_768
_OTHER_SCREEN, _FIRST_SCREEN = "\x1b[?1049h\x1b[?25l", "\x1b[?1049l\x1b[?25h"
_HOME, _WIPE, _WIPE_BELOW = "\x1b[H", "\x1b[K", "\x1b[J"
_RECORD = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ clca[\w.]*: (.*)$", re.MULTILINE)
_METER = re.compile(
    r"(?P<label>.*?): +\d+%\|.*\| (?P<done>\d+)/(?P<total>\d+) \[[\d:]+<(?P<left>[\d:?]+), *(?P<rate>.+?)\]"
)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Watched(NamedTuple):
    """A log, and the job that writes it."""

    path: Path
    rule: str
    wildcards: dict[str, str]


class Sign(NamedTuple):
    """What a log says last.

    Attributes:
        said: The last thing told; of a progress bar its label.
        done: Units done; None where no progress was told yet, or something else since all were done.
        total: Units in all.
        rate: Such as `18.9 answer/s`.
        left: Time left, such as `01:20`.
        ended: Whether the job is done or failed.
        written: When, in seconds of the epoch.
    """

    said: str
    done: int | None
    total: int | None
    rate: str
    left: str
    ended: bool
    written: float


def watch(arguments: Sequence[str], once: bool, every: float = 2.0) -> None:
    """Show the progress of a configuration's running jobs: on a terminal again and again, until it is interrupted.

    Args:
        arguments: As for `snakemake`, such as `--configfile`.
        once: Print it once; so it is too where the output is no terminal.
        every: Seconds between two looks.

    Raises:
        InputError: Snakemake refuses the configuration.
    """
    workflow = planned(["--logs", *arguments])
    folder = Path(workflow.config["pathvars"]["logs"])
    patterns = [(log.rule, re.compile(log.pattern)) for log in workflow.logs]
    looked = Looked()

    def seen(width: int) -> list[str]:
        return told(looked.at(found(folder, patterns)), time.time(), width) or [f"{folder}: no job is running"]

    if once or not sys.stdout.isatty():
        print("\n".join(seen(shutil.get_terminal_size((160, 24)).columns)))
        return
    _again_and_again(seen, every)


def found(folder: Path, patterns: Iterable[tuple[str, "re.Pattern[str]"]]) -> Iterator[Watched]:
    """All logs of rules below a folder."""
    for below, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(below, name)
            for rule, pattern in patterns:
                match = pattern.match(str(path))
                if match:
                    yield Watched(path, rule, match.groupdict())
                    break


class Looked:
    """What logs said; one that did not change is not read again."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[tuple[int, int], Sign]] = {}

    def at(self, logs: Iterable[Watched]) -> list[tuple[Watched, Sign]]:
        """Each log with its last sign; those of jobs that ended are left out."""
        return [(log, sign) for log in logs if (sign := self._sign(log.path)) is not None and not sign.ended]

    def _sign(self, path: Path) -> Sign | None:
        try:
            stat = path.stat()
            version = (stat.st_mtime_ns, stat.st_size)
            if path not in self._known or self._known[path][0] != version:
                self._known[path] = (version, sign(path))
        except OSError:
            # It was there a moment ago: the job begins anew.
            return None
        return self._known[path][1]


def sign(path: Path) -> Sign:
    """What a log says last."""
    with path.open("rb") as file:
        stat = os.fstat(file.fileno())
        file.seek(max(0, stat.st_size - _TAIL))
        records = _RECORD.findall(file.read().decode("utf-8", "replace"))
    last = _UNPRINTABLE.sub(" ", records[-1]) if records else "starting"
    ended = bool(records) and last.startswith((DONE, FAILED))
    meter = next((found for found in map(_METER.fullmatch, reversed(records)) if found), None)
    # A remark hides no progress, unless that part of the work is over.
    over = meter is not None and meter["done"] == meter["total"] and meter[0] != last
    if meter is None or ended or over:
        return Sign(last, None, None, "", "", ended, stat.st_mtime)
    done, total = int(meter["done"]), int(meter["total"])
    # tqdm says `1.31 turn/s`, and of slow units `2.50s/ turn`.
    rate = meter["rate"].replace("/ ", "/").replace("s/", " s/", 1) if "/ " in meter["rate"] else meter["rate"]
    return Sign(_UNPRINTABLE.sub(" ", meter["label"]), done, total, rate, meter["left"], False, stat.st_mtime)


def told(signs: Sequence[tuple[Watched, Sign]], now: float, width: int) -> list[str]:
    """A line for each running job: rule, wildcards, progress, rate, time left, and how old that is.

    Args:
        signs: As `Looked.at` returns them.
        now: Seconds of the epoch.
        width: Of a line at most, in columns.
    """
    alive = sorted(((log, sign) for log, sign in signs if now - sign.written < SILENT), key=lambda one: one[0].path)
    rules, jobs = [log.rule for log, _ in alive], [_name(log.wildcards) for log, _ in alive]
    numbers, ages = _numbers([sign for _, sign in alive]), [_age(now - sign.written) for _, sign in alive]
    room = width - _widest(rules) - _widest(ages) - 6
    columns = (_widest(rules), min(_widest(jobs), max(room - _widest(numbers), 8)))
    middle = max(_widest(numbers), min(room - columns[1], _widest([sign.said for _, sign in alive])))
    lines = []
    for row, (_, sign) in enumerate(alive):
        said = numbers[row] or sign.said
        cells = zip((rules[row], jobs[row], said), (*columns, middle), strict=True)
        lines.append("  ".join([*(_cut(text, size).ljust(size) for text, size in cells), ages[row]]))
    silent = [str(log.path) for log, sign in signs if now - sign.written >= SILENT]
    if silent:
        lines.append(f"silent for over an hour, so killed or stuck: {', '.join(silent)}")
    return [_cut(line, width) for line in lines]


def first(lines: Sequence[str], most: int) -> list[str]:
    """The first lines, and how many more there are where they are too many."""
    if len(lines) <= most:
        return list(lines)
    return [*lines[: max(most - 1, 0)], *([f"and {len(lines) - most + 1} more"] if most else [])]


def failure(log: Watched, lines: int = 0) -> str:
    """How a failed job's log ends, where it is, and so many of its last lines."""
    job = " ".join([log.rule, _name(log.wildcards)]).strip()
    try:
        said = log.path.read_text(encoding="utf-8", errors="replace").splitlines()
        last = sign(log.path).said.removeprefix(FAILED)
    except OSError:
        said = []
    if not said:
        return f"failed: {job}: it left no log in {log.path}"
    shown = [_UNPRINTABLE.sub(" ", line) for line in said[-lines:]] if lines else []
    return "\n".join([f"failed: {job}: {last}", *(f"    {line}" for line in shown), f"    log: {log.path}"])


def _name(wildcards: Mapping[str, str]) -> str:
    """Values of wildcards in their order; what a shard's log is named after besides its number tells people nothing."""
    shown = {name: value for name, value in wildcards.items() if name != "edition"}
    return " ".join(f"seed{value}" if name == "seed" else value for name, value in shown.items())


def _numbers(signs: Sequence[Sign]) -> list[str]:
    """Share, count, rate and time left in columns of their own; nothing of a job without them."""
    shown = [
        (
            f"{(sign.done or 0) / max(sign.total or 0, 1):4.0%} {sign.done}/{sign.total}",
            "" if "?" in sign.rate else sign.rate,
            "" if "?" in sign.left or sign.done == sign.total else f"{sign.left} left",
        )
        for sign in signs
        if sign.total is not None
    ]
    sizes = [_widest([row[column] for row in shown]) for column in range(3)]
    lines = iter(
        "  ".join([row[0].ljust(sizes[0]), row[1].rjust(sizes[1]), row[2].rjust(sizes[2])]).rstrip() for row in shown
    )
    return ["" if sign.total is None else next(lines) for sign in signs]


def _widest(texts: Sequence[str]) -> int:
    return max(map(len, texts), default=0)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: max(width - 1, 0)]}…"


def _age(seconds: float) -> str:
    """How long ago something was; clocks of two machines may differ a little."""
    return f"{max(0, round(seconds))} s ago" if seconds < 90 else f"{round(seconds / 60)} min ago"


def _again_and_again(seen: Callable[[int], list[str]], every: float) -> None:
    """Show lines on a screen of their own until Ctrl-C; the last ones stay on the terminal."""
    lines: list[str] = []
    sys.stdout.write(_OTHER_SCREEN)
    try:
        while True:
            width, height = shutil.get_terminal_size()
            lines = seen(width)
            title = _cut(f"{time.strftime('%H:%M:%S')}  running jobs; Ctrl-C ends this and no job", width)
            shown = [title, "", *first(lines, height - 2)]
            # Each line is overwritten and its rest wiped: nothing flickers.
            sys.stdout.write(_HOME + f"{_WIPE}\r\n".join(shown) + _WIPE_BELOW)
            sys.stdout.flush()
            time.sleep(every)
    except KeyboardInterrupt:
        pass
    finally:
        sys.stdout.write(_FIRST_SCREEN + "".join(f"{line}\r\n" for line in lines))
        sys.stdout.flush()
