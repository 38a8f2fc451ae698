"""Sheets for raters: drawn by the seed alone, complete, and harmless whatever a model wrote."""

import csv
import io
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from clca import artifacts, schemas
from clca.errors import InputError
from clca.study.raters import COLUMNS, as_csv, as_page, draw, sheet

NASTY = "</td></table><script>alert('x')</script><img src=x onerror=alert(1)>&amp;\"'"


@pytest.fixture
def data(scenario_row, utterance_rows):
    """Scenarios, dialogues and intents of five scenarios in two takes; `change` is done to every table's rows."""

    def tables(names=("s1", "s2", "s3", "s4", "s5"), takes=(1, 2), change=lambda row: row):
        turns = [row for name in names for take in takes for row in utterance_rows(name, take, turns=3)]
        meant = [
            {key: row[key] for key in ("culture", "scenario_id", "take", "turn")}
            | {"intent": f"Intent {row['turn']}.", "relation": "cultural" if row["turn"] == 2 else "generic"}
            for row in turns
        ]
        rows = ([scenario_row(name) for name in names], turns, meant)
        scenarios, dialogues, intents = ([change(dict(row)) for row in table] for table in rows)
        return pl.DataFrame(scenarios), pl.DataFrame(dialogues), pl.DataFrame(intents, schema=schemas.Intent.dtypes())

    return tables


def names(drawn):
    return [one.name for one in drawn]


def test_the_seed_alone_decides_what_is_drawn(data):
    scenarios, dialogues, intents = data()
    first = draw(scenarios, dialogues, intents, 3, 7)
    assert names(first) == names(draw(scenarios[::-1], dialogues[::-1], intents[::-1], 3, 7))
    assert [turn["turn"] for turn in first[0].turns] == [1, 2, 3]
    assert len({tuple(names(draw(scenarios, dialogues, intents, 3, seed))) for seed in range(20)}) > 10


@pytest.mark.parametrize("seed", range(10))
def test_each_dialogue_is_of_another_scenario_until_there_is_none_left(data, seed):
    drawn = names(draw(*data(), 7, seed))
    assert len(set(drawn)) == 7
    assert {name.partition("/")[0] for name in drawn[:5]} == {"s1", "s2", "s3", "s4", "s5"}


def test_a_dialogue_with_a_turn_without_intent_is_not_drawn(data, caplog):
    def change(row):
        missing = row.get("intent") and row["scenario_id"] == "s1" and row["turn"] == 3
        return row | ({"intent": None, "relation": None} if missing else {})

    scenarios, dialogues, intents = data(("s1", "s2"), (1,), change)
    assert names(draw(scenarios, dialogues, intents, 5, 1)) == ["s2/1"]
    assert "5 dialogues asked for, 1 are there" in caplog.text
    with pytest.raises(InputError, match="no kept dialogue has an intent at every turn"):
        draw(scenarios, dialogues, intents.filter(pl.col("scenario_id") == "s1"), 5, 1)
    with pytest.raises(InputError, match="0 dialogues to draw; ask for at least 1"):
        draw(scenarios, dialogues, intents, 0, 1)


def test_rows_ask_for_each_intent_for_cultural_ones_twice_and_for_the_whole(data):
    rows = sheet(draw(*data(), 1, 1), "japan", "Japan")
    assert [(row["number"], row["turn"], row["question"]) for row in rows] == [
        ("1", "1", "intent"),
        ("2", "2", "intent"),
        ("3", "2", "cultural"),
        ("4", "3", "intent"),
        ("5", "", "natural"),
        ("6", "", "plausible"),
    ]
    assert rows[0]["said"] == "Kenji: line 1"
    assert rows[5]["asks"] == "Is the dialogue plausible in Japan?"
    assert {row["mark"] for row in rows} == {""}


def test_a_sheet_s_name_changes_with_anything_that_is_shown(data):
    def name(culture="japan", **change):
        drawn = draw(*data(change=lambda row: row | {key: change[key] for key in change if key in row}), 2, 1)
        (only,) = {row["sheet"] for row in sheet(drawn, culture, "Japan")}
        return only

    changes = ({"utterance": "x"}, {"intent": "x"}, {"setting": "x"}, {"relation": "generic"}, {"culture": "uk"})
    assert len({name(), *(name(**change) for change in changes)}) == 6
    assert name() == name()
    assert name().startswith("japan-12-")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_taken_for_a_formula_or_breaks_its_row(data, start):
    text = f'{start}cmd|"/c calc"!A1,\r\nnext'
    rows = sheet(
        draw(*data(change=lambda row: row | ({"setting": text} if "setting" in row else {})), 2, 1), "japan", "J"
    )
    written = list(csv.reader(io.StringIO(as_csv(rows).removeprefix("\ufeff"), newline="")))
    assert tuple(written[0]) == COLUMNS
    assert [len(row) for row in written] == [len(COLUMNS)] * (len(rows) + 1)
    assert [row[4] for row in written[1:] if row[3] == ""] == [f"'{text}"] * 4


