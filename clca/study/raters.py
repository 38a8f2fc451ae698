"""Sheets for two human raters of a culture: drawn dialogues with their intents, to fill in (CSV) and to print (HTML).

What is asked is what the paper's Appendix D asks: whether an intent is acceptable, whether a cultural one is, and
whether a dialogue is natural and plausible in the culture.
"""

import csv
import hashlib
import io
import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from clca import artifacts, schemas
from clca.dialogues import grouped, say
from clca.errors import InputError
from clca.html import templates
from clca.schemas import SIDES

log = logging.getLogger(__name__)

COLUMNS = ("sheet", "number", "dialogue", "turn", "said", "intent", "question", "asks", "mark")
MARKS = ("yes", "no")
QUESTIONS = {
    "intent": "Is the intent acceptable?",
    "cultural": "Is its cultural part acceptable?",
    "natural": "Is the dialogue natural?",
    "plausible": "Is the dialogue plausible in {name}?",
}
"""What is asked, by the name it has in the column `question`; the last two of a whole dialogue."""

# Spreadsheets run a cell that begins so.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Drawn(NamedTuple):
    """One dialogue to rate: `<scenario>/<take>`, its `AdaptedScenario` row, its turns with `intent` and `relation`."""

    name: str
    scenario: Mapping[str, Any]
    turns: Sequence[Mapping[str, Any]]


Row = dict[str, str]


def draw(
    scenarios: pl.DataFrame, dialogues: pl.DataFrame, intents: pl.DataFrame, number: int, seed: int
) -> list[Drawn]:
    """Draw kept dialogues that have an intent at every turn, each of another scenario as far as there are enough.

    Args:
        scenarios: `AdaptedScenario` rows.
        dialogues: `Utterance` rows of the kept dialogues.
        intents: `Intent` rows.
        number: How many; fewer where there are fewer, which the log tells.
        seed: Decides which, whatever the order of the rows.

    Raises:
        InputError: There is none, or none is asked for.
    """
    if number < 1:
        raise InputError(f"raters: {number} dialogues to draw; ask for at least 1")
    scenario_of = {row["scenario_id"]: row for row in scenarios.to_dicts()}
    key = ["scenario_id", "take", "turn"]
    meant = dialogues.join(intents.select(*key, "intent", "relation"), on=key, how="left", maintain_order="left")
    whole = sorted(
        (name, turns)
        for name, turns in grouped(meant)
        if name[0] in scenario_of and all(turn["intent"] and turn["relation"] for turn in turns)
    )
    if not whole:
        raise InputError("raters: no kept dialogue has an intent at every turn; use a better teacher, or keep more")
    shuffled = [whole[place] for place in np.random.default_rng(seed).permutation(len(whole))]
    seen: Counter[str] = Counter()
    ranked = []
    for (scenario, take), turns in shuffled:
        # Second takes come after all the first that were drawn.
        ranked.append((seen[scenario], Drawn(f"{scenario}/{take}", scenario_of[scenario], turns)))
        seen[scenario] += 1
    drawn = [one for _, one in sorted(ranked, key=lambda pair: pair[0])][:number]
    if len(drawn) < number:
        log.warning("raters: %d dialogues asked for, %d are there with an intent at every turn", number, len(drawn))
    return drawn


def sheet(drawn: Sequence[Drawn], culture: str, country: str) -> list[Row]:
    """The rows to mark, numbered from 1; every one bears the sheet's name, with its number of rows and a hash of them.

    Args:
        drawn: The dialogues.
        culture: Its name in the configuration.
        country: As questions name it, such as `Japan`.
    """
    rows: list[Row] = []

    def ask(dialogue: str, turn: str, said: str, intent: str, *questions: str) -> None:
        for question in questions:
            asks = QUESTIONS[question].format(name=country)
            values = (str(len(rows) + 1), dialogue, turn, said, intent, question, asks, "")
            rows.append(dict(zip(COLUMNS[1:], values, strict=True)))

    for name, scenario, turns in drawn:
        for turn in turns:
            said = say(turn["action"], turn["utterance"], turn["name"])
            cultural = ("cultural",) if turn["relation"] == "cultural" else ()
            ask(name, str(turn["turn"]), said, turn["intent"].strip(), "intent", *cultural)
        ask(name, "", scenario["setting"], "", "natural", "plausible")
    digest = hashlib.sha256(json.dumps([culture, rows]).encode()).hexdigest()[:8]
    return [{"sheet": f"{culture}-{len(rows)}-{digest}"} | row for row in rows]


def as_csv(rows: Sequence[Row]) -> str:
    """The sheet for a spreadsheet; no cell is taken for a formula."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(
        {name: f"'{cell}" if cell.startswith(_FORMULA) else cell for name, cell in row.items()} for row in rows
    )
    # By the mark at the start a spreadsheet knows the encoding.
    return f"\ufeff{text.getvalue()}"


def as_page(rows: Sequence[Row], drawn: Sequence[Drawn], country: str, people: str) -> str:
    """The sheet to print, with the people of each scenario: one page of HTML that loads nothing, all text escaped.

    Args:
        rows: Of `sheet`; the page bears their numbers, so that marks on paper can be typed in.
        drawn: The dialogues that the rows were made of.
        country: As `sheet` takes it.
        people: Adjective for its people.
    """
    environment = templates("clca.study")
    numbers = {(row["dialogue"], row["turn"], row["question"]): row["number"] for row in rows}
    shown = []
    for name, scenario, turns in drawn:
        told = [
            {
                "turn": turn["turn"],
                "said": say(turn["action"], turn["utterance"], turn["name"]),
                "intent": turn["intent"].strip(),
                "intent_number": numbers[name, str(turn["turn"]), "intent"],
                "cultural_number": numbers.get((name, str(turn["turn"]), "cultural")),
            }
            for turn in turns
        ]
        whole = [
            (numbers[name, "", question], QUESTIONS[question].format(name=country))
            for question in ("natural", "plausible")
        ]
        profiles = [
            {field: scenario[f"{side}_{field}"] for field in ("name", "age", "occupation", "background")}
            for side in SIDES
        ]
        shown.append({"name": name, "scenario": scenario, "profiles": profiles, "turns": told, "whole": whole})
    page = environment.get_template("raters.html.j2")
    return page.render(sheet=rows[0]["sheet"], dialogues=shown, country=country, people=people, questions=QUESTIONS)


def write(
    given: Mapping[str, str],
    output: Mapping[str, str],
    names: Mapping[str, str],
    number: int,
    seed: int,
) -> None:
    """Draw a sheet and write it in both forms.

    Args:
        given: Paths of `scenarios`, `filtered` and `intents`.
        output: Paths of `sheet` (CSV) and `page` (HTML).
        names: `culture` as in the configuration, `name` and `people` as in its file.
        number: How many dialogues.
        seed: Decides which.
    """
    drawn = draw(
        artifacts.read(given["scenarios"], schemas.AdaptedScenario),
        artifacts.read(given["filtered"], schemas.Utterance),
        artifacts.read(given["intents"], schemas.Intent),
        number,
        seed,
    )
    rows = sheet(drawn, names["culture"], names["name"])
    artifacts.write_text(as_page(rows, drawn, names["name"], names["people"]), output["page"])
    artifacts.write_text(as_csv(rows), output["sheet"])
