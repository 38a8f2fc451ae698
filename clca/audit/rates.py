"""What finished jobs took, as their journals say; of training, what benchmark file and logs say."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clca.audit.bounds import Bounds
from clca.audit.jobs import Workflow
from clca.audit.measured import Measured, last_seconds
from clca.engines.journal import Journal
from clca.errors import InputError


@dataclass
class Rate:
    """What jobs of one rule with one model took, one entry a job.

    Attributes:
        seconds: Of each request, or of each step of training with the model's loading in it.
        loading: Seconds of each time that a model was loaded to be asked.
        asked: Requests or steps, as a share of their bound.
        prompt_tokens: Of each reply.
        completion_tokens: Of each reply.
        size: Bytes of outputs and journal for each request.
        whole: Bytes of outputs and journal for each job.
    """

    seconds: list[float] = field(default_factory=list)
    loading: list[float] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)
    prompt_tokens: list[float] = field(default_factory=list)
    completion_tokens: list[float] = field(default_factory=list)
    size: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)


def model_of(rule: str, wildcards: dict[str, str], config: dict[str, Any]) -> str:
    """The model that a job asks, trains or fetches; a dash for none."""
    if rule in ("adapted_scenarios", "judgements"):
        return str(config["author" if rule == "adapted_scenarios" else "judge"])
    if rule in ("dialogues", "dialogues_shard", "intents", "intents_of_all"):
        return wildcards["teacher"]
    return wildcards["model"] if rule in ("adapter", "model") or "answers" in rule else "-"


def measure(workflow: Workflow) -> dict[tuple[str, str], Rate]:
    """Rates by rule and model, of what this configuration's folders hold; a shard's stand under its artifact's rule."""
    bounds, jobs = Bounds(workflow.jobs), {job.outputs[0]: job for job in workflow.jobs}
    rates: dict[tuple[str, str], Rate] = defaultdict(Rate)
    # Shards have a benchmark file each, and one artifact with one journal.
    finished = [one for one in {one.output[0]: one for one in workflow.measured}.values() if one.output[0].is_file()]
    owners = Counter(path for one in finished for path in one.journal)
    for measured in finished:
        rate = rates[measured.rule, model_of(measured.rule, measured.wildcards, workflow.config)]
        files = [path for folder in measured.journal for path in sorted(folder.glob("*.jsonl"))]
        asked = _trained(measured, rate) if measured.rule == "adapter" else _replied(measured.journal, files, rate)
        if not asked:
            continue
        size = sum(path.stat().st_size for path in (*measured.output, *files) if path.is_file())
        rate.size.append(size / asked)
        rate.whole.append(size)
        job = jobs.get(str(measured.output[0]))
        bound = None if job is None or job.runs else bounds.of(job)
        # Which of several jobs asked how much of a journal, it does not say.
        if bound is not None and all(owners[path] == 1 for path in measured.journal):
            # The journal also keeps what was asked under former settings.
            rate.asked.append(min(asked, bound.repeated) / bound.once)
    return rates


def _replied(journals: Sequence[Path], files: Sequence[Path], rate: Rate) -> int:
    """Add what a stage's journals say to `rate`; the number of their replies."""
    replies = [reply for path in files for reply in _tokens(path)]
    if tokens := [pair for pair in replies if pair is not None]:
        rate.prompt_tokens.append(sum(prompt for prompt, _ in tokens) / len(tokens))
        rate.completion_tokens.append(sum(completion for _, completion in tokens) / len(tokens))
    # Not from the benchmark: the last run may have found some or all replies in the journal.
    timed = [row for folder in journals for row in Journal(folder).timings()]
    if timed:
        rate.seconds.append(sum(row["seconds"] for row in timed) / sum(row["asked"] for row in timed))
    rate.loading += [row["loading"] for row in timed if row.get("loading")]
    return len(replies)


def _trained(measured: Measured, rate: Rate) -> int:
    """Add the time of an adapter's last run to `rate`; the steps of all runs."""
    steps, before, seconds = _last_step(measured.output[0]), _resumed(measured.log), last_seconds(measured.benchmark)
    if before is not None and seconds is not None and steps > before:
        rate.seconds.append(seconds / (steps - before))
    return steps


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


def _resumed(logs: Sequence[Path]) -> int | None:
    """The step that an adapter's last run went on from; None without its log, which Snakemake starts anew each run."""
    try:
        found = [re.search(r"going on from checkpoint-(\d+)$", log.read_text(), re.MULTILINE) for log in logs]
    except OSError:
        return None
    return max((int(step[1]) for step in found if step), default=0) if logs else None


def _last_step(adapter: Path) -> int:
    try:
        lines = adapter.with_name("training_log.jsonl").read_text().splitlines()
        return int(json.loads(lines[-1])["step"])
    except (OSError, ValueError, KeyError, IndexError):
        return 0