class Page(HTMLParser):
    """Tags of a page by name, attributes that load or run, and its text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.text = set(), set(), ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text += data


def test_the_page_escapes_all_that_models_wrote_and_loads_nothing(data):
    written = ("setting", "relationship", "utterance", "intent", "name")
    written += tuple(f"{side}_{field}" for side in "ab" for field in ("name", "occupation", "background"))
    tables = data(change=lambda row: row | {key: NASTY for key in written if key in row})
    drawn = draw(*tables, 2, 1)
    page = as_page(sheet(drawn, "japan", NASTY), drawn, NASTY, NASTY)
    found = Page(page)
    assert not found.tags & {"script", "img", "link", "iframe", "object"}
    assert not {name for name in found.attributes if name in ("src", "href") or name.startswith("on")}
    # Two scenarios' eight fields, six turns' names, words and intents at the least.
    assert found.text.count(NASTY) >= 2 * 8 + 6 * 3
    assert "http" not in page.replace("http-equiv", "")
    assert "default-src 'none'" in page


def test_the_page_bears_every_number_of_the_sheet_once(data):
    drawn = draw(*data(), 3, 1)
    rows = sheet(drawn, "japan", "Japan")
    page = as_page(rows, drawn, "Japan", "Japanese")
    assert [page.count(f'<span class="number">{row["number"]}</span>') for row in rows] == [1] * len(rows)
    assert rows[0]["sheet"] in page
    for private in ("GOAL-", "SECRET-"):
        assert private not in page + as_csv(rows)


def command(*arguments, **options):
    command = [sys.executable, "-m", "clca", "raters", "draw", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, **options)
    return done.returncode, done.stderr


@pytest.fixture
def folder(data, tmp_path):
    """A study's folder of dialogues, with its culture's scenarios."""
    folder = tmp_path / "japan/smollm2/social"
    tables = zip(
        data(change=lambda row: row | ({"a_age": 40, "b_age": 30} if "a_age" in row else {})),
        ("../../adapted_scenarios", "filtered", "intents"),
        (schemas.AdaptedScenario, schemas.Utterance, schemas.Intent),
        strict=True,
    )
    folder.mkdir(parents=True)
    for table, name, schema in tables:
        artifacts.write(table, folder / f"{name}.jsonl", schema)
    return folder


@pytest.mark.parametrize("place", [".", "../social"])
def test_the_folder_may_be_the_one_that_the_command_stands_in(folder, place):
    culture = Path("config/cultures/japan.yaml").absolute()
    assert command(place, str(culture), "o.csv", "--dialogues", "2", cwd=folder) == (0, "")
    assert (folder / "o.html").is_file()


@pytest.mark.parametrize("place", [".", "/", "/nowhere"])
def test_a_folder_without_scenarios_is_one_line(tmp_path, place):
    culture = Path("config/cultures/japan.yaml").absolute()
    status, told = command(place, str(culture), "o.csv", cwd=tmp_path)
    assert (status, told.count("\n")) == (1, 1)
    assert "adapted_scenarios.jsonl: no such file" in told


def test_the_command_draws_both_forms_and_never_over_a_sheet_that_is_there(folder, tmp_path):
    target = tmp_path / "sheets/japan.csv"
    arguments = (str(folder), "config/cultures/japan.yaml", str(target), "--dialogues", "2")
    assert command(*arguments) == (0, "")
    assert target.read_text(encoding="utf-8-sig").startswith("sheet,number,dialogue")
    assert "Dialogues to rate: Japan" in target.with_suffix(".html").read_text()
    status, told = command(*arguments)
    assert (status, told.count("\n")) == (1, 1)
    assert f"{target}: is there already, and may hold marks" in told
    status, told = command(str(folder), "config/cultures/japan.yaml", str(tmp_path / "japan.html"))
    assert (status, "is a CSV" in told) == (1, True)
