"""Training examples: each kept dialogue from both participants' perspectives, and the intents behind its turns.

The assistant speaks the lines of the person the system prompt names, and no one else's. No goal, secret or phrase of
the culture's dimensions is in a prompt: the student learns from what people did, not from what they were told to do.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from clca.dialogues import grouped
from clca.errors import InputError
from clca.prompts import render
from clca.schemas import SIDES, Example

log = logging.getLogger(__name__)

SILENCE = "*says nothing*"

Messages = list[dict[str, str]]


def build(
    scenarios: pl.DataFrame,
    dialogues: pl.DataFrame,
    intents: pl.DataFrame,
    tasks: Collection[str],
    culture_name: str,
    heldout_share: float,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """Make the examples of `tasks` and hold some scenarios out, with all their takes.

    A side without a line gives no perspective; a turn without an intent drops its dialogue's intent example. Both are
    counted in the log.

    Args:
        scenarios: `AdaptedScenario` rows.
        dialogues: `Utterance` rows of the kept dialogues.
        intents: `Intent` rows.
        tasks: `perspective`, `intent` or both.
        culture_name: As prompts name it, such as `Japan`.
        heldout_share: Share of scenarios held out, between 0 and 1; at least one is, and at least one is not.
        rng: Decides which scenarios are held out.

    Returns:
        `Example` rows, dialogue by dialogue.

    Raises:
        InputError: A dialogue has no scenario, or fewer than two scenarios give an example.
    """
    scenario_of = {row["scenario_id"]: row for row in scenarios.to_dicts()}
    intent_of = {(row["scenario_id"], row["take"], row["turn"]): row for row in intents.to_dicts()}
    rows: list[dict[str, Any]] = []
    silent = without_intent = 0
    for (scenario_id, take), turns in grouped(dialogues):
        if scenario_id not in scenario_of:
            raise InputError(
                f"examples: scenario {scenario_id!r} of a dialogue is not among the adapted; rerun dialogues"
            )
        scenario = scenario_of[scenario_id]
        found: list[tuple[str, str | None, Messages | None]] = []
        if "perspective" in tasks:
            found += [("perspective", side, perspective(scenario, turns, side, culture_name)) for side in SIDES]
        if "intent" in tasks:
            meant = [intent_of.get((scenario_id, take, turn["turn"])) for turn in turns]
            found.append(("intent", None, understanding(scenario, turns, meant, culture_name)))
        for task, side, messages in found:
            silent += messages is None and task == "perspective"
            without_intent += messages is None and task == "intent"
            if messages is not None:
                key = {"example_id": f"{scenario_id}/{take}/{side or task}", "task": task, "scenario_id": scenario_id}
                rows.append(key | {"take": take, "side": side, "messages": messages})
    log.info(
        "examples: %d; left out: %d perspectives without a line, %d intent examples with a turn without an intent",
        len(rows),
        silent,
        without_intent,
    )
    heldout = _heldout(dialogues, {row["scenario_id"] for row in rows}, heldout_share, rng)
    rows = [row | {"split": "heldout" if row["scenario_id"] in heldout else "train"} for row in rows]
    return pl.DataFrame(rows, schema=Example.dtypes())


def counts(examples: pl.DataFrame) -> pl.DataFrame:
    """Number of examples by task and split: columns `task`, `split`, `examples`, sorted."""
    return examples.group_by("task", "split").agg(examples=pl.len()).sort("task", "split")


def line(action: str, utterance: str) -> str:
    """One turn as its speaker gives it: `Good morning.`, `*bows*`, `*says nothing*`, `I must go. *leaves*`."""
    text = utterance.strip()
    if action == "none" or (action == "speak" and not text):
        return SILENCE
    if action == "non-verbal":
        return f"*{text.strip('*').strip() or 'makes a gesture'}*"
    if action == "leave":
        return f"{text} *leaves*".strip()
    return text


def perspective(
    scenario: Mapping[str, Any], turns: Sequence[Mapping[str, Any]], side: str, culture_name: str
) -> Messages | None:
    """The dialogue as `side` ("a" or "b") lives it, up to its last line; None where it has no line.

    Args:
        scenario: An `AdaptedScenario` row.
        turns: `Utterance` rows of one dialogue, in order.
        side: Whose lines the assistant speaks.
        culture_name: As prompts name it.
    """
    known = {field: scenario[f"{side}_{field}"] for field in ("name", "occupation", "background")}
    system = render("train_perspective", setting=scenario["setting"], culture=culture_name, **known)
    own = [number for number, turn in enumerate(turns) if turn["speaker"] == side]
    if not own:
        return None
    messages = [{"role": "system", "content": system}]
    if own[0] == 0:
        # Chat templates demand that the user speaks first.
        messages.append({"role": "user", "content": render("train_opening")})
    for turn in turns[: own[-1] + 1]:
        role = "assistant" if turn["speaker"] == side else "user"
        messages.append({"role": role, "content": line(turn["action"], turn["utterance"])})
    return messages


def understanding(
    scenario: Mapping[str, Any],
    turns: Sequence[Mapping[str, Any]],
    intents: Sequence[Mapping[str, Any] | None],
    culture_name: str,
) -> Messages | None:
    """The dialogue as an onlooker understands it: each turn, and what is meant; None where an intent is missing.

    Args:
        scenario: An `AdaptedScenario` row.
        turns: `Utterance` rows of one dialogue, in order.
        intents: The `Intent` row of each turn.
        culture_name: As prompts name it.
    """
    people = [{field: scenario[f"{side}_{field}"] for field in ("name", "occupation", "background")} for side in SIDES]
    system = render("train_intent", setting=scenario["setting"], people=people, culture=culture_name)
    messages = [{"role": "system", "content": system}]
    for turn, meant in zip(turns, intents, strict=True):
        if meant is None or meant["intent"] is None or meant["relation"] is None:
            return None
        spoken = f"{turn['name']}: {line(turn['action'], turn['utterance'])}"
        reply = render(
            "train_intent_reply", intent=meant["intent"].strip(), relation=meant["relation"], culture=culture_name
        )
        messages += [{"role": "user", "content": spoken}, {"role": "assistant", "content": reply}]
    return messages


def _heldout(
    dialogues: pl.DataFrame, usable: Collection[str], share: float, rng: np.random.Generator
) -> frozenset[str]:
    """Scenarios held out, of those in `usable`."""
    if not 0 < share < 1:
        raise InputError(f"training.heldout_share = {share}: must lie between 0 and 1")
    if len(usable) < 2:
        raise InputError(
            f"examples: {len(usable)} scenarios give an example, and training and held-out data need one each; "
            "make more scenarios or relax the filter"
        )
    # All scenarios are shuffled, so that variants with other tasks hold out the same ones.
    shuffled = [str(name) for name in rng.permutation(sorted(set(dialogues["scenario_id"]))) if name in usable]
    return frozenset(shuffled[: min(max(1, round(share * len(shuffled))), len(shuffled) - 1)])
