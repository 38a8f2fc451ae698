"""Quality of the training data: what is measured of kept dialogues and their intents, and the limits it is held to.

Every measure is a share with its parts and places, so that one that is too high can be looked up.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from clca import wording
from clca.dialogues import grouped
from clca.errors import InputError
from clca.schemas import SIDES
from clca.survey.questionnaire import Questionnaire

SHOWN = 10
"""At most so many places are named of each measure."""

LEARNT = ("setting", *(f"{side}_{field}" for side in SIDES for field in ("name", "occupation", "background")))
"""Fields of a scenario that the student is shown."""

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
    measures: Measures


class Held(_Part):
    """`quality_limits.json`: every share beside its limit, and the line that ends the run where one is above."""

    limits: dict[str, FiniteFloat]
    shares: dict[str, FiniteFloat]
    above: str | None


Turns = list[dict[str, Any]]
Dialogues = Sequence[tuple[str, Turns]]


def measure(
    scenarios: pl.DataFrame,
    dialogues: pl.DataFrame,
    intents: pl.DataFrame,
    dropped: pl.DataFrame,
    questionnaires: Iterable[Questionnaire],
    similarity: float,
    survey_words: int,
) -> dict[str, Any]:
    """Measure the data that training examples are made of.

    Args:
        scenarios: `AdaptedScenario` rows; those without a kept dialogue do not count.
        dialogues: `Utterance` rows of the kept dialogues.
        intents: `Intent` rows.
        dropped: `Dropped` rows.
        questionnaires: The survey in every language.
        similarity: From what share of common three-word runs on two dialogues are near duplicates.
        survey_words: How many words in a row that are the survey's give it away.

    Returns:
        A `Quality` record.
    """
    kept = [(f"{scenario_id}/{take}", turns) for (scenario_id, take), turns in grouped(dialogues)]
    played = scenarios.filter(pl.col("scenario_id").is_in(dialogues["scenario_id"].unique().implode()))
    names = [row[f"{side}_name"] for row in played.to_dicts() for side in SIDES]
    meant = intents.filter(pl.col("intent").is_not_null()).to_dicts()
    said = [turn["utterance"] for _, turns in kept for turn in turns]
    everything = " ".join([*said, *(row["intent"] for row in meant)])
    return {
        "scenarios": len(played),
        "dialogues": len(kept),
        "dropped": _counted(dropped["reason"]),
        "ended": _counted(turns[0]["ended"] for _, turns in kept),
        "turns": len(said),
        "words_a_turn": _share(sum(len(text.split()) for text in said), len(said)),
        "latin_letters": _share(*wording.latin_letters(everything)),
        "function_words": _share(*wording.function_words(everything)),
        "people": len(names),
        "distinct_names": len(set(names)),
        "cultural_intents": _share(sum(row["relation"] == "cultural" for row in meant), len(meant)),
        "missing_intents": len(intents) - len(meant),
        "similarity": similarity,
        "survey_words": survey_words,
        "measures": {
            **_duplicates(kept, similarity),
            "repeated_turns": _repeated(kept),
            "cut_off": _cut_off(kept),
            "not_english": _not_english(kept, meant),
            "commonest_name": _commonest(names),
            "survey_wording": _survey_wording(
                [*_descriptions(played), *_turns(kept), *_intents(meant)], questionnaires, survey_words
            ),
        },
    }


def hold(quality: Mapping[str, Any], limits: Mapping[str, float], path: str) -> dict[str, Any]:
    """Hold the measures to their limits.

    Args:
        quality: A `Quality` record.
        limits: The highest share allowed of each measure.
        path: Where the record is, for the line.

    Returns:
        A `Held` record. `above` says which limit is not kept, by how much, and what to change; null where all are.
    """
    measures = quality["measures"]
    over = [name for name in LIMITS if measures[name]["share"] > limits[name]]
    line = None
    if over:
        name, *others = over
        found, limit, (unit, advice) = measures[name], limits[name], LIMITS[name]
        more = ", ".join(f"{other} = {measures[other]['share']} above {limits[other]}" for other in others)
        line = (
            f"{path}: {name} = {found['share']} ({found['count']} of {found['of']} {unit}, such as "
            f"{found['such_as'][0]}) is {round(found['share'] - limit, 4)} above quality.limits.{name} = {limit}"
            f"{f' (also {more})' if more else ''}; {advice}; or raise quality.limits.{name}"
        )
    return {"limits": dict(limits), "shares": {name: measures[name]["share"] for name in LIMITS}, "above": line}


def require(held: Mapping[str, Any]) -> None:
    """Let data through that keep their limits.

    Raises:
        InputError: They do not; the line is that of the `Held` record.
    """
    if held["above"] is not None:
        raise InputError(held["above"])


def _share(count: int, of: int) -> float:
    return round(count / of, 4) if of else 0.0


def _measure(places: Sequence[str], of: int) -> dict[str, Any]:
    """A `Measure` of one count a place."""
    return {"share": _share(len(places), of), "count": len(places), "of": of, "such_as": list(places[:SHOWN])}


def _counted(values: Iterable[str]) -> dict[str, int]:
    """How often each value is there, in the alphabet's order."""
    return dict(sorted(Counter(values).items()))


