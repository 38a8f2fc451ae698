"""What models were shown of each dialogue, as the journal has it: the stages themselves make their prompts again.

Prompts of judging and intents follow from the tables. Those of the dialogues hold each turn as it was given, of which
the tables keep all but spaces at its ends: these are looked up in the journal.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import polars as pl
from pydantic import ValidationError

from clca.culture import Traits
from clca.dialogues import Turn, messages
from clca.engines.base import (
    ChatRequest,
    Choice,
    ChooseRequest,
    Completion,
    Message,
    OnDone,
    Sampling,
    ignore,
    one_by_one,
)
from clca.engines.journal import rows
from clca.intents import IntentSettings, annotate
from clca.judging import JudgeSettings, Verdict, judge

Asked = Mapping[tuple[str | int, ...], Sequence[Message]]
"""Messages by what was asked: scenario, take, and turn or step."""

Given = Mapping[tuple[str | int, ...], Sequence[tuple[Sequence[Message], Turn]]]
"""The teacher's valid turns by scenario, take and turn, each with what it had been shown."""


def given(journal: str) -> Given:
    """The turns that a journal of rule `dialogues` holds; none where it is gone.

    Raises:
        InputError: A line of it is damaged.
    """
    found: dict[tuple[str | int, ...], list[tuple[Sequence[Message], Turn]]] = defaultdict(list)
    for row in rows(journal):
        if row["kind"] != "Completion" or row["reply"]["finish_reason"] != "stop" or "messages" not in row:
            continue
        try:
            turn = Turn.model_validate_json(row["reply"]["text"])
        except ValidationError:
            continue
        found[tuple(row["seed_parts"][1:])].append((row["messages"], turn))
    return found


def as_given(
    scenario: Mapping[str, Any], turns: Sequence[Mapping[str, Any]], culture: Traits, given: Given
) -> tuple[list[Turn], bool]:
    """The turns of a dialogue with the spaces that they were given with, and whether the journal has all of them.

    Args:
        scenario: An `AdaptedScenario` row.
        turns: `Utterance` rows of one dialogue, in order.
        culture: The culture.
        given: What the journal holds.

    Returns:
        Turns; where the journal lacks one, all are as the table has them.
    """
    found: list[Turn] = []
    for row in turns:
        shown = messages(scenario, found, row["speaker"], culture)
        key = (row["scenario_id"], row["take"], row["turn"])
        like = [turn for asked, turn in given.get(key, ()) if asked == shown and _same(turn, row)]
        if not like:
            return [Turn(action=one["action"], utterance=one["utterance"]) for one in turns], False
        found.append(like[0])
    return found, True


def judged(scenarios: pl.DataFrame, dialogues: pl.DataFrame, judgements: pl.DataFrame, culture: Traits) -> Asked:
    """What the judge was shown, by (scenario, take, step); there is no second step where the first gave no verdict."""
    verdicts = {(row["scenario_id"], row["take"]): row for row in judgements.to_dicts()}

    def reply(request: ChatRequest) -> str:
        _, scenario_id, take, step = request.seed_parts
        row = verdicts.get((str(scenario_id), int(take)))
        if step != 1 or row is None or row["quality"] is None:
            return ""
        return Verdict(**{field: row[field] for field in Verdict.model_fields}).model_dump_json()

    listener = _Listener(reply)
    with _silent():
        judge(scenarios, dialogues, culture, "", listener, JudgeSettings(attempts=1, sampling=Sampling(), seed=0))
    return listener.heard


def understood(scenarios: pl.DataFrame, filtered: pl.DataFrame, culture: Traits) -> Asked:
    """What the teacher was shown to name an intent, by (scenario, take, turn)."""
    listener = _Listener(lambda request: "")
    with _silent():
        annotate(scenarios, filtered, culture, listener, IntentSettings(attempts=1, sampling=Sampling(), seed=0))
    return listener.heard


class _Listener:
    """An engine that keeps what it is shown, by the seed's parts but the first, and replies what it is told."""

    def __init__(self, reply: Callable[[ChatRequest], str]) -> None:
        self._reply = reply
        self.heard: dict[tuple[str | int, ...], Sequence[Message]] = {}

    def chat(self, requests: Sequence[ChatRequest], on_done: OnDone = ignore) -> list[Completion]:
        """Reply to each request."""

        def reply(request: ChatRequest) -> Completion:
            self.heard[request.seed_parts[1:]] = request.messages
            return Completion(self._reply(request), "stop", 0, 0)

        return one_by_one(requests, on_done, reply)

    def choose(self, requests: Sequence[ChooseRequest], on_done: OnDone = ignore) -> list[Choice]:
        """Nobody asks for this."""
        raise NotImplementedError


@contextmanager
def _silent() -> Iterator[None]:
    """Without the stages' progress: nothing is asked."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _same(turn: Turn, row: Mapping[str, Any]) -> bool:
    return (turn.action, turn.utterance.strip()) == (row["action"], row["utterance"])
