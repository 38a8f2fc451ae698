"""Matching of other data with the examples of `clca`: as many tokens that bear a loss, and as many optimiser steps.

An epoch of n examples has ceil(ceil(n / batch size) / accumulation) steps. Which n give a number of steps depends on
the accumulation, which the matched training chooses anew; which examples are taken decides the tokens.
"""

import logging
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from clca.errors import InputError
from clca.training.masks import Messages, tokenise, tokenised

log = logging.getLogger(__name__)

TOLERANCE = 0.02
"""How far the tokens may be off, as a share."""

TRIES = 5
"""Numbers of examples that are tried for each accumulation."""

MOST = 16
"""Times the tokens wanted that candidates are looked at for."""

Part = list[dict[str, str]]


class Target(NamedTuple):
    """What is to be matched: tokens that bear a loss, and optimiser steps, both of one epoch."""

    tokens: int
    steps: int


class Candidate(NamedTuple):
    """An example that may be taken: one conversation, or several that are joined."""

    example_id: str
    parts: list[Part]

    def messages(self, turns: int | None = None) -> Part:
        """All parts as one conversation, each cut after so many of the assistant's turns."""
        return [message for part in self.parts for message in _cut(part, turns)]


class Sizes:
    """Tokens that bear a loss, of candidates as the training sees them; each is counted once."""

    def __init__(self, tokenizer: Any, max_length: int) -> None:
        self._tokenizer, self._max_length = tokenizer, max_length
        self._known: dict[tuple[str, int | None], int] = {}

    def of(self, candidate: Candidate, turns: int | None) -> int:
        """Tokens up to the last turn that fits; 0 where none does."""
        key = candidate.example_id, turns
        if key not in self._known:
            messages = candidate.messages(turns)
            self._known[key] = 0
            for end in reversed(ends(messages)):
                ids, mask = tokenise(messages[:end], self._tokenizer)
                if len(ids) <= self._max_length:
                    self._known[key] = sum(mask)
                    break
        return self._known[key]


class Match(NamedTuple):
    """What was chosen: candidates, after how many of the assistant's turns they are cut, tokens, and accumulation."""

    chosen: list[Candidate]
    turns: int | None
    tokens: int
    accumulation: int


def steps(examples: int, batch_size: int, accumulation: int) -> int:
    """Optimiser steps of an epoch."""
    return math.ceil(math.ceil(examples / batch_size) / accumulation)


def accumulation_for(examples: int, batch_size: int, wanted: int) -> int | None:
    """The least accumulation with which an epoch has so many steps; None where there is none."""
    least = math.ceil(math.ceil(examples / batch_size) / wanted)
    return least if steps(examples, batch_size, least) == wanted else None


def target(examples: pl.DataFrame, tokenizer: Any, max_length: int, batch_size: int, accumulation: int) -> Target:
    """What an epoch of training on `Example` rows is."""
    rows, _ = tokenised(examples, tokenizer, max_length)
    tokens = sum(label != -100 for row in rows["train"] for label in row["labels"])
    return Target(tokens, steps(len(rows["train"]), batch_size, accumulation))


def match(
    candidates: Sequence[Candidate],
    wanted: Target,
    batch_size: int,
    tokenizer: Any,
    max_length: int,
    name: str,
) -> Match:
    """Choose candidates, none twice, whose tokens are within `TOLERANCE` and whose steps are as wanted.

    The first ones are taken as they are, if that will do; else some are exchanged for later ones of other lengths;
    else all are cut after some of the assistant's turns, as few as need be.

    Args:
        candidates: In random order.
        wanted: What to match.
        batch_size: Of the training.
        tokenizer: The student's.
        max_length: Of the training, which cuts longer examples at a turn.
        name: The variant, for messages.

    Raises:
        InputError: There are too few tokens, or no choice has the tokens and the steps.
    """
    sizes = Sizes(tokenizer, max_length)
    longest = max((len(ends(part)) for one in candidates for part in one.parts), default=0)
    for turns in [None, *range(longest - 1, 0, -1)]:
        for some in _growing(candidates, sizes, turns, wanted.tokens):
            counted = [sizes.of(one, turns) for one in some]
            indices = choose(np.array(counted), wanted, batch_size)
            if indices is not None:
                tokens = sum(counted[index] for index in indices)
                accumulation = accumulation_for(len(indices), batch_size, wanted.steps)
                assert accumulation is not None
                told = (name, len(indices), tokens, wanted.tokens, wanted.steps, accumulation)
                log.info("%s: %d examples with %d tokens of %d wanted, %d steps by accumulation %d", *told)
                return Match([some[index] for index in indices], turns, tokens, accumulation)
        if turns is None:
            _enough(sum(counted), wanted, name)
    raise InputError(
        f"variants.{name}: no choice among its {len(candidates)} examples has {wanted.tokens} tokens within "
        f"{TOLERANCE:.0%} in {wanted.steps} steps an epoch, as clca has; give it more data, or lower "
        "training.batch_size"
    )


