"""What a hosted model is used for and costs: accounted for a stage, and held under the spending cap.

The journals are the books. Every reply is there with its tokens and its model, so a run that goes on where another
ended goes on from what that one spent. Replies that never arrived are in no book, whatever the provider bills.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clca.artifacts import write_json
from clca.engines.base import Message
from clca.engines.hosting import Hosting
from clca.errors import InputError

# A chat template puts a few tokens around every message.
TOKENS_AROUND = 16
# How an identity says that the schema is in the prompt; the bill is the same model's.
PROMPTED = "+schema-in-prompt"


@dataclass
class Used:
    """Replies and their tokens."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def add(self, prompt_tokens: int, completion_tokens: int) -> None:
        """Count one reply."""
        self.requests += 1
        self.prompt_tokens += prompt_tokens
        self.completion_tokens += completion_tokens

    def __add__(self, other: "Used") -> "Used":
        return Used(
            self.requests + other.requests,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
        )


class Ledger:
    """Counts what one stage asks of one model, on top of what the journals hold.

    Args:
        model: The model as journals name it.
        hosting: Price, cap, and where journals and the usage file are.
        stage: The stage's own journal.
    """

    def __init__(self, model: str, hosting: Hosting | None = None, stage: Path | None = None) -> None:
        self.model, self.hosting = model.removesuffix(PROMPTED), hosting or Hosting()
        self.name = self.model.partition("@")[0]
        self.retries = 0
        self.now = Used()
        # Read before this process journals anything, which `now` counts.
        self._stage = journaled(stage, self.model)
        self._all = Used()
        if self.hosting.spending_cap is not None:
            self._all = journaled(self.hosting.journals, self.model)

    def cost(self, used: Used) -> float | None:
        """Cost of `used` in US dollars; None without a price."""
        price = self.hosting.price
        return None if price is None else price.of(used.prompt_tokens, used.completion_tokens)

    def spent(self) -> float:
        """US dollars spent on the model by all stages, this one included; 0 without a price."""
        return self.cost(self._all + self.now) or 0.0

    def save(self) -> None:
        """Write the stage's usage, where a file for it is named: in all, and since this process started."""
        if self.hosting.usage is None:
            return
        self.hosting.usage.parent.mkdir(parents=True, exist_ok=True)
        price = self.hosting.price
        write_json(
            {
                "model": self.name,
                **self._row(self._stage + self.now),
                "price": None if price is None else price.model_dump(),
                "last_run": self._row(self.now) | {"retries": self.retries},
            },
            self.hosting.usage,
        )

    def _row(self, used: Used) -> dict[str, Any]:
        cost = self.cost(used)
        return {**vars(used), "cost_usd": None if cost is None else round(cost, 6)}


class Budget:
    """What may still be spent, shared by the requests under way; made anew for every event loop."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._cap = ledger, ledger.hosting.spending_cap
        self._under_way: list[float] = []
        self._freed = asyncio.Condition()

    async def reserve(self, messages: Sequence[Message], extra: str, max_tokens: int) -> float:
        """Set aside the most that a request can cost; where only requests under way leave no room, wait for them.

        Args:
            extra: What is sent beside the messages and may be billed, such as a schema.

        Returns:
            The amount in US dollars, to be given back with `settle`.

        Raises:
            InputError: The cap could be passed.
        """
        price = self._ledger.hosting.price
        if self._cap is None or price is None:
            self._under_way.append(0.0)
            return 0.0
        most = price.of(most_tokens(messages, extra), max_tokens)
        async with self._freed:
            while self._ledger.spent() + sum(self._under_way) + most > self._cap:
                if not self._under_way:
                    raise InputError(
                        f"model {self._ledger.name}: the spending cap of {self._cap:g} USD could be passed "
                        f"({self._ledger.spent():.4f} USD are spent, the next request may cost {most:.4f}); "
                        "what was answered is kept, raise `spending_cap` in the model's entry and run again to go on"
                    )
                await self._freed.wait()
            self._under_way.append(most)
        return most

    async def settle(self, reserved: float) -> None:
        """Give back what `reserve` set aside; what was really used is in the ledger by now."""
        async with self._freed:
            self._under_way.remove(reserved)
            self._freed.notify_all()


def most_tokens(messages: Sequence[Message], extra: str = "") -> int:
    """The most prompt tokens that messages can be: one a byte of UTF-8, since no token is less, and the template's."""
    return len(extra.encode()) + sum(len(message["content"].encode()) + TOKENS_AROUND for message in messages)


def journaled(folder: Path | None, model: str) -> Used:
    """What the journals below `folder` hold of `model`: every reply that was paid for, one asked twice included."""
    used = Used()
    if folder is None:
        return used
    named = json.dumps(model, ensure_ascii=False)[:-1].encode()
    for path in sorted(folder.rglob("*.jsonl")):
        # A journal is a directory with the name of its artifact.
        if not path.is_file():
            continue
        with path.open("rb") as file:
            for line in file:
                # Most lines are other models': not worth parsing.
                if named in line:
                    _count(line, model, used)
    return used


def _count(line: bytes, model: str, used: Used) -> None:
    """Count the reply in a journal's line, where it is the model's."""
    try:
        row = json.loads(line)
    except ValueError:
        return  # torn by a kill; a damaged line is told when its journal is read
    if row.get("kind") == "Completion" and str(row.get("model")).removesuffix(PROMPTED) == model:
        used.add(row["reply"]["prompt_tokens"], row["reply"]["completion_tokens"])
