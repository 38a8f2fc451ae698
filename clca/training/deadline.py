"""The end of a job's time: one checkpoint more before the scheduler kills it, whatever signals it sends or does not."""

import logging
import time
from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)

MARGIN = 180.0
"""Seconds that are left at least when the last checkpoint is due."""


class Deadline:
    """Says once when too little time is left to wait for the next regular checkpoint.

    Left must be: the larger of `MARGIN` and three times the longest save so far, and one step more, since the question
    is asked between steps only.

    Args:
        end: Unix time at which the job is killed; None for never.
        clock: Tells the unix time.
    """

    def __init__(self, end: float | None, clock: Callable[[], float] = time.time) -> None:
        self.end, self._clock = end, clock
        self._last = clock()
        self._longest_step = self._longest_save = 0.0
        self._told = False

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Deadline":
        """The deadline that SLURM gives a job in `SLURM_JOB_END_TIME`; elsewhere there is none."""
        end = environment.get("SLURM_JOB_END_TIME", "")
        return cls(float(end) if end.isdecimal() else None)

    def lap(self) -> float:
        """Seconds since the last lap."""
        before, self._last = self._last, self._clock()
        return self._last - before

    def stepped(self) -> None:
        """A step ends here; it began at the last lap."""
        self._longest_step = max(self._longest_step, self.lap())

    def saved(self) -> None:
        """A save ends here; it began at the last lap."""
        self._longest_save = max(self._longest_save, self.lap())

    def due(self) -> bool:
        """Whether the time has come; true once."""
        if self.end is None or self._told:
            return False
        left = self.end - self._clock()
        if left > max(MARGIN, 3 * self._longest_save) + self._longest_step:
            return False
        self._told = True
        log.info("adapter: %.0f s are left of this job's time; a checkpoint is written now", max(left, 0.0))
        return True
