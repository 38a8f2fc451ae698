"""Scorecards as long tables: a row a number, whatever scorecard it stands in.

A method is called `{variant}`, `{variant}-seed{n}` or `{variant}-seed{n}@{culture of the adapter}`. One that has an
adapter and names no seed, as the headline `clca`, has the scorecard's.
"""

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import polars as pl

from clca import artifacts
from clca.errors import InputError
from clca.schemas import Contrast, Score
from clca.survey.card import Scorecard
from clca.survey.metrics import METRICS
from clca.survey.scorecard import ACCURACIES

ZERO_SHOT = ("persona", "cultural", "anthropological")
"""Methods that need no adapter."""

MEASURES = (*METRICS, *ACCURACIES)
RATES = ("invalid_rate", "option_mass")

_NAME = re.compile(r"(?P<variant>[^@]+?)(-seed(?P<seed>\d+))?(@(?P<adapter>.+))?")
_NUMBER = ("value", "low", "high")


class Gathered(NamedTuple):
    """What scorecards say.

    Attributes:
        scores: `Score` rows.
        contrasts: `Contrast` rows.
    """

    scores: pl.DataFrame
    contrasts: pl.DataFrame


class Method(NamedTuple):
    """A method's name in its parts; `seed` and `adapter`, the adapter's culture, are null without an adapter."""

    method: str
    seed: int | None
    adapter: str | None


def method_of(name: str, culture: str, adapter_seed: int | None = None) -> Method:
    """The parts of a method's name on a scorecard of `culture`."""
    parts = _NAME.fullmatch(name)
    if parts is None or name in ZERO_SHOT:
        return Method(name, None, None)
    seed = adapter_seed if parts["seed"] is None else int(parts["seed"])
    return Method(parts["variant"], seed, parts["adapter"] or culture)


def read(paths: Iterable[str | os.PathLike[str]]) -> Gathered:
    """Read scorecards, in the order of `paths`: a method's first seed is the one that is read first.

    Raises:
        InputError: As for `artifacts.read_record` and `gather`.
    """
    return gather(records(paths))


def records(paths: Iterable[str | os.PathLike[str]]) -> dict[str, dict[str, Any]]:
    """Scorecards by their paths, as `gather` takes them.

    Raises:
        InputError: As for `artifacts.read_record`.
    """
    return {str(path): artifacts.read_record(path, Scorecard) for path in paths}


def gather(cards: Mapping[str, Mapping[str, Any]], fewest: bool = False) -> Gathered:
    """All numbers of scorecards, each once.

    A method may stand on several cards, as a baseline does beside each ablation. The number from most personas counts;
    of as many, it is the same.

    Args:
        cards: Scorecards by the path that an error should name.
        fewest: The number from fewest personas counts: methods of few are compared with others of the same few.

    Raises:
        InputError: Two scorecards give one method different values from as many personas.
    """
    scores = [row | {"path": path} for path, card in cards.items() for row in _scores(card)]
    contrasts = [row | {"path": path} for path, card in cards.items() for row in _contrasts(card)]
    return Gathered(_once(scores, Score, "value", fewest), _once(contrasts, Contrast, "difference", fewest))


def together(parts: Iterable[Gathered], fewest: bool = False) -> Gathered:
    """Several gathered as one; of a number that several have, that of most personas counts, as in `gather`."""
    every = list(parts)
    return Gathered(
        _first(_counting(pl.concat(part.scores for part in every), Score, fewest), Score),
        _first(_counting(pl.concat(part.contrasts for part in every), Contrast, fewest), Contrast),
    )


def pair(
    shared: Mapping[str, Any], a: Method, b: Method, difference: Mapping[str, float | None]
) -> list[dict[str, Any]]:
    """Two `Contrast` rows: a minus b, and b minus a.

    Args:
        shared: The columns that both have, p among them.
        a: One method.
        b: The other.
        difference: Its `value`, `low` and `high`.
    """
    value, low, high = (difference[key] for key in _NUMBER)
    back = (-part if part is not None else None for part in (value, high, low))
    rows = []
    for one, other, numbers in ((a, b, (value, low, high)), (b, a, tuple(back))):
        against = {"against": other.method, "against_seed": other.seed, "against_adapter": other.adapter}
        names = ("difference", "difference_low", "difference_high")
        rows.append({**shared, **one._asdict(), **against, **dict(zip(names, numbers, strict=True))})
    return rows


def _shared(card: Mapping[str, Any]) -> dict[str, Any]:
    return {key: card[key] for key in ("model", "culture", "language", "form", "personas")}


def _scores(card: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    synthetic = {"synthetic": card["reference"]["synthetic_respondents"]}
    seed = card["provenance"]["seeds"].get("adapter")
    for name, method in card["methods"].items():
        row = _shared(card) | synthetic | method_of(name, card["culture"], seed)._asdict() | {"kind": "method"}
        for of, values in (("choices", method), ("expected", method["expected"])):
            yield from (row | {"metric": metric, "of": of, **values[metric]} for metric in MEASURES)
        yield from (row | _exact(metric, method[metric]) for metric in RATES)
    for name, values in card["yardsticks"].items():
        row = _shared(card) | synthetic | Method(name, None, None)._asdict() | {"kind": "yardstick", "model": None}
        yield from (row | _exact(metric, values[metric]) for metric in MEASURES)


def _exact(metric: str, value: float | None) -> dict[str, Any]:
    return {"metric": metric, "of": "choices", "value": value, "low": None, "high": None}


def _contrasts(card: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    seed = card["provenance"]["seeds"].get("adapter")
    for row in card["comparisons"]:
        a, b = (method_of(row[side], card["culture"], seed) for side in "ab")
        kept = {key: row[key] for key in ("metric", "of", "p_value")}
        yield from pair(_shared(card) | kept, a, b, row["difference"])


def _once(rows: list[dict[str, Any]], schema: type[Score] | type[Contrast], value: str, fewest: bool) -> pl.DataFrame:
    """Each number once, that of most or fewest personas; the order of the cards is kept."""
    types = schema.dtypes()
    table = pl.DataFrame(rows, schema={**types, "path": pl.String})
    key, counting = _key(schema), _counting(table, schema, fewest)
    # Null is a value here: undefined on one card and known on another is a disagreement.
    differing = counting.filter(pl.col(value).n_unique().over(key) > 1)
    if len(differing):
        same = differing.filter(pl.struct(key) == pl.struct(key).first())
        one, other = same.unique(value, maintain_order=True).head(2).to_dicts()
        what = f"{one['metric']} of {one['method']} against {one['culture']} is {one[value]} there"
        raise InputError(
            f"{one['path']}: {what} and {other[value]} in {other['path']}, from {one['personas']} personas both; "
            "delete the older and run again"
        )
    return _first(counting, schema)


def _key(schema: type[Score] | type[Contrast]) -> list[str]:
    """The columns that say what a number is of."""
    not_key = {"personas", "synthetic", "value", "low", "high", "p_value"}
    return [name for name in schema.dtypes() if name not in not_key and not name.startswith("difference")]


def _counting(table: pl.DataFrame, schema: type[Score] | type[Contrast], fewest: bool) -> pl.DataFrame:
    """The rows of each number from most personas, or from fewest."""
    personas = pl.col("personas")
    return table.filter(personas == (personas.min() if fewest else personas.max()).over(_key(schema)))


def _first(table: pl.DataFrame, schema: type[Score] | type[Contrast]) -> pl.DataFrame:
    """Each number once."""
    once = table.unique(_key(schema), keep="first", maintain_order=True).select(list(schema.dtypes()))
    kept: pl.DataFrame = schema.validate(once)
    return kept
