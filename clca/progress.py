"""Progress with a rate and the time left, on the terminal and in the rule's log; errors of users in one line."""

import atexit
import logging
import os
import sys
import time
from pathlib import Path
from types import TracebackType

from tqdm import tqdm

from clca.errors import InputError, refusal, unwritable

log = logging.getLogger("clca")

DONE, FAILED = "done in ", "error: "
"""How the last line of a log begins: what `clca.watch` takes as the end of its job."""

FOOTER = "CLCA_FOOTER"
"""Variable of the environment that is set where the run itself shows its jobs' progress on the terminal."""

SELDOM = 60.0
"""Seconds between lines of progress at most."""


class Progress:
    """Counts units of work and logs a line now and then: done, total, rate, time left.

    Args:
        label: What is being done, such as `dialogues japan`.
        total: Units in all; may be an upper bound.
        unit: Name of a unit.
        every: Seconds between lines at first; the longer it takes the more, up to a minute.
    """

    def __init__(self, label: str, total: int, unit: str, every: float = 5.0) -> None:
        self.label, self.total, self.unit, self.every = label, total, unit, every
        self.done = 0
        self._start = self._last = time.monotonic()
        self._first = 0

    def advance(self, units: int = 1) -> None:
        """Count `units` more."""
        now = time.monotonic()
        if self.done == 0:
            # Loading the model is no part of the rate.
            self._start, self._first = now, units
        self.done += units
        gap = max(self.every, min((now - self._start) / 20, SELDOM))
        if now - self._last >= gap or self.done == self.total:
            self._last = now
            log.info("%s", self, extra={"quiet": FOOTER in os.environ})

    def __str__(self) -> str:
        meter: str = tqdm.format_meter(
            self.done,
            self.total,
            time.monotonic() - self._start,
            initial=self._first,
            ncols=100,
            prefix=self.label,
            unit=f" {self.unit}",
        )
        return meter


def start_logging(path: str | os.PathLike[str], part: str = "") -> None:
    """Send the log and uncaught errors to `path` and to the terminal; an InputError shows without its traceback.

    The file's last line says how the job ended, if it was not killed: done, or an error.

    Args:
        path: The rule's log.
        part: What tells the lines of this job on the terminal from those of its siblings, such as `2-of-4`.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    file = logging.FileHandler(path, mode="a", encoding="utf-8")
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setFormatter(logging.Formatter(f"{part} %(message)s".lstrip()))
    # What libraries only remark is for the file.
    terminal.addFilter(lambda record: record.name.startswith("clca") or record.levelno >= logging.ERROR)
    terminal.addFilter(lambda record: not getattr(record, "quiet", False))
    logging.basicConfig(level=logging.INFO, handlers=[file, terminal], force=True)
    logging.captureWarnings(True)
    # Where there is no room for the log, what ends the job says so, and not each line.
    logging.raiseExceptions = False
    # A line for each request to a server: thousands.
    logging.getLogger("httpx2").setLevel(logging.WARNING)

    began = time.monotonic()

    def done() -> None:
        log.info("%s%.0f s", DONE, time.monotonic() - began, extra={"quiet": True})

    atexit.register(done)

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        atexit.unregister(done)
        if issubclass(kind, InputError):
            log.error("%s%s", FAILED, error)
        elif refusal(error):
            log.error("%s%s", FAILED, unwritable(getattr(error, "filename", None) or "a file", error))
        else:
            log.error("%s%s", FAILED, error, exc_info=(kind, error, trace))

    sys.excepthook = report
