"""What the dialogue browser's page must find and show, from the artifacts and the journal themselves."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
from browser_pages import table
from playwright.sync_api import Page

from clca.engines.journal import rows
from clca.schemas import PROFILE

KEYS = ["scenario_id", "take"]


def matched(
    paths: Mapping[str, Path],
    query: str = "",
    decision: str = "",
    intents: str = "",
    scenario: str = "",
    scope: str = "all",
) -> int:
    """How many dialogues filters leave, as polars counts it."""
    dialogues, wanted = table(paths, "dialogues"), query.lower()

    def holding(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
        met = [pl.col(name).str.to_lowercase().str.contains(wanted, literal=True) for name in columns]
        return frame.filter(pl.any_horizontal(met)).select(*KEYS)

    scenes = table(paths, "scenarios").with_columns(pl.col("a_age", "b_age").cast(pl.String))
    profile = [f"{side}_{field}" for side in "ab" for field in PROFILE]
    described = scenes.join(dialogues.select(*KEYS).unique(), on="scenario_id")
    places = {
        "said": holding(dialogues, "utterance"),
        "intents": holding(table(paths, "intents"), "intent"),
        "judge": holding(table(paths, "judgements"), "reasons", "critique"),
        "scenario": holding(described, "topic", "setting", "relationship", *profile),
    }
    dropped, meant = table(paths, "dropped"), table(paths, "intents")
    left = dialogues.select(*KEYS).unique()
    if query:
        left = left.join(pl.concat(list(places.values())) if scope == "all" else places[scope], on=KEYS, how="semi")
    if decision == "kept":
        left = left.join(dropped, on=KEYS, how="anti")
    elif decision:
        chosen = dropped if decision == "dropped" else dropped.filter(reason=decision)
        left = left.join(chosen, on=KEYS, how="semi")
    cultural = meant.filter(relation="cultural")
    if intents == "cultural":
        left = left.join(cultural, on=KEYS, how="semi")
    elif intents == "generic":
        generic = meant.filter(relation="generic").join(cultural, on=KEYS, how="anti")
        left = left.join(generic, on=KEYS, how="semi")
    elif intents == "none":
        left = left.join(meant.filter(pl.col("relation").is_not_null()), on=KEYS, how="anti")
    return left.filter(pl.col("scenario_id") == scenario).height if scenario else left.height


def shown(page: Page) -> tuple[int, int]:
    """How many dialogues the page says that it found, and how many stand in its list."""
    told, listed = page.evaluate(
        "[at('count').textContent, [...at('list').children].filter(one => one.checkVisibility()).length]"
    )
    return int(told.split(" of ")[0]), listed


Messages = list[dict[str, str]]


def journaled(folder: Path) -> dict[tuple[Any, ...], Messages]:
    """What a stage's journal says was shown, by scenario, take and turn or step."""
    return {tuple(row["seed_parts"][1:]): row["messages"] for row in rows(folder)}


def as_messages(shown: Iterable[tuple[str, str]]) -> Messages:
    return [{"role": role, "content": content} for role, content in shown]


def rebuilt(page: Page) -> dict[str, dict[tuple[Any, ...], Messages]]:
    """All prompts that the page rebuilds, by stage, then as `journaled` has them."""
    made = page.evaluate(
        """data.dialogues.map(dialogue => ({
            key: [scenarioOf(dialogue).id, dialogue.take],
            turns: dialogue.turns.map((_, turn) => turnPrompt(dialogue, turn)),
            intents: dialogue.turns.map((_, turn) => intentPrompt(dialogue, turn)),
            judge: [judgePrompt(dialogue, 1), judgePrompt(dialogue, 2)],
        }))"""
    )
    prompts: dict[str, dict[tuple[Any, ...], Messages]] = {"dialogues": {}, "intents": {}, "judgements": {}}
    for one in made:
        for stage, found in (("dialogues", one["turns"]), ("intents", one["intents"]), ("judgements", one["judge"])):
            for place, messages in enumerate(found, start=1):
                if messages:
                    prompts[stage][*one["key"], place] = as_messages(messages)
    return prompts
