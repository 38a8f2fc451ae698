"""How a row of the bench is measured: our side and the reference in processes of their own, in turn."""

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from bench_row import Goal, Row
from scipy import stats

ROOT = Path(__file__).parents[2]
PATHS = [ROOT, ROOT / "tests/helpers", ROOT / "tests/bench", ROOT / "workflow/scripts"]

# What would make a side compute on other threads than a user's run does, or import more slowly.
_UNSET = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS", "PYTHONDONTWRITEBYTECODE")


@dataclass
class Call:
    """One call of a side as it was measured."""

    size: int
    units: float
    seconds: float
    facts: dict[str, float]

    @property
    def rate(self) -> float:
        """Units a second."""
        return self.units / self.seconds


@dataclass
class Ran:
    """What was measured of a side: its rounds, and its process."""

    calls: list[Call] = field(default_factory=list)
    load: float = 0.0
    peak: float = 0.0


@dataclass
class Measured:
    """A row as it was measured."""

    row: Row
    ours: Ran
    growth: list[Call]
    reference: Ran | None = None
    capacity: float | None = None


@dataclass
class Line:
    """A line of the table; `figures` are what goals are set on."""

    row: str
    title: str
    unit: str
    figures: dict[str, float]
    goals: tuple[Goal, ...] = ()


class Worker:
    """A side in a process of its own, which is told each call."""

    def __init__(self, row: str, side: str, folder: Path, log: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in _UNSET}
        kept["PYTHONPATH"] = os.pathsep.join(map(str, PATHS))
        self._what, self._log = f"{row} ({side})", log
        started = time.perf_counter()
        with log.open("w") as errors:
            self._process = subprocess.Popen(
                [sys.executable, str(ROOT / "tests/bench/worker.py"), row, side, str(folder)],
                cwd=ROOT,
                env=kept,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self.ran = Ran()
        self._heard()
        self.ran.load = time.perf_counter() - started

    def call(self, size: int, number: int) -> Call:
        """One call of the side."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([size, number]) + "\n")
        self._process.stdin.flush()
        return Call(**self._heard())

    def close(self) -> Ran:
        """End the process, and hear how much memory it took."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self.ran.peak = self._heard()["peak"]
        self._process.wait()
        return self.ran

    def kill(self) -> None:
        """End it where something went wrong."""
        self._process.kill()
        self._process.wait()

    def _heard(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            raise RuntimeError(f"{self._what} ended early:\n" + "".join(self._log.read_text()[-3000:]))
        heard: dict[str, Any] = json.loads(line)
        return heard


def measure(row: Row, folder: Path) -> Measured:
    """Run a row: ours and the reference alternate, then ours has other sizes, then the machine's bound is measured."""
    workers: dict[str, Worker] = {}
    try:
        for side in ("ours", *(["reference"] if row.reference else [])):
            workers[side] = Worker(row.name, side, folder, folder / f"{side}.log")
        sizes = {"ours": row.size, "reference": row.reference_size or row.size}
        for number in range(row.rounds):
            order = list(workers) if number % 2 == 0 else list(workers)[::-1]
            for side in order:
                workers[side].ran.calls.append(workers[side].call(sizes[side], number))
        # A size that rounds had is not measured once more.
        had = {call.size: call for call in workers["ours"].ran.calls}
        growth = [had.get(size) or workers["ours"].call(size, row.rounds + at) for at, size in enumerate(row.growth)]
        ran = {side: worker.close() for side, worker in workers.items()}
        capacity = None
        if row.bound is not None:
            workers["bound"] = Worker(row.name, "bound", folder, folder / "bound.log")
            capacity = workers["bound"].call(row.size, 0).rate
            workers["bound"].close()
    finally:
        for worker in workers.values():
            worker.kill()
    return Measured(row, ran["ours"], growth, ran.get("reference"), capacity)


def line(measured: Measured) -> Line:
    """A row's own line."""
    row, ours, reference = measured.row, measured.ours, measured.reference
    figures = {
        "rate": median(call.rate for call in ours.calls),
        "seconds": median(call.seconds for call in ours.calls),
        "units": median(call.units for call in ours.calls),
        "load": ours.load,
        "memory": ours.peak,
        **{name: median(call.facts[name] for call in ours.calls) for name in ours.calls[0].facts},
    }
    figures |= exponent(measured.growth)
    if reference is not None:
        figures |= {
            "reference rate": median(call.rate for call in reference.calls),
            "reference seconds": median(call.seconds for call in reference.calls),
            "reference units": sum(call.units for call in reference.calls),
            "reference load": reference.load,
            "reference memory": reference.peak,
            "memory ratio": ours.peak / reference.peak,
            **{f"reference {name}": value for name, value in reference.calls[-1].facts.items()},
        }
        figures |= ratio([a.rate / b.rate for a, b in zip(ours.calls, reference.calls, strict=True)])
    if measured.capacity is not None:
        # Of each round, then the median: rounds need not be of one size.
        shares = [call.facts["bounded"] / measured.capacity / call.seconds for call in ours.calls]
        figures |= {"bound share": median(shares), "bound rate": figures["rate"] / median(shares)}
        figures["capacity"] = measured.capacity
    return Line(row.name, row.title, row.unit, figures, row.goals)


def ratio(ratios: Sequence[float]) -> dict[str, float]:
    """Geometric mean of the rounds' ratios with its 95% interval: Student's t on their logarithms."""
    logs = np.log(ratios)
    found = {"ratio": float(np.exp(logs.mean()))}
    if len(logs) > 1:
        half = stats.t.ppf(0.975, len(logs) - 1) * logs.std(ddof=1) / math.sqrt(len(logs))
        found |= {"low": float(np.exp(logs.mean() - half)), "high": float(np.exp(logs.mean() + half))}
    return found


def exponent(calls: Sequence[Call]) -> dict[str, float]:
    """b of seconds = a x units^b, by least squares of the logarithms; nothing where all are of one size."""
    units, seconds = (np.log([getattr(call, name) for call in calls]) for name in ("units", "seconds"))
    return {} if np.ptp(units) == 0 else {"exponent": float(np.polyfit(units, seconds, 1)[0])}
