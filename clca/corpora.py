"""Seed corpora: scenarios and norms drawn from the user's copy of a published collection. None of it is shipped.

What is drawn has the shape of our own seeds and norms, so that `clca.scenarios.adapt` takes both.
"""

import logging
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from clca.corpus_files import (
    CultureAtlas,
    CultureBank,
    NormBank,
    SocialChemistry,
    SotopiaAgent,
    SotopiaEnvironment,
    read,
)
from clca.culture import Traits
from clca.engines.base import derive_seed
from clca.errors import InputError
from clca.schemas import SIDES, Table

log = logging.getLogger(__name__)

RELATIONSHIPS = (
    "strangers",
    "people who know each other by name",
    "acquaintances",
    "friends",
    "romantic partners",
    "family members",
)
"""SOTOPIA's codes 0-5 in words."""

AGREED = 3
"""Social Chemistry: the least share of people who agree, as a code; 3 is 75-90 %, 4 is more than 99 %."""

LISTED = 12
"""How many values a refusal names; a corpus may have thousands."""


class Source(BaseModel):
    """An entry of `scenarios.sources`, for one culture.

    Attributes:
        take: Items to draw; each becomes one scenario.
        area: Keeps the rows whose topic is this one; null for all.
        agents: SOTOPIA only: a file of people to draw the two from.
        names: What the corpus calls the culture, besides its name and its adjective.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["sotopia", "social_chemistry", "culture_atlas", "culturebank", "normbank"]
    path: Path
    take: int = Field(ge=1)
    area: str | None = None
    agents: Path | None = None
    names: tuple[str, ...] = ()


# Of each kind: its schema, the column of its topics, that of its cultures, and those that a row must have filled.
_KINDS: dict[str, tuple[type[Table], str, str | None, tuple[str, ...]]] = {
    "sotopia": (SotopiaEnvironment, "source", None, ("source", "scenario")),
    "social_chemistry": (SocialChemistry, "area", None, ("area", "rot")),
    "culture_atlas": (CultureAtlas, "SubCountry", "Country", ("Country", "NormCanonical")),
    "culturebank": (CultureBank, "topic", "cultural group", ("cultural group", "actor_behavior", "topic")),
    "normbank": (NormBank, "setting", None, ("setting", "behavior", "norm")),
}


def generator(source: Source, seed: int) -> np.random.Generator:
    """The generator of a source: of the study's seed and the source itself, whatever other sources there are."""
    return np.random.default_rng(derive_seed(seed, source.kind, source.path.name, source.area or ""))


def draw(source: Source, culture: Traits, rng: np.random.Generator) -> list[dict[str, Any]]:
    """`source.take` seeds or norms in the order of the file; a larger take keeps the smaller one.

    Rows that lack a needed text and repeated ones are left out, as are norms of Social Chemistry that are bad or that
    less than 75 % agree with. Corpora that know cultures give those of `culture` alone.

    Returns:
        Seeds (`seed_id`, `topic`, `setting`, `relationship`, `conflict`, `a_goal`, `b_goal`; with agents also the rest
        of the two profiles) or norms (`norm_id`, `topic`, `norm`). An id is corpus, file and row.

    Raises:
        InputError: The file is missing, unreadable or not of its kind, a value is none that is allowed, the corpus does
            not have the culture or the area, or has fewer rows than are to be taken.
    """
    schema, topic, group, needed = _KINDS[source.kind]
    frame = read(source.path, schema)
    complete = frame.drop_nulls(list(needed))
    if source.kind == "social_chemistry":
        rated = pl.col("rot-bad").cast(pl.Float64), pl.col("rot-agree").cast(pl.Float64)
        complete = complete.filter(rated[0] == 0, rated[1] >= AGREED).drop("rot-bad", "rot-agree")
    log.info("%s: %d of %d rows can be used", source.path, len(complete), len(frame))
    if group:
        complete = _of_culture(complete, group, source, culture)
    if source.area is not None:
        complete = _of_area(complete, topic, source)
    content = [name for name in complete.columns if name != "row"]
    complete = complete.unique(content, keep="first", maintain_order=True)
    if source.take > len(complete):
        raise InputError(
            f"config: scenarios.sources: take = {source.take}: only {len(complete)} are there in {source.path}"
            + (f" with {topic} {source.area!r}" if source.area is not None else "")
            + (f" for {culture.name}" if group else "")
            + "; lower it"
        )
    chosen = [int(index) for index in rng.permutation(len(complete))[: source.take]]
    rows = complete[chosen].to_dicts()
    if source.agents:
        # Pairs go with the order drawn, so that a larger take leaves those of the smaller one as they are.
        people = read(source.agents, SotopiaAgent)
        if len(people) < len(SIDES):
            raise InputError(f"{source.agents}: {len(people)} agents; at least two are needed")
        rows = [row | _pair(people[rng.permutation(len(people))[:2].tolist()].to_dicts()) for row in rows]
    rows.sort(key=lambda row: row["row"])
    return [_item(source, row, row[topic] or (row[group] if group else None)) for row in rows]


