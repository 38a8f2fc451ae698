"""Dialogues without a model, of the length that real ones have: our seeds as scenarios, our norms as what is said."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from clca import culture, schemas
from clca.schemas import SIDES

ROOT = Path(__file__).parents[2]
JAPAN = culture.load(ROOT / "config/cultures/japan.yaml")


def scenarios(count: int, first: int = 0) -> pl.DataFrame:
    """`AdaptedScenario` rows: seeds as they are, again from the start where more are wanted."""
    rows = []
    for number in range(first, first + count):
        seed = dict(_lines("seeds")[number % len(_lines("seeds"))])
        seed.pop("conflict")
        head = {"culture": "japan", "scenario_id": f"{seed['seed_id']}-{number}", "source": "seed", "author": "none"}
        rows.append(head | {"source_id": seed.pop("seed_id")} | seed)
    return schemas.AdaptedScenario.validate(
        pl.DataFrame(rows).select(list(schemas.AdaptedScenario.to_schema().columns))
    )


def utterances(of: pl.DataFrame, turns: int = 8) -> pl.DataFrame:
    """`Utterance` rows: one take of each scenario."""
    rows = []
    for number, scenario in enumerate(of.to_dicts()):
        for turn in range(1, turns + 1):
            side = SIDES[(turn - 1) % 2]
            said = _lines("norms")[(number * turns + turn) % len(_lines("norms"))]["norm"]
            head = {"culture": "japan", "scenario_id": scenario["scenario_id"], "take": 1, "turn": turn}
            head |= {"exchange": (turn + 1) // 2, "speaker": side, "name": scenario[f"{side}_name"]}
            rows.append(head | {"action": "speak", "utterance": said, "ended": "limit"})
    return schemas.Utterance.validate(pl.DataFrame(rows))


def intents(of: pl.DataFrame) -> pl.DataFrame:
    """`Intent` rows of all turns."""
    meant = [_lines("norms")[(7 * number) % len(_lines("norms"))]["norm"] for number in range(len(of))]
    rows = of.select("culture", "scenario_id", "take", "turn").with_columns(
        intent=pl.Series(meant), relation=pl.lit("cultural")
    )
    return schemas.Intent.validate(rows)


@cache
def _lines(name: str) -> list[dict[str, Any]]:
    path = ROOT / f"workflow/resources/scenarios/{name}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]
