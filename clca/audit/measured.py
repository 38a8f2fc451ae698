"""Jobs with a benchmark file: what each made, and where its log and its replies are."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel


class Measured(BaseModel):
    """A benchmark file of a rule, and what the job had made; a shard's file stands under the rule of its artifact.

    Attributes:
        journal: Where its replies are kept; another rule's may be there too.
    """

    rule: str
    wildcards: dict[str, str]
    benchmark: Path
    log: list[Path] = []
    journal: list[Path] = []
    output: list[Path]


def patterns(workflow: Any) -> list[dict[str, Any]]:
    """Snakemake's rules that have a benchmark file, as `measured` takes them."""
    told = []
    for rule in workflow.rules:
        if rule.benchmark:
            # A shard's mark is gone once the artifact is there.
            maker = workflow.get_rule(rule.name.removesuffix("_shard"))
            journal = maker.params.get("journal", [])
            told.append(
                {
                    "rule": maker.name,
                    "benchmark": rule.benchmark.regex().pattern,
                    "log": [str(file) for file in rule.log],
                    "journal": [journal] if isinstance(journal, str) else list(journal),
                    "output": [str(file) for file in maker.output],
                }
            )
    return told


def measured(rules: Iterable[Mapping[str, Any]], benchmarks: Path) -> list[Measured]:
    """Every benchmark file of a rule.

    Args:
        rules: `rule`, and patterns of `benchmark` (a regular expression with the wildcards' names), `log`, `journal`
            and `output` (with wildcards in braces).
        benchmarks: The folder of benchmark files.
    """
    known, found = list(rules), []
    for path in sorted(benchmarks.rglob("*.jsonl")):
        for rule in known:
            if match := re.fullmatch(rule["benchmark"], str(path)):
                wildcards = match.groupdict()
                files = {kind: [_filled(one, wildcards) for one in rule[kind]] for kind in ("log", "journal", "output")}
                place = {"rule": rule["rule"], "wildcards": wildcards, "benchmark": path}
                found.append(Measured.model_validate(place | files))
    return found


def last_seconds(benchmark: Path) -> float | None:
    """The time of a benchmark file's last run; None where it has none."""
    try:
        return float(json.loads(benchmark.read_text().splitlines()[-1])["s"])
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return None


def _filled(pattern: str, wildcards: Mapping[str, str]) -> str:
    """A path of a pattern whose wildcards stand in braces, with or without a constraint."""
    return re.sub(r"\{(\w+)(?:[^{}]|\{[\d,]+\})*\}", lambda name: wildcards[name[1]], pattern)
