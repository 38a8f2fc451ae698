"""What a set of respondents is: where they come from, what was dropped, what they were asked, and their shares."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from clca.errors import InputError
from clca.survey import SHIPPED_MARGINALS, wvs
from clca.survey import respondents as people
from clca.survey.columns import ITEMS
from clca.survey.metrics import Array, shares_of
from clca.survey.questionnaire import OPTION_COUNTS
from clca.survey.wvs_file import sha256

# Asked on three points in some countries, coded 2 to 4 of the five.
_MAYBE_THREE_POINTS = ("Q33", "Q34", "Q35")


class Summary(BaseModel):
    """`summary.json`, beside a culture's respondents; counts only, so that it may be shared.

    Attributes:
        source: Name of the survey file, or what stands in for one.
        sha256: Of that file.
        synthetic: Whether the respondents were drawn from published shares.
        weighted: Whether the source has weights; without, all are 1.
        rows: Rows read.
        dropped: How many rows were left out, by reason.
        respondents: How many are left.
        countries: How many of them live in each country.
        valid: By item, how many gave a valid answer.
        not_asked: Items without a valid answer of anyone.
        not_asked_in: The same within each country.
        three_points: By country, five-point items of which only the middle three options occur.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    source: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    synthetic: bool
    weighted: bool
    rows: int = Field(ge=1)
    dropped: dict[str, int]
    respondents: int = Field(ge=1)
    countries: dict[str, int]
    valid: dict[str, int]
    not_asked: list[str]
    not_asked_in: dict[str, list[str]]
    three_points: dict[str, list[str]]


def from_file(
    path: people.FilePath, culture: str, countries: Sequence[str], weights: str
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The culture's respondents in a survey file, as `Respondent` rows, and their `Summary`.

    Args:
        path: As for `wvs.read`.
        culture: Its name.
        countries: The alpha-3 codes of its countries.
        weights: What scores will be weighted with, `none` or `W_WEIGHT`: better missed now than after all answers.

    Raises:
        InputError: As for `wvs.read`; the file has no weights.
    """
    sample = wvs.read(path, {culture: countries})[culture]
    check_weights(weights, sample.weighted, sample.source)
    dropped = {"other countries": sample.elsewhere, "no country": sample.nowhere}
    about = summarise(sample.respondents, sample.source, sample.sha256, sample.rows, dropped, sample.weighted)
    return sample.respondents, about


def from_shares(
    marginals: people.FilePath,
    demographics: people.FilePath,
    culture: str,
    countries: Sequence[str],
    n: int,
    seed: int,
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """People drawn from published shares, as `Respondent` rows, and their `Summary`.

    Args:
        marginals: Path of the shares of answers.
        demographics: Path of the shares of persona fields.
        culture: Its name.
        countries: The alpha-3 codes of its countries.
        n: How many people.
        seed: Decides who.

    Raises:
        InputError: As for `respondents.marginals`, `respondents.demographics` and `respondents.synthesise`.
    """
    shares, fields = people.marginals(marginals, culture), people.demographics(demographics, culture)
    drawn = people.synthesise(shares, fields, countries, culture, n, people.generator(seed, culture, "respondents"))
    source = people.SHIPPED if Path(marginals) == Path(SHIPPED_MARGINALS) else Path(marginals).name
    return drawn, summarise(drawn, source, sha256([Path(marginals)]), n, {}, weighted=False)


def check_weights(weights: str, weighted: bool, source: str) -> None:
    """Refuse weights where there are none.

    Raises:
        InputError: They are asked for, and the source of respondents has none.
    """
    if weights != "none" and not weighted:
        raise InputError(
            f"config: survey.weights = {weights!r}, but {source} has no column {weights}; write none, or take a "
            "survey.file that has it"
        )


def summarise(
    respondents: pl.DataFrame, source: str, sha256: str, rows: int, dropped: Mapping[str, int], weighted: bool
) -> dict[str, Any]:
    """Describe `Respondent` rows; the other arguments are the fields of `Summary` with their names."""
    by_country = {str(key[0]): rows for key, rows in respondents.group_by("country", maintain_order=True)}
    return {
        "source": source,
        "sha256": sha256,
        "synthetic": bool(respondents["synthetic"].any()),
        "weighted": weighted,
        "rows": rows,
        "dropped": dict(dropped),
        "respondents": len(respondents),
        "countries": {country: len(by_country[country]) for country in sorted(by_country)},
        "valid": {question: respondents[question].count() for question in ITEMS},
        "not_asked": not_asked(respondents),
        "not_asked_in": {country: not_asked(by_country[country]) for country in sorted(by_country)},
        "three_points": {country: _three_points(by_country[country]) for country in sorted(by_country)},
    }


def not_asked(respondents: pl.DataFrame) -> list[str]:
    """Items to which nobody gave a valid answer."""
    return [question for question in ITEMS if not respondents[question].count()]


def shares(respondents: pl.DataFrame, weighted: bool) -> dict[str, Array]:
    """Shares of options among those who answered, of every item that was asked.

    Args:
        respondents: `Respondent` rows.
        weighted: Count each by its weight.

    Returns:
        By item, in the survey's order, shares of options 1..k: shape (k,), sum 1.
    """
    weights = weights_of(respondents, weighted)
    found = {}
    for question in ITEMS:
        options = respondents[question].fill_null(0).to_numpy()
        valid = shares_of(options, OPTION_COUNTS[question], weights)[:-1]
        if valid.sum() > 0:
            found[question] = valid / valid.sum()
    return found


def weights_of(respondents: pl.DataFrame, weighted: bool) -> Array:
    """The respondents' weights, all 1 where they are not to count; shape (respondents,)."""
    return respondents["weight"].to_numpy().astype(np.float64) if weighted else np.ones(len(respondents))


def _three_points(respondents: pl.DataFrame) -> list[str]:
    return [
        question for question in _MAYBE_THREE_POINTS if set(respondents[question].drop_nulls().unique()) == {2, 3, 4}
    ]