def choose(sizes: np.ndarray, wanted: Target, batch_size: int) -> list[int] | None:
    """Indices of examples with the tokens and steps wanted, in order; None where none are found.

    Args:
        sizes: Tokens of each example; one of 0 is never taken.
        wanted: What to match.
        batch_size: Of the training.
    """
    usable = np.flatnonzero(sizes)
    if not len(usable):
        return None
    values, tolerance = sizes[usable], TOLERANCE * wanted.tokens
    smallest = np.concatenate([[0], np.cumsum(np.sort(values))])
    natural = wanted.tokens / values.mean()
    for count in sorted(_counts(len(values), natural, wanted.steps, batch_size), key=lambda n: abs(n - natural)):
        largest = smallest[-1] - smallest[len(values) - count]
        if smallest[count] <= wanted.tokens + tolerance and largest >= wanted.tokens - tolerance:
            chosen = _exchanged(values, count, wanted.tokens)
            if abs(values[chosen].sum() - wanted.tokens) <= tolerance:
                return [int(index) for index in sorted(usable[chosen])]
    return None


def _counts(most: int, natural: float, wanted: int, batch_size: int) -> set[int]:
    """Numbers of examples with the steps wanted: of each accumulation the few that are nearest to `natural`."""
    found = set()
    for accumulation in range(1, math.ceil(most / batch_size) + 1):
        low = batch_size * accumulation * (wanted - 1) + 1
        high = min(batch_size * accumulation * wanted, most)
        if low > most:
            break
        nearest = min(max(round(natural), low), high)
        found |= {n for n in range(nearest - TRIES, nearest + TRIES + 1) if low <= n <= high}
    return found


def _exchanged(values: np.ndarray, count: int, total: int) -> np.ndarray:
    """The first `count` indices, with the exchanges of one taken for one not taken that bring the sum nearest."""
    taken, left = np.arange(count), np.arange(count, len(values))
    if not len(left):
        return taken
    for _ in range(2 * len(values)):
        gap = total - int(values[taken].sum())
        # By size, so that for each one taken the best exchange is beside where it would stand.
        order = left[np.argsort(values[left], kind="stable")]
        at = np.searchsorted(values[order], values[taken] + gap)
        near = np.stack([np.clip(at - 1, 0, len(order) - 1), np.clip(at, 0, len(order) - 1)])
        remaining = np.abs(gap - (values[order[near]] - values[taken]))
        side, index = np.unravel_index(int(remaining.argmin()), remaining.shape)
        if remaining[side, index] >= abs(gap):
            break
        given, got = taken[index], order[near[side, index]]
        taken[index] = got
        left = np.where(left == got, given, left)
    return taken


def _growing(
    candidates: Sequence[Candidate], sizes: Sizes, turns: int | None, tokens: int
) -> Iterator[Sequence[Candidate]]:
    """The first candidates with twice the tokens, then with more, up to `MOST` times: a corpus may have 100,000."""
    total, count, wanted = 0, 0, 2
    while True:
        while count < len(candidates) and total < wanted * tokens:
            total += sizes.of(candidates[count], turns)
            count += 1
        yield candidates[:count]
        if count == len(candidates) or wanted >= MOST:
            return
        wanted *= 2


def _enough(tokens: int, wanted: Target, name: str) -> None:
    lacking = wanted.tokens - tokens
    if lacking > TOLERANCE * wanted.tokens:
        raise InputError(
            f"variants.{name}: its data have {tokens} tokens that bear a loss and clca's have {wanted.tokens}: "
            f"{lacking} are missing, and none is taken twice; give it more data (config/README.md says how)"
        )


def ends(messages: Messages) -> list[int]:
    """Where a conversation may be cut: after each of the assistant's turns."""
    return [end for end, message in enumerate(messages, start=1) if message["role"] == "assistant"]


def _cut(part: Part, turns: int | None) -> Part:
    """A conversation up to so many of the assistant's turns."""
    return part if turns is None else part[: ends(part)[:turns][-1]]
