"""How much jobs ask at most, counted from the configuration: dialogues may end early, the filter may drop them."""

import json
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from clca.audit.jobs import Job
from clca.shards import Shard
from clca.survey.answers import REPLY
from clca.survey.columns import ITEMS


class Bound(NamedTuple):
    """The most that a job asks: requests if each is asked once, with every repeat, and tokens a reply; or steps."""

    once: int
    repeated: int
    reply_tokens: int


class Bounds:
    """How much the jobs ask at most, from their parameters and those of the jobs before them."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._jobs = {path: job for job in jobs for path in job.outputs}

    def of(self, job: Job) -> Bound | None:
        """The bound of a job, or of a shard; None for one that asks nothing."""
        if job.rule.endswith("_shard"):
            return self._part(job)
        counts: dict[str, Callable[[Job], int]] = {
            "adapted_scenarios": self._scenarios,
            "dialogues": self._turns,
            "judgements": lambda job: 2 * self._dialogues(job),
            "intents": self._turns,
            "intents_of_all": self._turns,
            "adapter": self._steps,
            "answers": lambda job: (self._personas(job) + 1) * len(ITEMS) * len(_forms(job)),
            "adapter_answers": lambda job: self._personas(job) * len(ITEMS) * len(_forms(job)),
            "anthropological_answers": lambda job: 2 * int(job.params.names["personas"]) * len(ITEMS),
        }
        counts |= {f"{rule}_in": counts[rule] for rule in ("answers", "adapter_answers")}
        counts["adapter_answers_abroad"] = counts["adapter_answers"]
        if job.rule not in counts:
            return None
        once = counts[job.rule](job)
        config = _section(job)
        attempts = config.get("attempts", 1) if job.rule != "adapter" else 1
        return Bound(once, once * attempts, _reply_tokens(job))

    def _part(self, job: Job) -> Bound | None:
        """A shard's share of what its artifact asks; all shares together are the whole."""
        whole = self.of(job.model_copy(update={"rule": job.rule.removesuffix("_shard")}))
        number, total = Shard.of(job.wildcards["scatteritem"])
        if whole is None:
            return None
        once, repeated = (each * number // total - each * (number - 1) // total for each in whole[:2])
        return Bound(once, repeated, whole.reply_tokens)

    def _before(self, job: Job, *rules: str) -> Iterator[Job]:
        """The jobs of these rules that a job depends on, nearest first."""
        seen, queue = set(), [job]
        for one in queue:
            for path in one.inputs:
                maker = self._jobs.get(path)
                if maker is not None and maker.outputs[0] not in seen:
                    seen.add(maker.outputs[0])
                    queue.append(maker)
        return (one for one in queue if one.rule in rules)

    def _scenarios(self, job: Job) -> int:
        author = next(self._before(job, "adapted_scenarios", "topic_scenarios"))
        config, names = _section(author), author.params.names
        if author.rule == "topic_scenarios":
            people = self._scenarios(next(self._before(author, "adapted_scenarios")))
            return min(int(names["scenarios"]), people * len(json.loads(names["topics"]) or []))
        drawn = config["seeds"] + config["norms"] * config["per_norm"]
        drawn += sum(source["take"] for source in json.loads(names.get("sources", "[]")))
        total = json.loads(names.get("total", "null"))
        return int(drawn if total is None else min(drawn, total))

    def _dialogues(self, job: Job) -> int:
        player = job if job.rule == "dialogues" else next(self._before(job, "dialogues"))
        return self._scenarios(player) * int(_section(player)["takes"])

    def _turns(self, job: Job) -> int:
        player = job if job.rule == "dialogues" else next(self._before(job, "dialogues"))
        return self._dialogues(player) * int(_section(player)["turns"])

    def _personas(self, job: Job) -> int:
        return int(next(self._before(job, "personas")).params.names["personas"])

    def _steps(self, job: Job) -> int:
        config = _section(job)
        if config.get("max_steps", -1) > 0:
            return int(config["max_steps"])
        maker = next(self._before(job, "variant_examples"), None)
        # What is matched has the steps of what it is matched with.
        decides = self._jobs[maker.input.names["clca"]] if maker and maker.input.names.get("clca") else job
        tasks = json.loads(decides.params.names["variant"])["tasks"]
        # Both sides' perspectives, and one example of the intents.
        examples = self._dialogues(decides) * (2 * ("perspective" in tasks) + ("intent" in tasks))
        step = int(config["batch_size"]) * int(config["accumulation"])
        return math.ceil(examples * float(config["epochs"]) / step)


def _forms(job: Job) -> list[str]:
    """The forms that a job takes answers in."""
    found: list[str] = job.params.names.get("forms", [])
    return found


def _reply_tokens(job: Job) -> int:
    """The longest reply that a job asks for; an option is chosen within one token."""
    if "free_text" in _forms(job):
        return REPLY.max_tokens
    longest = job.params.names.get("reasoning_tokens") or _section(job).get("sampling", {}).get("max_tokens", 1)
    return int(longest)


def _section(job: Job) -> dict[str, Any]:
    """A job's section of the configuration."""
    found: dict[str, Any] = json.loads(job.params.names.get("config", "{}"))
    return found
