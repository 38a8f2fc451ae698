"""What rules that run a model took: time by their journals and benchmark files, cost by their usage files."""

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

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
    rules = json.loads(placed(params["rules"], folders))
    jobs = took(rules, Path(folders["results"]), Path(folders["benchmarks"]), params)
    seconds = float((jobs["loading"] + jobs["working"]).sum())
    cost = jobs["cost"].sum() if jobs["cost"].count() else None
    told = "No hosted model had a price." if cost is None else f"Hosted models cost {cost:,.2f} USD."
    title = f"Models were at work for {shown(seconds)}"
    below = "Each job in all its runs, by its journal; training in its last one. Rules without a model are not shown."
    draw({"runs": run_figures.runs(jobs, title, below, told)}, {"runs": output})


def took(
    rules: Sequence[Mapping[str, Any]], results: Path, benchmarks: Path, config: Mapping[str, Any]
) -> pl.DataFrame:
    """Seconds and US dollars by rule and model.

    Args:
        rules: `name`, and patterns of `benchmark` (a regular expression with the wildcards' names), `outputs` and `log`
            (with wildcards in braces); a shard's stand under the name of its artifact's rule.
        results: The results folder.
        benchmarks: The folder of benchmark files.
        config: Names the `author` and the `judge`.

    Returns:
        Columns of `SCHEMA`; `cost` is null where no job has one.
    """
    found: dict[tuple[str, str], dict[str, dict[str, Any]]] = defaultdict(dict)
    for path in sorted(benchmarks.rglob("*.jsonl")):
        for rule in rules:
            match = re.fullmatch(rule["benchmark"], str(path))
            if match is None:
                continue
            wildcards = match.groupdict()
            outputs = [_filled(pattern, wildcards) for pattern in rule["outputs"]]
            if not Path(outputs[0]).is_file():
                continue
            key = (rule["name"], model_of(rule["name"], wildcards, dict(config)))
            log = Path(_filled(rule["log"], wildcards))
            # Shards have a benchmark and a usage file each, and one artifact with one journal.
            job = found[key].setdefault(outputs[0], {**_timed(outputs, results), "last": 0.0, "cost": []})
            job["last"] += _seconds(path)
            job["cost"] += _cost(log)
    rows = []
    for (name, model), jobs in sorted(found.items()):
        costs = [cost for job in jobs.values() for cost in job["cost"]]
        rows.append(
            {
                "rule": name,
                "model": model,
                "jobs": len(jobs),
                "loading": sum(job["loading"] for job in jobs.values()),
                "working": sum(job["working"] if job["asked"] else job["last"] for job in jobs.values()),
                "cost": sum(costs) if costs else None,
            }
        )
    return pl.DataFrame(rows, schema=SCHEMA)


def shown(seconds: float) -> str:
    """A time as people say it."""
    for unit, size in (("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.1f} {unit}"
    return f"{seconds:.0f} seconds"


def _filled(pattern: str, wildcards: Mapping[str, str]) -> str:
    """A path of a pattern whose wildcards stand in braces, with or without a constraint."""
    return re.sub(r"\{(\w+)[^{}]*\}", lambda name: wildcards[name[1]], pattern)


def _timed(outputs: Sequence[str], results: Path) -> dict[str, float]:
    """What the journals of a job say: seconds of loading and of asking, and whether anything was asked."""
    folders = [results / "journal" / Path(path).relative_to(results) for path in outputs]
    rows = [row for folder in folders for row in Journal(folder).timings()]
    return {
        "asked": sum(row["asked"] for row in rows),
        "working": sum(row["seconds"] for row in rows),
        "loading": sum(row["loading"] for row in rows),
    }


def _seconds(path: Path) -> float:
    """The time of a benchmark file's last run; 0 where it has none."""
    try:
        return float(json.loads(path.read_text().splitlines()[-1])["s"])
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return 0.0


def _cost(log: Path) -> list[float]:
    """US dollars of all runs of a job, by the usage file beside its log; empty where nobody said a price."""
    try:
        cost = json.loads(log.with_suffix(".usage.json").read_text())["cost_usd"]
    except (OSError, ValueError, KeyError):
        return []
    return [] if cost is None else [float(cost)]
