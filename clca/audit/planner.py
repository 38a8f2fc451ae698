"""`clca plan`: what a run will cost, from what Snakemake plans and what finished runs took.

Requests and training steps are upper bounds. Times, tokens and bytes are measured; what was never measured for a model
is said to be so, and is no part of a sum.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from clca.audit.bounds import Bounds
from clca.audit.jobs import Job, Workflow, planned
from clca.audit.rates import Rate, measure, model_of
from clca.engines.hosting import Price

UNKNOWN = "?"
EMBEDDED_BYTES = 269e6


@dataclass
class Row:
    """One line of the table: a rule with a model. A range is None where nothing was measured."""

    rule: str
    model: str
    jobs: int = 0
    requests: int = 0
    at_most: int = 0
    files: int = 0
    gpus: int = 0
    prompt_tokens: tuple[float, float] | None = None
    completion_tokens: tuple[float, float] | None = None
    hours: tuple[float, float] | None = None
    cost: tuple[float, float] | None = None
    most: float | None = None
    disk: tuple[float, float] | None = None


def plan(arguments: Sequence[str]) -> str:
    """The table of what a run will cost.

    Args:
        arguments: As for `snakemake`.

    Raises:
        InputError: Snakemake refuses the configuration, or a target that no rule makes.
    """
    workflow = planned(arguments)
    if not any(job.runs for job in workflow.jobs):
        return f"{workflow.results}: nothing to be done; `make verify` says whether it is as it was made"
    return "\n".join(told(workflow, rows(workflow)))


def rows(workflow: Workflow) -> list[Row]:
    """One row for each rule and model among the jobs that would run."""
    bounds, rates = Bounds(workflow.jobs), measure(workflow)
    grouped: dict[tuple[str, str], list[Job]] = defaultdict(list)
    for job in workflow.jobs:
        if job.runs:
            grouped[job.rule, model_of(job.rule, job.wildcards, workflow.config)].append(job)
    return [_row(rule, model, jobs, bounds, rates, workflow.config) for (rule, model), jobs in grouped.items()]


def told(workflow: Workflow, table: Sequence[Row]) -> list[str]:
    """The table, its sums and what has to be known to read it, a line each."""
    head = (
        "rule",
        "model",
        "jobs",
        "requests",
        "at most",
        "tokens in",
        "tokens out",
        "hours",
        "GPU hours",
        "USD",
        "MB",
    )
    cells = [head, *(_cells(row) for row in sorted(table, key=lambda row: (not row.requests, row.rule, row.model)))]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = [
        "  ".join(text.ljust(width) if column < 2 else text.rjust(width) for column, (text, width) in enumerate(pairs))
        for pairs in (list(zip(row, widths, strict=True)) for row in cells)
    ]
    asking = [row for row in table if row.requests]
    unmeasured = sum(row.hours is None for row in asking)
    hours = [_times(row.hours, row.gpus) for row in table if row.hours]
    lines += [
        "",
        f"{sum(row.jobs for row in table)} jobs, at most {sum(row.requests for row in table):,} requests and training "
        f"steps if none is repeated, about {sum(row.files for row in table):,} files (inodes) besides weights.",
        f"GPU hours: {_range(_sum(hours), 2) if hours else UNKNOWN}"
        + (f", without {unmeasured} of {len(asking)} rows that were never measured." if unmeasured else "."),
        *_money(workflow, table),
        *_disk(table),
        "",
        "requests: each asked once (adapter: training steps), if no dialogue ends early and the filter drops none.",
        "at most: with every repeat of an invalid reply. Replies that are in the journal are not asked again.",
        "Ranges go from the least to the most that finished jobs took; one number: one job is all there is to go by. "
        "Where prompts or settings were changed since, what was asked before counts as well.",
        "Hours include loading the model: once a job, and in each step of training, so small adapters make large ones "
        "look slower.",
        f"{UNKNOWN}: not measured, no finished job of that rule and model in "
        f"{workflow.config['pathvars']['benchmarks']} and {workflow.results}.",
    ]
    return lines


def _row(
    rule: str,
    model: str,
    jobs: Sequence[Job],
    bounds: Bounds,
    rates: dict[tuple[str, str], Rate],
    config: dict[str, Any],
) -> Row:
    row = Row(rule, model, len(jobs), gpus=max(int(job.resources.get("gpu", 0)) for job in jobs))
    asking = [job for job in jobs if not job.over_shards]
    found = [bound for bound in map(bounds.of, asking) if bound is not None]
    rate = rates.get((rule.removesuffix("_shard"), model), Rate())
    row.requests, row.at_most = sum(bound.once for bound in found), sum(bound.repeated for bound in found)
    # A job leaves its outputs, Snakemake's record of each, its log, its benchmark, and in a journal replies and times.
    row.files = sum(2 * (not job.temporary) * len(job.outputs) + len(job.log) + bool(job.benchmark) for job in jobs)
    row.files += sum(2 * len(job.journals) for job in asking)
    if rule == "model":
        embedded = config["models"][model]["source"] == "embedded"
        sizes = [0.0] if config["models"][model].get("engine") == "openai" else [EMBEDDED_BYTES] if embedded else []
        row.disk = _spread(sizes, 1)
        return row
    if not found:
        return row
    shares = rate.asked or [1.0]
    asked = (row.requests * min(shares), row.requests * max(1.0, *shares))
    if rate.seconds:
        loading = _spread(rate.loading, len(found))
        row.hours = _times(_sum([_product(asked, rate.seconds), loading]), 1 / 3600)
    row.prompt_tokens = _product(asked, rate.prompt_tokens)
    row.completion_tokens = _product(asked, rate.completion_tokens)
    row.disk = _spread(rate.whole, len(jobs)) if rule == "adapter" else _product(asked, rate.size)
    entry = config["models"][model]
    if entry.get("engine") == "openai" and "price" in entry:
        price = Price(**entry["price"])
        reply = max(bound.reply_tokens for bound in found)
        longest = int(entry.get("max_model_len", 4096))
        row.most = price.of(row.at_most * max(longest - reply, 0), row.at_most * reply)
        if row.prompt_tokens and row.completion_tokens:
            low, high = zip(row.prompt_tokens, row.completion_tokens, strict=True)
            row.cost = (price.of(*map(int, low)), price.of(*map(int, high)))
    return row


def _cells(row: Row) -> tuple[str, ...]:
    def shown(value: tuple[float, float] | None, digits: int = 0) -> str:
        return _range(value, digits) if value is not None else UNKNOWN if row.requests else ""

    training = row.rule == "adapter"
    return (
        row.rule,
        row.model,
        str(row.jobs),
        f"{row.requests:,}" if row.requests else "",
        f"{row.at_most:,}" if row.requests else "",
        "" if training else shown(row.prompt_tokens),
        "" if training else shown(row.completion_tokens),
        shown(row.hours, 2),
        shown(_times(row.hours, row.gpus), 2) if row.gpus else "",
        _range(row.cost, 2) if row.cost else UNKNOWN if row.most is not None else "",
        _range(_times(row.disk, 1e-6), 1) if row.disk else UNKNOWN if row.requests or row.rule == "model" else "",
    )


def _money(workflow: Workflow, table: Sequence[Row]) -> list[str]:
    """What hosted models cost, as measured, and at the very most."""
    models = workflow.config["models"]
    hosted = sorted({row.model for row in table if row.requests and models[row.model].get("engine") == "openai"})
    lines = [] if hosted else ["API: no hosted model is asked, nothing to pay."]
    for name in hosted:
        asked = [row for row in table if row.model == name and row.requests]
        if "price" not in models[name]:
            lines.append(f"API cost of {name}: {UNKNOWN}, it has no price; set models.{name}.price in a YAML of yours.")
            continue
        costs = [row.cost for row in asked]
        known = _sum([cost for cost in costs if cost is not None])
        lines.append(
            f"API cost of {name}: "
            + (f"{_range(known, 2)} USD" if None not in costs else "not measured")
            + f"; at the very most {sum(row.most or 0 for row in asked):,.2f} USD, every request repeated as often as "
            + "allowed and as long as the model takes."
        )
    return lines


def _disk(table: Sequence[Row]) -> list[str]:
    known = [row.disk for row in table if row.disk]
    unknown = sorted({row.model for row in table if row.rule == "model" and row.disk is None})
    fetched = f"; besides weights to be fetched, size not measured: {', '.join(unknown)}" if unknown else ""
    missing = " of what was measured" if any(row.requests and row.disk is None for row in table) else ""
    return [
        f"Disk{missing}: {_range(_times(_sum(known), 1e-6), 1)} MB{fetched}. Checkpoints while training come on top."
    ]


def _product(range_: tuple[float, float], rates: Sequence[float]) -> tuple[float, float] | None:
    return (range_[0] * min(rates), range_[1] * max(rates)) if rates else None


def _spread(values: Sequence[float], times: float) -> tuple[float, float] | None:
    return (min(values) * times, max(values) * times) if values else None


def _times(range_: tuple[float, float] | None, factor: float) -> tuple[float, float] | None:
    return None if range_ is None else (range_[0] * factor, range_[1] * factor)


def _sum(ranges: Iterable[tuple[float, float] | None]) -> tuple[float, float]:
    known = [one for one in ranges if one is not None]
    return (sum(low for low, _ in known), sum(high for _, high in known))


def _range(value: tuple[float, float] | None, digits: int) -> str:
    """A range as text, one number where both ends look the same."""
    low, high = (f"{end:,.{digits}f}" for end in value or (0, 0))
    return low if low == high else f"{low}-{high}"