def _duplicates(kept: Dialogues, similarity: float) -> dict[str, Any]:
    texts = []
    for _, turns in kept:
        names = {word for turn in turns for word in wording.words(turn["name"])}
        said = (word for turn in turns for word in wording.words(turn["utterance"]))
        texts.append(tuple(word for word in said if word not in names))
    pairs = wording.alike(texts, similarity)
    same = [f"{kept[one][0]} as {kept[other][0]}" for one, other, near in pairs if near == 1]
    near = [f"{kept[one][0]} like {kept[other][0]} ({near})" for one, other, near in pairs if near < 1]
    return {"duplicates": _measure(same, len(kept)), "near_duplicates": _measure(near, len(kept))}


def _repeated(kept: Dialogues) -> dict[str, Any]:
    places = []
    for name, turns in kept:
        before: set[tuple[str, wording.Words]] = set()
        for turn in turns:
            given = (turn["action"], wording.words(turn["utterance"]))
            # People may well be silent, or nod, twice.
            if turn["action"] in ("speak", "leave") and given in before:
                places.append(f"{name} turn {turn['turn']}")
            before.add(given)
    return _measure(places, sum(len(turns) for _, turns in kept))


def _cut_off(kept: Dialogues) -> dict[str, Any]:
    spoken = [
        (f"{name} turn {turn['turn']}", turn["utterance"].strip())
        for name, turns in kept
        for turn in turns
        if turn["action"] in ("speak", "leave") and turn["utterance"].strip()
    ]
    return _measure([place for place, text in spoken if text[-1].isalnum() or text[-1] in ",、，"], len(spoken))


def _not_english(kept: Dialogues, meant: Turns) -> dict[str, Any]:
    texts = {f"{name} turns": " ".join(turn["utterance"] for turn in turns) for name, turns in kept}
    for row in meant:
        place = f"{row['scenario_id']}/{row['take']} intents"
        texts[place] = f"{texts.get(place, '')} {row['intent']}"
    return _measure([place for place, text in texts.items() if not wording.is_english(text)], len(texts))


def _commonest(names: Sequence[str]) -> dict[str, Any]:
    """A `Measure` of the most frequent name, the first in the alphabet of several."""
    name, count = max(sorted(Counter(names).items()), key=lambda pair: pair[1], default=("", 0))
    return {"share": _share(count, len(names)), "count": count, "of": len(names), "such_as": [name] if count else []}


def _descriptions(scenarios: pl.DataFrame) -> list[tuple[str, str]]:
    return [(f"{row['scenario_id']} {field}", row[field]) for row in scenarios.to_dicts() for field in LEARNT]


def _turns(kept: Dialogues) -> list[tuple[str, str]]:
    return [(f"{name} turn {turn['turn']}", turn["utterance"]) for name, turns in kept for turn in turns]


def _intents(meant: Turns) -> list[tuple[str, str]]:
    return [(f"{row['scenario_id']}/{row['take']} turn {row['turn']} intent", row["intent"]) for row in meant]


def _survey_wording(
    texts: Sequence[tuple[str, str]], questionnaires: Iterable[Questionnaire], length: int
) -> dict[str, Any]:
    known = wording.survey_wording(questionnaires, length)
    lengths = sorted({len(run) for run in known})
    found = ((place, wording.from_survey(text, known, lengths)) for place, text in texts)
    return _measure([f"{place}: {what}" for place, what in found if what], len(texts))