def _item(source: Source, row: dict[str, Any], topic: Any) -> dict[str, Any]:
    """A row of a corpus as a seed or a norm."""
    name = f"{source.kind}-{source.path.stem}-{row['row']}"
    if source.kind != "sotopia":
        return {"norm_id": name, "topic": topic, "norm": _norm(source.kind, row)}
    seed = {"seed_id": name, "topic": topic, "setting": _untagged(row["scenario"]), "conflict": "their two goals"}
    seed["relationship"] = RELATIONSHIPS[row["relationship"]]
    goals = {f"{side}_goal": _untagged(goal) for side, goal in zip(SIDES, row["agent_goals"], strict=True)}
    return seed | goals | {key: value for key, value in row.items() if key[:2] in ("a_", "b_")}


def _norm(kind: str, row: dict[str, Any]) -> str:
    """The sentence that the author is given."""
    if kind == "social_chemistry":
        return str(row["rot"])
    if kind == "culture_atlas":
        return str(row["NormCanonical"])
    if kind == "normbank":
        where = "; ".join(row[key] for key in ("setting", "constraints") if row[key])
        return f"{row['behavior']} is {row['norm'].lower()} here: {where}."
    about = "; ".join(f"{key}: {row[key]}" for key in ("context", "goal", "relation", "recipient") if row[key])
    return f"{row['actor'] or row['cultural group']} {row['actor_behavior']}" + (f" ({about})" if about else "") + "."


def _pair(people: list[dict[str, Any]]) -> dict[str, Any]:
    """Two people as columns of a seed; what is not known of one is left out, for the author to invent."""
    told: dict[str, Any] = {}
    for side, person in zip(SIDES, people, strict=True):
        names = [person[key] for key in ("first_name", "last_name") if person[key]]
        known = {"name": " ".join(names), "background": person["public_info"]}
        known |= {key: person[key] for key in ("age", "gender", "occupation", "secret")}
        told |= {f"{side}_{key}": value for key, value in known.items() if value}
    return told


def _untagged(text: str) -> str:
    """`text` without the tags that say which of SOTOPIA's players may read a part."""
    return " ".join(re.sub(r"</?[A-Za-z_][^<>]*>", " ", text).split())


def _of_culture(frame: pl.DataFrame, column: str, source: Source, culture: Traits) -> pl.DataFrame:
    """Rows of the culture, by its name, its adjective or one of the names given; "the" and "people" do not count."""
    wanted = {_plain(name) for name in (culture.name, culture.people, *source.names)}
    found = frame.filter(pl.col(column).is_in([name for name in frame[column].unique() if _plain(name) in wanted]))
    if found.is_empty():
        raise InputError(
            f"{source.path}: column {column} has no {culture.name!r} and no {culture.people!r}; "
            f"{_allowed(culture.people, frame[column])}; if one is meant, put it under `names` of the source"
        )
    return found


def _plain(name: str) -> str:
    return re.sub("^the | (people|culture)$", "", name.lower())


def _of_area(frame: pl.DataFrame, column: str, source: Source) -> pl.DataFrame:
    found = frame.filter(pl.col(column) == source.area)
    if found.is_empty():
        raise InputError(
            f"config: scenarios.sources: area = {source.area!r}: none in column {column} of {source.path}; "
            f"{_allowed(str(source.area), frame[column])}"
        )
    return found


def _allowed(name: str, column: pl.Series) -> str:
    """The values that a column has, most frequent first, and the one that may have been meant."""
    counts = column.drop_nulls().value_counts(sort=True, name="n").sort(["n", column.name], descending=[True, False])
    values = counts[column.name].to_list()
    close = get_close_matches(name, values, n=1)
    more = f" and {len(values) - LISTED} more" if len(values) > LISTED else ""
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}allowed: {', '.join(values[:LISTED]) or 'nothing'}{more}"
