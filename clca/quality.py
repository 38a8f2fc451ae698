"""Quality of the training data: what is measured of kept dialogues and their intents, and the limits it is held to.

Every measure is a share with its parts and places, so that one that is too high can be looked up.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from clca import wording
from clca.errors import InputError
from clca.quality_measures import SHOWN, counted, meant, measure, named, names, played, share
from clca.survey.questionnaire import Questionnaire

# Of each limit: what is counted, and what brings the share down.
LIMITS = {
    "duplicates": ("dialogues", "let the teacher vary more (dialogues.sampling), or play fewer dialogues.takes"),
    "near_duplicates": ("dialogues", "let the teacher vary more (dialogues.sampling), or play fewer dialogues.takes"),
    "repeated_turns": ("turns", "use a better teacher, or let it vary more (dialogues.sampling)"),
    "cut_off": ("spoken turns", "raise dialogues.sampling.max_tokens, or use a better teacher"),
    "not_english": ("texts", "use a teacher that keeps to English"),
    "commonest_name": ("people", "let the author vary more (scenarios.sampling), or list more names in the culture"),
    "survey_wording": ("texts", "take the scenarios.sources with such texts out, or use another author or teacher"),
}


class QualitySettings(BaseModel):
    """How data are measured, and the highest share allowed of each measure.

    Attributes:
        similarity: From what share of common three-word runs on two dialogues are near duplicates.
        survey_words: How many words in a row that are the survey's give it away.
        limits: By the names of `LIMITS`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    similarity: float = Field(gt=0, le=1)
    survey_words: int = Field(ge=1)
    limits: dict[str, float]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Measure(_Part):
    """A share: `count` of `of`, and some places where it was counted."""

    share: FiniteFloat = Field(ge=0, le=1)
    count: int = Field(ge=0)
    of: int = Field(ge=0)
    such_as: list[str] = Field(max_length=SHOWN)


class Measures(_Part):
    """What limits are set on, by the limits' names.

    Attributes:
        duplicates: Dialogues with the words of an earlier one, people's names left out.
        near_duplicates: Dialogues that are not the same but as similar as `similarity` to an earlier one.
        repeated_turns: Turns that were given in the same dialogue before.
        cut_off: Spoken turns that end with a letter, a digit or a comma.
        not_english: Texts (a dialogue's turns, or its intents) without the letters or function words of English.
        commonest_name: People who bear the commonest full name.
        survey_wording: Texts (a turn, an intent, a description in a scenario) with wording of the questionnaire.
    """

    duplicates: Measure
    near_duplicates: Measure
    repeated_turns: Measure
    cut_off: Measure
    not_english: Measure
    commonest_name: Measure
    survey_wording: Measure


class Quality(_Part):
    """`quality.json`: the kept dialogues of one culture, teacher and corpus.

    Attributes:
        dropped: Dialogues that the filter left out, by reason.
        ended: Kept dialogues by how they ended.
        latin_letters: Share of letters in Latin script.
        function_words: Share of words that are function words of English.
        distinct_names: Different full names of the `people`, two a scenario.
        cultural_intents: Share of intents that name an expectation of the culture.
        missing_intents: Turns without an intent.
        similarity: From what similarity on dialogues are near duplicates.
        survey_words: How many words in a row give the survey away.
        limits: The highest share allowed of each measure.
        above: The line with which no training starts; null where all limits are kept.
    """

    scenarios: int
    dialogues: int
    dropped: dict[str, int]
    ended: dict[str, int]
    turns: int
    words_a_turn: FiniteFloat
    latin_letters: FiniteFloat
    function_words: FiniteFloat
    people: int
    distinct_names: int
    cultural_intents: FiniteFloat
    missing_intents: int
    similarity: FiniteFloat
    survey_words: int
    limits: dict[str, FiniteFloat]
    above: str | None
    measures: Measures


def above(measures: Mapping[str, Any], limits: Mapping[str, float], path: str) -> str | None:
    """One line for the limits that are not kept: which, by how much, and what to change; None where all are kept.

    Args:
        measures: A `Measures` record.
        limits: The highest share allowed of each measure.
        path: Where the dialogues are.
    """
    over = [name for name in LIMITS if measures[name]["count"] > limits[name] * measures[name]["of"]]
    if not over:
        return None
    name, *others = over
    found, limit, (unit, advice) = measures[name], limits[name], LIMITS[name]
    more = ", ".join(f"{other} = {measures[other]['share']} above {limits[other]}" for other in others)
    return (
        f"{path}: {name} = {found['share']} ({found['count']} of {found['of']} {unit}, such as {found['such_as'][0]}) "
        f"is {found['share'] - limit:.4g} above quality.limits.{name} = {limit}"
        f"{f' (also {more})' if more else ''}; {advice}; or raise quality.limits.{name}"
    )


def require(measures: Mapping[str, Any], limits: Mapping[str, float], path: str) -> None:
    """Let data through that keep their limits.

    Raises:
        InputError: They do not; see `above`.
    """
    line = above(measures, limits, path)
    if line is not None:
        raise InputError(line)


def check(
    scenarios: pl.DataFrame,
    dialogues: pl.DataFrame,
    intents: pl.DataFrame,
    questionnaires: Iterable[Questionnaire],
    settings: QualitySettings,
    path: str,
) -> None:
    """Measure data before anything is learnt from them, and let them through if they keep their limits.

    Args:
        scenarios: As for `measure`, like the others it names.
        dialogues: As there.
        intents: As there.
        questionnaires: As there.
        settings: As there.
        path: Where the dialogues are.

    Raises:
        InputError: They do not keep them; see `above`.
    """
    measures = measure(scenarios, dialogues, intents, questionnaires, settings.similarity, settings.survey_words)
    require(measures, settings.limits, path)


def report(
    scenarios: pl.DataFrame,
    dialogues: pl.DataFrame,
    intents: pl.DataFrame,
    dropped: pl.DataFrame,
    questionnaires: Iterable[Questionnaire],
    settings: QualitySettings,
    path: str,
) -> dict[str, Any]:
    """The measures, their limits, and what else describes the data.

    Args:
        scenarios: As for `measure`, like the others it names.
        dialogues: As there.
        intents: As there.
        dropped: `Dropped` rows.
        questionnaires: As there.
        settings: As there.
        path: Where the dialogues are.

    Returns:
        A `Quality` record.
    """
    kept, given = named(dialogues), meant(intents)
    used = played(scenarios, dialogues)
    people = names(used)
    said = dialogues["utterance"].to_list()
    everything = " ".join([*said, *(row["intent"] for row in given)])
    measures = measure(scenarios, dialogues, intents, questionnaires, settings.similarity, settings.survey_words)
    return {
        "scenarios": len(used),
        "dialogues": len(kept),
        "dropped": counted(dropped["reason"]),
        "ended": counted(turns[0]["ended"] for _, turns in kept),
        "turns": len(said),
        "words_a_turn": share(sum(len(text.split()) for text in said), len(said)),
        "latin_letters": share(*wording.latin_letters(everything)),
        "function_words": share(*wording.function_words(everything)),
        "people": len(people),
        "distinct_names": len(set(people)),
        "cultural_intents": share(sum(row["relation"] == "cultural" for row in given), len(given)),
        "missing_intents": len(intents) - len(given),
        "similarity": settings.similarity,
        "survey_words": settings.survey_words,
        "limits": dict(settings.limits),
        "above": above(measures, settings.limits, path),
        "measures": measures,
    }
