"""Judging: a judge model rates each dialogue, then its own rating."""

from collections.abc import Sequence
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
    first = ask(engine, _requests(asked, dialogues, Verdict, 1, settings), Verdict, settings.attempts, _tick(progress))

    judged = [index for index, verdict in enumerate(first) if verdict is not None]
    asked = [_second(asked[index], first[index]) for index in judged]
    requests = _requests(asked, [dialogues[index] for index in judged], MetaVerdict, 2, settings)
    second = dict(zip(judged, ask(engine, requests, MetaVerdict, settings.attempts, _tick(progress)), strict=True))

    rows = []
    for index, ((scenario_id, take), utterance_rows) in enumerate(dialogues):
        head = {"culture": utterance_rows[0]["culture"], "scenario_id": scenario_id, "take": take, "judge": judge_name}
        rows.append(head | _labels(first[index], Verdict) | _labels(second.get(index), MetaVerdict))
    return pl.DataFrame(rows, schema_overrides=Judgement.dtypes())


def _first(setting: str, text: str, culture: Traits) -> list[Message]:
    return [
        {"role": "system", "content": render("judge_system", culture=culture)},
        {"role": "user", "content": render("judge_dialogue", setting=setting, transcript=text, culture=culture)},
    ]


def _second(messages: list[Message], verdict: Verdict | None) -> list[Message]:
    assert verdict is not None
    return [
        *messages,
        {"role": "assistant", "content": verdict.model_dump_json()},
        {"role": "user", "content": render("judge_meta")},
    ]


def _requests(
    asked: Sequence[list[Message]],
    dialogues: Sequence[tuple[tuple[str, int], Any]],
    schema: type[BaseModel],
    step: int,
    settings: JudgeSettings,
) -> list[ChatRequest]:
    return [
        ChatRequest(messages, settings.sampling, schema, (settings.seed, *key, step))
        for messages, (key, _) in zip(asked, dialogues, strict=True)
    ]


def _tick(progress: Progress) -> Any:
    return lambda *_: progress.advance()


def _labels(verdict: BaseModel | None, schema: type[BaseModel]) -> dict[str, Any]:
    return dict.fromkeys(schema.model_fields) if verdict is None else verdict.model_dump()
