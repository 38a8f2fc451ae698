"""The data of a culture's dialogue browser, made of its artifacts: JSON values whose texts are numbers of `Texts`.

A text that the page only shows is one number; one that it puts together, such as a message of a prompt, is a list.
"""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from clca.culture import Traits
from clca.dialogues import grouped, messages
from clca.engines.base import Message
from clca.errors import InputError
from clca.schemas import PROFILE, SIDES
from clca.study.browser_prompts import Asked, Given, as_given, judged, understood
from clca.study.browser_texts import Texts

Row = Mapping[str, Any]
Entry = dict[str, Any]


class Tables(NamedTuple):
    """The artifacts, as their schemas describe them; `examples` are those of the variant `clca`, if they are made."""

    scenarios: pl.DataFrame
    dialogues: pl.DataFrame
    judgements: pl.DataFrame
    filtered: pl.DataFrame
    dropped: pl.DataFrame
    intents: pl.DataFrame
    examples: pl.DataFrame | None = None


class Played(NamedTuple):
    """A scenario, and its dialogues as ((scenario_id, take), `Utterance` rows)."""

    scenario: Row
    dialogues: list[tuple[tuple[str, int], list[dict[str, Any]]]]


class Data:
    """Entries of scenarios and dialogues, for any page of the browser.

    Args:
        tables: The artifacts.
        culture: What prompts know of it.
        given: The journal of the dialogues, as `browser_prompts.given` reads it.

    Raises:
        InputError: Tables do not belong together.
    """

    def __init__(self, tables: Tables, culture: Traits, given: Given) -> None:
        self._culture, self._given = culture, given
        self._scenarios = {row["scenario_id"]: row for row in tables.scenarios.to_dicts()}
        self._dialogues = grouped(tables.dialogues)
        _require(self._scenarios, self._dialogues)
        self._kept = set(tables.filtered.select("scenario_id", "take").iter_rows())
        self._reasons = {(row["scenario_id"], row["take"]): row["reason"] for row in tables.dropped.to_dicts()}
        self._judgements = {(row["scenario_id"], row["take"]): row for row in tables.judgements.to_dicts()}
        self._intents = {(row["scenario_id"], row["take"], row["turn"]): row for row in tables.intents.to_dicts()}
        self._judged = judged(tables.scenarios, tables.dialogues, tables.judgements, culture)
        self._understood = understood(tables.scenarios, tables.filtered, culture)
        self._examples: dict[tuple[str, int], list[Row]] = defaultdict(list)
        for row in [] if tables.examples is None else tables.examples.to_dicts():
            self._examples[row["scenario_id"], row["take"]].append(row)

    def played(self) -> Iterator[Played]:
        """Scenarios with a dialogue, in the order in which they were played, each with all its takes."""
        takes: dict[str, list[Any]] = defaultdict(list)
        for key, turns in self._dialogues:
            takes[key[0]].append((key, turns))
        for scenario_id, dialogues in takes.items():
            yield Played(self._scenarios[scenario_id], dialogues)

    def scenario(self, row: Row, texts: Texts) -> Entry:
        """A scenario, with both sides' system prompts and the line that opens a dialogue."""
        known = _facts(row)
        shown = {side: messages(row, [], side, self._culture) for side in SIDES}
        return {
            "id": row["scenario_id"],
            **{name: row[name] for name in ("source", "source_id", "author")},
            **{name: texts.number(row[name]) for name in ("topic", "setting", "relationship")},
            "people": [_person(row, side, texts) for side in SIDES],
            "systems": [texts.made(shown[side][0]["content"], known) for side in SIDES],
            "opening": texts.made(shown["a"][1]["content"], known),
        }

    def dialogue(self, key: tuple[str, int], turns: Sequence[Row], texts: Texts) -> Entry:
        """A dialogue, with what is needed to put together every prompt behind it."""
        scenario = self._scenarios[key[0]]
        said, exact = as_given(scenario, turns, self._culture, self._given)
        # One side's prompt after the last turn has all turns in it, between what opens it and nothing.
        sent = messages(scenario, said, "b", self._culture)[1:]
        meant = [self._intents.get((*key, row["turn"]), {}) for row in turns]
        known = [*_facts(scenario), *(row["utterance"] for row in turns)]
        known += [row["intent"] for row in meant if row.get("intent")]
        asked = [self._understood.get((*key, row["turn"])) for row in turns]
        shared, own = _parted([one[0]["content"] for one in asked if one])
        return {
            "take": key[1],
            "ended": turns[0]["ended"],
            "reason": self._reason(key),
            "exact": exact,
            "turns": [
                {
                    "name": texts.number(row["name"]),
                    "act": row["action"],
                    "words": texts.number(row["utterance"]),
                    "sent": texts.made(message["content"], [row["utterance"]]),
                    "intent": texts.number(row_meant["intent"]) if row_meant.get("intent") else None,
                    "relation": row_meant.get("relation"),
                    "asked": texts.made(own.pop(0), known) if one else None,
                }
                for row, message, row_meant, one in zip(turns, sent, meant, asked, strict=True)
            ],
            "shared": texts.made(shared, known),
            "judgement": _judgement(self._judgements.get(key), texts),
            "judged": _messages(_longest(self._judged, key), texts, known),
            "examples": [
                {name: row[name] for name in ("task", "side", "split")}
                | {"messages": _messages(row["messages"], texts, known)}
                for row in self._examples.get(key, ())
            ],
        }

    def _reason(self, key: tuple[str, int]) -> str | None:
        """Why a dialogue was dropped; None where it was kept."""
        if key not in self._reasons and key not in self._kept:
            raise InputError(
                f"browser: dialogue {key[0]}, take {key[1]} was neither kept nor dropped; make filtered.jsonl again"
            )
        return self._reasons.get(key)


