"""Dialogues: two role-played agents of one teacher model, each knowing only what a person there would know.

All dialogues are under way at once and each asks for its next turn when it has the last, so that batches stay full.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from clca.culture import Traits, phrases
from clca.engines.base import ChatRequest, Engine, Message, Sampling
from clca.engines.structured import ask
from clca.errors import InputError
from clca.progress import Progress
from clca.prompts import render
from clca.schemas import MAX_TURNS, PROFILE, SIDES

log = logging.getLogger(__name__)


class DialogueSettings(BaseModel):
    """How often and how long each scenario is played."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    takes: int = Field(ge=1)
    turns: int = Field(ge=2, le=MAX_TURNS)
    attempts: int = Field(ge=1)
    sampling: Sampling
    seed: int


class Turn(BaseModel):
    """One turn, as the teacher gives it."""

    action: Literal["speak", "non-verbal", "none", "leave"]
    utterance: str


class Dialogue:
    """One dialogue under way: its scenario's row, its take, and the turns so far."""

    def __init__(self, scenario: Mapping[str, Any], take: int) -> None:
        self.scenario, self.take = scenario, take
        self.turns: list[Turn] = []
        self.ended: str | None = None

    @property
    def speaker(self) -> str:
        """The side whose turn it is."""
        return SIDES[len(self.turns) % 2]

    def add(self, turn: Turn | None, limit: int) -> None:
        """Append a turn (None: the teacher failed) and see whether the dialogue has ended."""
        if turn is None:
            self.ended = "failed"
            return
        self.turns.append(turn)
        if turn.action == "leave":
            self.ended = "leave"
        elif len(self.turns) == limit:
            self.ended = "limit"

    def rows(self) -> list[dict[str, Any]]:
        """`Utterance` rows."""
        head = {key: self.scenario[key] for key in ("culture", "scenario_id")} | {"take": self.take}
        return [
            head
            | {"turn": number, "exchange": (number + 1) // 2, "speaker": SIDES[(number - 1) % 2]}
            | {"name": self.scenario[f"{SIDES[(number - 1) % 2]}_name"], "action": turn.action}
            | {"utterance": turn.utterance.strip(), "ended": self.ended}
            for number, turn in enumerate(self.turns, start=1)
        ]


def play(scenarios: pl.DataFrame, culture: Traits, engine: Engine, settings: DialogueSettings) -> pl.DataFrame:
    """Play every scenario `takes` times.

    Returns:
        `Utterance` rows, dialogue by dialogue. A dialogue whose very first turn failed has no row.
    """
    dialogues = played(scenarios, culture, engine, settings)
    rows = [row for dialogue in dialogues for row in dialogue.rows()]
    if not rows:
        raise InputError("dialogues: the teacher gave no valid turn at all; see the log, raise dialogues.attempts")
    silent = sum(not dialogue.turns for dialogue in dialogues)
    if silent:
        log.warning("dialogues: %d of %d are left out, the teacher gave them no first turn", silent, len(dialogues))
    return pl.DataFrame(rows)


def played(scenarios: pl.DataFrame, culture: Traits, engine: Engine, settings: DialogueSettings) -> list[Dialogue]:
    """All takes of all scenarios, played to their ends; none of them may have a turn."""
    dialogues = [Dialogue(row, take) for row in scenarios.to_dicts() for take in range(1, settings.takes + 1)]
    progress = Progress("dialogues", len(dialogues) * settings.turns, "turn")

    def next_turn(index: int, turn: Turn | None) -> ChatRequest | None:
        dialogue = dialogues[index]
        dialogue.add(turn, settings.turns)
        progress.advance()
        return None if dialogue.ended else _request(dialogue, culture, settings)

    first = [_request(dialogue, culture, settings) for dialogue in dialogues]
    ask(engine, first, Turn, settings.attempts, next_turn)
    return dialogues


def messages(scenario: Mapping[str, Any], turns: list[Turn], side: str, culture: Traits) -> list[Message]:
    """What the agent of `side` is shown before its next turn: its own lines as its replies, the other's as the user's.

    The system prompt holds the agent's own goal and secret and the other's name, background and occupation.
    """
    other = "b" if side == "a" else "a"
    system = render(
        "dialogue_system",
        setting=scenario["setting"],
        relationship=scenario["relationship"],
        me={field: scenario[f"{side}_{field}"] for field in PROFILE},
        other={field: scenario[f"{other}_{field}"] for field in ("name", "occupation", "background")},
        culture=culture,
        phrases=phrases(culture),
    )
    shown: list[Message] = [{"role": "system", "content": system}]
    if side == "a":
        shown.append({"role": "user", "content": _as_json(Turn(action="speak", utterance=_opening(scenario)))})
    for number, turn in enumerate(turns):
        # Both sides' turns in the form that is asked for: the plainest instruction there is.
        shown.append({"role": "assistant" if SIDES[number % 2] == side else "user", "content": _as_json(turn)})
    return shown


def say(action: str, utterance: str, name: str) -> str:
    """One turn as people read it: `Kenji: Good morning.`, `Kenji (bows)`, `Kenji says nothing.`"""
    text = utterance.strip()
    if action == "none":
        return f"{name} says nothing."
    if action == "non-verbal":
        return f"{name} ({text or 'makes a gesture'})"
    leaving = f"{name} leaves."
    if action == "leave":
        return f"{name}: {text} {leaving}" if text else leaving
    return f"{name}: {text}"


def transcript(rows: list[dict[str, Any]]) -> str:
    """The turns of one dialogue, numbered, a line each; `rows` are `Utterance` rows in order."""
    return "\n".join(f"{row['turn']}. {say(row['action'], row['utterance'], row['name'])}" for row in rows)


def grouped(utterances: pl.DataFrame) -> list[tuple[tuple[str, int], list[dict[str, Any]]]]:
    """Dialogues as ((scenario_id, take), rows in order of turn), in the order of the table."""
    groups = utterances.partition_by("scenario_id", "take", maintain_order=True, as_dict=True)
    return [((str(key[0]), int(key[1])), frame.sort("turn").to_dicts()) for key, frame in groups.items()]


def _as_json(turn: Turn) -> str:
    return json.dumps(turn.model_dump(), ensure_ascii=False)


def _opening(scenario: Mapping[str, Any]) -> str:
    """A neutral first line by b, since chat templates let the user speak first."""
    return render("dialogue_opening", me=scenario["a_name"])


def _request(dialogue: Dialogue, culture: Traits, settings: DialogueSettings) -> ChatRequest:
    scenario = dialogue.scenario
    shown = messages(scenario, dialogue.turns, dialogue.speaker, culture)
    parts = (settings.seed, scenario["scenario_id"], dialogue.take, len(dialogue.turns) + 1)
    return ChatRequest(shown, settings.sampling, Turn, parts)
