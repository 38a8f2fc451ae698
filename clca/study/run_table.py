"""What rules that run a model took: time by their journals and benchmark files, cost by their usage files."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from clca.audit.measured import Measured, last_seconds, measured
from clca.audit.rates import model_of
from clca.config import placed
from clca.engines.journal import Journal
from clca.study import run_figures
from clca.study.drawing import draw

SCHEMA = {
    "rule": pl.String,
    "model": pl.String,
    "jobs": pl.Int64,
    "loading": pl.Float64,
    "working": pl.Float64,
    "cost": pl.Float64,
}


def of_runs(output: Sequence[str], params: Mapping[str, Any], folders: Mapping[str, str]) -> None:
    """Draw what all jobs with a benchmark file took.

    Args:
        output: Paths of the figure.
        params: `rules` (JSON, as for `took`, without places), `author` and `judge`.
        folders: The configuration's `pathvars`.
    """
    jobs = took(json.loads(placed(params["rules"], folders)), Path(folders["benchmarks"]), params)
    seconds = float((jobs["loading"] + jobs["working"]).sum())
    cost = jobs["cost"].sum() if jobs["cost"].count() else None
    told = "No hosted model had a price." if cost is None else f"Hosted models cost {cost:,.2f} USD."
    title = f"Models were at work for {shown(seconds)}"
    below = "Each job in all its runs, by its journal; training in its last one. Rules without a model are not shown."
    draw({"runs": run_figures.runs(jobs, title, below, told)}, {"runs": output})


def took(rules: Sequence[Mapping[str, Any]], benchmarks: Path, config: Mapping[str, Any]) -> pl.DataFrame:
    """Seconds and US dollars by rule and model.

    Args:
        rules: As for `clca.audit.measured.measured`; jobs that share a journal stand under the rule of the first.
        benchmarks: The folder of benchmark files.
        config: Names the `author` and the `judge`.

    Returns:
        Columns of `SCHEMA`; `cost` is null where no job has one.
    """
    found: dict[tuple[str, str], list[Measured]] = defaultdict(list)
    owners: dict[Path, tuple[str, str]] = {}
    for one in measured(rules, benchmarks):
        if one.output[0].is_file():
            own = (one.rule, model_of(one.rule, one.wildcards, dict(config)))
            key = next((owners[path] for path in one.journal if path in owners), own)
            owners |= dict.fromkeys(one.journal, key)
            found[key].append(one)
    rows = [{"rule": rule, "model": model, **_taken(files)} for (rule, model), files in sorted(found.items())]
    return pl.DataFrame(rows, schema=SCHEMA)


def shown(seconds: float) -> str:
    """A time as people say it."""
    for unit, size in (("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.1f} {unit}"
    return f"{seconds:.0f} seconds"


def _taken(files: Sequence[Measured]) -> dict[str, Any]:
    """What the jobs behind some benchmark files took; a journal counts once, whoever has asked."""
    timed = {path: Journal(path).timings() for one in files for path in one.journal}
    runs = [run for timings in timed.values() for run in timings]
    silent = [one for one in files if not any(run["asked"] for path in one.journal for run in timed[path])]
    costs = [cost for one in files for cost in _cost(one.log[0])]
    return {
        "jobs": len({one.output[0] for one in files}),
        "loading": sum(run["loading"] for run in runs),
        "working": sum(run["seconds"] for run in runs) + sum(last_seconds(one.benchmark) or 0.0 for one in silent),
        "cost": sum(costs) if costs else None,
    }


def _cost(log: Path) -> list[float]:
    """US dollars of all runs of a job, by the usage file beside its log; empty where nobody said a price."""
    try:
        cost = json.loads(log.with_suffix(".usage.json").read_text())["cost_usd"]
    except (OSError, ValueError, KeyError):
        return []
    return [] if cost is None else [float(cost)]
