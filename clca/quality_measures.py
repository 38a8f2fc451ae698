"""What is measured of kept dialogues and their intents, each measure a share with some places where it was counted."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from clca import wording
from clca.dialogues import grouped
from clca.schemas import SIDES
from clca.survey.questionnaire import Questionnaire

SHOWN = 10
"""At most so many places are named of each measure."""

LEARNT = ("setting", *(f"{side}_{field}" for side in SIDES for field in ("name", "occupation", "background")))
"""Fields of a scenario that the student is shown."""

Turns = list[dict[str, Any]]
Dialogues = Sequence[tuple[str, Turns]]


def measure(
    scenarios: pl.DataFrame,
    dialogues: pl.DataFrame,
    intents: pl.DataFrame,
    questionnaires: Iterable[Questionnaire],
    similarity: float,
    survey_words: int,
) -> dict[str, Any]:
    """Measure the data that training examples are made of.

    Args:
        scenarios: `AdaptedScenario` rows; those without a kept dialogue do not count.
        dialogues: `Utterance` rows of the kept dialogues.
        intents: `Intent` rows.
        questionnaires: The survey in every language.
        similarity: From what share of common three-word runs on two dialogues are near duplicates.
        survey_words: How many words in a row that are the survey's give it away.

    Returns:
        A `Measures` record of `clca.quality`.
    """
    kept, given = named(dialogues), meant(intents)
    used = played(scenarios, dialogues)
    texts = [*_descriptions(used), *_turns(kept), *_intents(given)]
    return {
        **_duplicates(kept, similarity),
        "repeated_turns": _repeated(kept),
        "cut_off": _cut_off(kept),
        "not_english": _not_english(kept, given),
        "commonest_name": _commonest(names(used)),
        "survey_wording": _survey_wording(texts, questionnaires, survey_words),
    }


def named(dialogues: pl.DataFrame) -> Dialogues:
    """Kept dialogues by name, `<scenario>/<take>`, with their turns."""
    return [(f"{scenario_id}/{take}", turns) for (scenario_id, take), turns in grouped(dialogues)]


def meant(intents: pl.DataFrame) -> Turns:
    """Intents that the teacher gave."""
    return intents.filter(pl.col("intent").is_not_null()).to_dicts()


def played(scenarios: pl.DataFrame, dialogues: pl.DataFrame) -> Turns:
    """Scenarios with a kept dialogue."""
    return scenarios.join(dialogues, on="scenario_id", how="semi", maintain_order="left").to_dicts()


def names(played: Turns) -> list[str]:
    """The people of scenarios."""
    return [row[f"{side}_name"] for row in played for side in SIDES]


def share(count: int, of: int) -> float:
    """`count` of `of` in four digits, however small; 0 of nothing."""
    return float(f"{count / of:.4g}") if of else 0.0


def _measure(places: Sequence[str], of: int) -> dict[str, Any]:
    """A `Measure` of one count a place."""
    return {"share": share(len(places), of), "count": len(places), "of": of, "such_as": list(places[:SHOWN])}


def counted(values: Iterable[str]) -> dict[str, int]:
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
    return {"share": share(count, len(names)), "count": count, "of": len(names), "such_as": [name] if count else []}


def _descriptions(played: Turns) -> list[tuple[str, str]]:
    return [(f"{row['scenario_id']} {field}", row[field]) for row in played for field in LEARNT]


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
