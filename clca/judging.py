"""Judging: a judge model rates each dialogue, then its own rating."""

from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from clca.culture import Traits
from clca.dialogues import grouped, transcript
from clca.engines.base import ChatRequest, Engine, Message, Sampling
from clca.engines.structured import ask
from clca.progress import Progress
from clca.prompts import render
from clca.schemas import Judgement

Confidence = Literal["very confident", "confident", "not sure"]


class JudgeSettings(BaseModel):
    """How the judge's replies are drawn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    attempts: int = Field(ge=1)
    sampling: Sampling
    seed: int


class Verdict(BaseModel):
    """Step 1: the dialogue's quality and whether it fits the culture."""

    reasons: str
    quality: Literal["good", "bad"]
    quality_confidence: Confidence
    adherence: Literal["aligned", "not aligned"]
    adherence_confidence: Confidence


class MetaVerdict(BaseModel):
    """Step 2: the judge on its own verdict."""

    critique: str
    meta: Literal["good", "bad"]
    meta_confidence: Confidence


def judge(
    scenarios: pl.DataFrame,
    utterances: pl.DataFrame,
    culture: Traits,
    judge_name: str,
    engine: Engine,
    settings: JudgeSettings,
) -> pl.DataFrame:
    """Judge every dialogue in two steps.

    Returns:
        `Judgement` rows in the order of the dialogues; labels are null from the step on that gave no valid reply.
    """
    settings_of = {row["scenario_id"]: row["setting"] for row in scenarios.to_dicts()}
    dialogues = grouped(utterances)
    progress = Progress("judgements", 2 * len(dialogues), "verdict")
    asked = [_first(settings_of[key[0]], transcript(rows), culture) for key, rows in dialogues]
    first: dict[int, Verdict] = {}
    second: dict[int, MetaVerdict] = {}

    def request(index: int, messages: list[Message], schema: type[BaseModel], step: int) -> ChatRequest:
        return ChatRequest(messages, settings.sampling, schema, (settings.seed, *dialogues[index][0], step))

    def heard(index: int, verdict: Verdict | MetaVerdict | None) -> ChatRequest | None:
        progress.advance()
        if isinstance(verdict, Verdict):
            first[index] = verdict
            return request(index, _second(asked[index], verdict), MetaVerdict, 2)
        if verdict is not None:
            second[index] = verdict
        return None

    ask(
        engine,
        [request(index, shown, Verdict, 1) for index, shown in enumerate(asked)],
        Verdict,
        settings.attempts,
        heard,
    )

    rows = []
    for index, ((scenario_id, take), utterance_rows) in enumerate(dialogues):
        head = {"culture": utterance_rows[0]["culture"], "scenario_id": scenario_id, "take": take, "judge": judge_name}
        rows.append(head | _labels(first.get(index), Verdict) | _labels(second.get(index), MetaVerdict))
    return pl.DataFrame(rows, schema_overrides=Judgement.dtypes())


def _first(setting: str, text: str, culture: Traits) -> list[Message]:
    return [
        {"role": "system", "content": render("judge_system", culture=culture)},
        {"role": "user", "content": render("judge_dialogue", setting=setting, transcript=text, culture=culture)},
    ]


def _second(messages: list[Message], verdict: Verdict) -> list[Message]:
    return [
        *messages,
        {"role": "assistant", "content": verdict.model_dump_json()},
        {"role": "user", "content": render("judge_meta")},
    ]


def _labels(verdict: BaseModel | None, schema: type[BaseModel]) -> dict[str, Any]:
    return dict.fromkeys(schema.model_fields) if verdict is None else verdict.model_dump()
