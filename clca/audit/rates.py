"""What finished jobs took: seconds from their benchmark files, replies and tokens from their journals."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clca.audit.bounds import Bounds
from clca.audit.jobs import Measured, Workflow
from clca.errors import InputError

# Between a job's start and its process'.
MARGIN_NS = 10_000_000_000


@dataclass
class Rate:
    """What jobs of one rule with one model took, one entry a job.

    Attributes:
        seconds: Of each request, or step of training; the model's loading included.
        asked: Requests or steps, as a share of their bound.
        prompt_tokens: Of each reply.
        completion_tokens: Of each reply.
        size: Bytes of outputs and journal for each request.
        whole: Bytes of outputs and journal for each job.
    """

    seconds: list[float] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)
    prompt_tokens: list[float] = field(default_factory=list)
    completion_tokens: list[float] = field(default_factory=list)
    size: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)


def model_of(rule: str, wildcards: dict[str, str], config: dict[str, Any]) -> str:
    """The model that a job asks, trains or fetches; a dash for none."""
    if rule in ("adapted_scenarios", "judgements"):
        return str(config["author" if rule == "adapted_scenarios" else "judge"])
    if rule in ("dialogues", "intents", "intents_of_all"):
        return wildcards["teacher"]
    return wildcards["model"] if rule in ("adapter", "model") or "answers" in rule else "-"


def measure(workflow: Workflow) -> dict[tuple[str, str], Rate]:
    """Rates by rule and model, from the benchmark files that belong to this configuration's folders."""
    bounds, jobs = Bounds(workflow.jobs), {job.outputs[0]: job for job in workflow.jobs}
    rates: dict[tuple[str, str], Rate] = defaultdict(Rate)
    for measured in workflow.measured:
        seconds = _seconds(measured.benchmark)
        if seconds is None or not measured.output[0].is_file():
            continue
        rate = rates[measured.rule, model_of(measured.rule, measured.wildcards, workflow.config)]
        kept = [workflow.results / "journal" / path.relative_to(workflow.results) for path in measured.output]
        files = [path for folder in kept for path in sorted(folder.glob("*.jsonl"))]
        if measured.rule == "adapter":
            steps = _last_step(measured.output[0].with_name("training_log.jsonl"))
            asked, ran = steps, steps
        else:
            replies = {path: _tokens(path) for path in files}
            asked = sum(len(one) for one in replies.values())
            ran = sum(len(one) for path, one in replies.items() if _of_run(path, files, measured, seconds))
            tokens = [pair for one in replies.values() for pair in one if pair is not None]
            if tokens:
                rate.prompt_tokens.append(sum(prompt for prompt, _ in tokens) / len(tokens))
                rate.completion_tokens.append(sum(completion for _, completion in tokens) / len(tokens))
        if not asked:
            continue
        size = sum(path.stat().st_size for path in (*measured.output, *files) if path.is_file())
        rate.size.append(size / asked)
        rate.whole.append(size)
        # A run that found all in the journal says nothing of the model.
        if ran:
            rate.seconds.append(seconds / ran)
        job = jobs.get(str(measured.output[0]))
        bound = None if job is None or job.runs else bounds.of(job)
        if bound is not None:
            rate.asked.append(asked / bound.once)
    return rates


def _seconds(path: Path) -> float | None:
    """The time of a benchmark file's last run; None where it has none."""
    try:
        return float(json.loads(path.read_text().splitlines()[-1])["s"])
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return None


def _tokens(path: Path) -> list[tuple[int, int] | None]:
    """Tokens of each reply in a file of the journal; None for a choice, which has no count."""
    found: list[tuple[int, int] | None] = []
    for line in path.read_bytes().split(b"\n")[:-1]:
        try:
            reply = json.loads(line)["reply"]
        except (ValueError, KeyError):
            raise InputError(f"{path}: row {len(found) + 1} is damaged; delete this line") from None
        found.append((reply["prompt_tokens"], reply["completion_tokens"]) if "prompt_tokens" in reply else None)
    return found


def _of_run(path: Path, files: Sequence[Path], measured: Measured, seconds: float) -> bool:
    """Whether a file of the journal is of the run that was measured: its name ends in when its process started."""
    if len(files) == 1:
        return True
    ended = measured.benchmark.stat().st_mtime_ns
    started = path.stem.rpartition("-")[2]
    return started.isdigit() and ended - seconds * 1e9 - MARGIN_NS <= int(started) <= ended


def _last_step(path: Path) -> int:
    try:
        return int(json.loads(path.read_text().splitlines()[-1])["step"])
    except (OSError, ValueError, KeyError, IndexError):
        return 0
