"""Scenarios: our seeds adapted to a culture by the author model, and new ones that it writes from everyday norms."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from clca.culture import Traits
from clca.engines.base import ChatRequest, Engine, Sampling, derive_seed
from clca.engines.structured import ask
from clca.errors import InputError
from clca.progress import Progress
from clca.prompts import render
from clca.schemas import PROFILE, SIDES

log = logging.getLogger(__name__)


class ScenarioSettings(BaseModel):
    """How many scenarios are made, and how the author's replies are drawn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seeds: int = Field(ge=0)
    norms: int = Field(ge=0)
    per_norm: int = Field(ge=1)
    attempts: int = Field(ge=1)
    sampling: Sampling
    seed: int


class Person(BaseModel):
    """One participant, as the author writes them."""

    name: str
    age: int = Field(ge=16, le=95)
    gender: str
    occupation: str
    background: str
    goal: str
    secret: str


class Scene(BaseModel):
    """A scenario, as the author writes it."""

    setting: str
    relationship: str
    a: Person
    b: Person


def load_sources(path: Path, key: str) -> list[dict[str, Any]]:
    """Seeds or norms from a JSON Lines file whose rows are named by `key` (`seed_id` or `norm_id`).

    Raises:
        InputError: A row is not JSON or has no name.
    """
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
            row[key], row["topic"]
        except (ValueError, KeyError, TypeError):
            raise InputError(f"{path}: row {number} is no object with {key} and topic: {line[:60]!r}") from None
        rows.append(row)
    return rows


def adapt(
    seeds: Sequence[dict[str, Any]],
    norms: Sequence[dict[str, Any]],
    culture: Traits,
    slug: str,
    author: str,
    engine: Engine,
    settings: ScenarioSettings,
    rng: np.random.Generator,
    drawn: Sequence[dict[str, Any]] = (),
    total: int | None = None,
) -> pl.DataFrame:
    """Draw seeds and norms, have the author adapt the seeds to `culture` and write `per_norm` scenarios for each norm.

    Args:
        slug: The culture's name in paths and ids.
        author: The author model's name, kept with each scenario.
        drawn: Seeds and norms from corpora (`clca.corpora.draw`), one scenario each, besides those drawn here.
        total: At most so many scenarios are asked for; which, depends on their names and the study's seed alone, so
            that a lower total, or other sources, keep what they can. Null for all.

    Returns:
        `AdaptedScenario` rows in the order drawn; a scenario that the author failed to give is left out and logged.
    """
    drawn_seeds = _draw(seeds, settings.seeds, rng, "scenarios.seeds")
    drawn_norms = _draw(norms, settings.norms, rng, "scenarios.norms")
    jobs = [("seed", seed["seed_id"], seed["topic"], seed["seed_id"], _told(seed)) for seed in drawn_seeds]
    jobs += [
        ("norm", norm["norm_id"], norm["topic"], f"{norm['norm_id']}-{copy}", {"norm": norm["norm"]})
        for norm in drawn_norms
        for copy in range(1, settings.per_norm + 1)
    ]
    jobs += [
        ("seed", item["seed_id"], item["topic"], item["seed_id"], _told(item))
        if "seed_id" in item
        else ("norm", item["norm_id"], item["topic"], item["norm_id"], {"norm": item["norm"]})
        for item in drawn
    ]
    if total is not None:
        kept = set(sorted((name for *_, name, _ in jobs), key=lambda name: derive_seed(settings.seed, name))[:total])
        jobs = [job for job in jobs if job[3] in kept]
    requests = [_request(source, values, culture, settings, slug, name) for source, _, _, name, values in jobs]
    progress = Progress(f"scenarios {slug}", len(requests), "scenario")
    scenes = ask(engine, requests, Scene, settings.attempts, lambda *_: progress.advance())
    rows = []
    for (source, source_id, topic, name, _), scene in zip(jobs, scenes, strict=True):
        if scene is None:
            log.warning("scenario %s-%s: the author gave no valid scenario; left out", slug, name)
            continue
        head = {"culture": slug, "scenario_id": f"{slug}-{name}", "source": source, "source_id": source_id}
        rows.append(head | {"author": author, "topic": topic} | _flatten(scene))
    if not rows:
        raise InputError(
            f"scenarios {slug}: the author gave no valid scenario at all; see the log, raise scenarios.attempts"
        )
    return pl.DataFrame(rows)


def _draw(rows: Sequence[dict[str, Any]], count: int, rng: np.random.Generator, key: str) -> list[dict[str, Any]]:
    """`count` rows without replacement, in their own order."""
    if count > len(rows):
        raise InputError(f"config: {key} = {count}: only {len(rows)} are there; lower it or add rows to the file")
    return [rows[index] for index in sorted(rng.permutation(len(rows))[:count])]


def _request(
    source: str, values: dict[str, Any], culture: Traits, settings: ScenarioSettings, slug: str, name: str
) -> ChatRequest:
    messages = [
        {"role": "system", "content": render("author_system", culture=culture)},
        {"role": "user", "content": render(f"author_{source}", culture=culture, **values)},
    ]
    return ChatRequest(messages, settings.sampling, Scene, (settings.seed, slug, name))


def _told(seed: dict[str, Any]) -> dict[str, Any]:
    """What the prompt is told of a seed: the scenario in the form that is asked for, and its conflict.

    A seed of a corpus may say less of the two people than ours do; the author invents the rest.
    """
    people = {
        side: {field: seed[f"{side}_{field}"] for field in PROFILE if f"{side}_{field}" in seed} for side in SIDES
    }
    scene = {"setting": seed["setting"], "relationship": seed["relationship"]} | people
    return {"scenario": json.dumps(scene, ensure_ascii=False), "conflict": seed["conflict"]}


def _flatten(scene: Scene) -> dict[str, Any]:
    """A scene as columns; an empty text of a weak author becomes a dash, so that every profile prints."""
    row: dict[str, Any] = {"setting": scene.setting.strip() or "-", "relationship": scene.relationship.strip() or "-"}
    for side in SIDES:
        person: Person = getattr(scene, side)
        for field in PROFILE:
            value = getattr(person, field)
            row[f"{side}_{field}"] = (value.strip() or "-") if isinstance(value, str) else value
    return row