def _require(scenarios: Mapping[str, Row], dialogues: Sequence[tuple[tuple[str, int], Any]]) -> None:
    """Refuse dialogues of a scenario that is not there."""
    for (scenario_id, _), _ in dialogues:
        if scenario_id not in scenarios:
            raise InputError(
                f"browser: scenario {scenario_id!r} of a dialogue is not among the adapted; make dialogues.jsonl again"
            )


def _facts(scenario: Row) -> list[str]:
    """All that a scenario says, as prompts may quote it."""
    fields = [scenario[f"{side}_{field}"] for side in SIDES for field in PROFILE]
    return [scenario["setting"], scenario["relationship"], *(field for field in fields if isinstance(field, str))]


def _person(scenario: Row, side: str, texts: Texts) -> Entry:
    values = {field: scenario[f"{side}_{field}"] for field in PROFILE}
    return {name: texts.number(value) if isinstance(value, str) else value for name, value in values.items()}


def _judgement(row: Row | None, texts: Texts) -> Entry | None:
    """The judge's labels as they are, its two texts by number."""
    if row is None:
        return None
    left_out = ("culture", "scenario_id", "take")
    shown = {name: value for name, value in row.items() if name not in left_out}
    return shown | {name: None if row[name] is None else texts.number(row[name]) for name in ("reasons", "critique")}


def _messages(shown: Sequence[Message], texts: Texts, known: Sequence[str]) -> list[list[Any]]:
    """Messages as pairs of role and text."""
    return [[message["role"], texts.made(message["content"], known)] for message in shown]


def _longest(judged: Asked, key: tuple[str, int]) -> Sequence[Message]:
    """What the judge was shown last of a dialogue; its first step was shown the first two messages of it."""
    return judged.get((*key, 2)) or judged.get((*key, 1)) or []


def _parted(prompts: list[str]) -> tuple[str, list[str]]:
    """What all prompts begin with, and the rest of each."""
    shared = os.path.commonprefix(prompts)  # noqa: RUF071 - letter by letter is what is wanted
    return shared, [prompt.removeprefix(shared) for prompt in prompts]
