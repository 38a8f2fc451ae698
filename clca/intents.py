"""Intents: the teacher says for every turn of a kept dialogue what is meant, and whether the culture is behind it."""

from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from clca.culture import Traits
from clca.dialogues import grouped, say, transcript
from clca.engines.base import ChatRequest, Engine, Message, Sampling
from clca.engines.structured import ask
from clca.progress import Progress
from clca.prompts import render
from clca.schemas import Intent


class IntentSettings(BaseModel):
    """How the teacher's replies are drawn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    attempts: int = Field(ge=1)
    sampling: Sampling
    seed: int


class TurnIntent(BaseModel):
    """The intent behind one turn."""

    relation: Literal["generic", "cultural"]
    intent: str


def annotate(
    scenarios: pl.DataFrame, filtered: pl.DataFrame, culture: Traits, engine: Engine, settings: IntentSettings
) -> pl.DataFrame:
    """One intent a turn; turns of one dialogue share its text as a prefix.

    Returns:
        `Intent` rows in the order of the turns; both labels are null where the teacher gave no valid reply.
    """
    settings_of = {row["scenario_id"]: row["setting"] for row in scenarios.to_dicts()}
    turns, requests = [], []
    for (scenario_id, take), rows in grouped(filtered):
        shared = _shared(settings_of[scenario_id], transcript(rows), culture)
        for row in rows:
            asked = shared | {"content": f"{shared['content']}\n\n{_question(row)}"}
            parts = (settings.seed, scenario_id, take, row["turn"])
            requests.append(ChatRequest([asked], settings.sampling, TurnIntent, parts))
            turns.append({key: row[key] for key in ("culture", "scenario_id", "take", "turn")})
    progress = Progress("intents", len(requests), "turn")
    found = ask(engine, requests, TurnIntent, settings.attempts, lambda *_: progress.advance())
    rows = [
        turn | {"intent": _text(answer), "relation": answer.relation if _text(answer) and answer else None}
        for turn, answer in zip(turns, found, strict=True)
    ]
    return pl.DataFrame(rows, schema_overrides=Intent.dtypes())


def _question(row: dict[str, Any]) -> str:
    said = say(row["action"], row["utterance"], row["name"])
    return render("intent_turn", turn=row["turn"], name=row["name"], said=said)


def _text(answer: TurnIntent | None) -> str | None:
    """The intent's text; an empty one counts as none."""
    return (answer.intent.strip() or None) if answer else None


def _shared(setting: str, text: str, culture: Traits) -> Message:
    return {"role": "user", "content": render("intent_dialogue", setting=setting, transcript=text, culture=culture)}
