"""Shards: each row is one shard's, and what they ask is what the whole would ask, so that it asks nothing more."""

from pathlib import Path

import polars as pl
import pytest

from clca.dialogues import DialogueSettings, play, played
from clca.engines.base import Sampling
from clca.engines.journal import Journal, Journaled
from clca.shards import Shard
from clca.survey.answers import persona_answers
from clca.survey.columns import DEMOGRAPHICS
from clca.survey.questionnaire import load

ENGLISH = load(Path(__file__).parents[2] / "config/questionnaire/en.yaml")
SETTINGS = DialogueSettings(takes=2, turns=4, attempts=2, sampling=Sampling(), seed=1)


def shards(total):
    return [Shard.of(f"{number}-of-{total}") for number in range(1, total + 1)]


def never():
    raise AssertionError("the model was loaded")


@pytest.mark.parametrize("total", [1, 2, 3, 4, 9])
def test_every_row_is_one_shard_s_and_shards_are_as_large_as_each_other(total):
    rows = pl.DataFrame({"id": [f"s{number}" for number in range(7)], "text": ["a", None, "b", "a", "", None, "c"]})
    parts = [shard.of_rows(rows) for shard in shards(total)]
    assert sorted(pl.concat(parts)["id"]) == rows["id"].to_list()
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    # Each in the table's order.
    assert all(part["id"].is_sorted() for part in parts)


def test_a_shard_does_not_depend_on_the_order_of_rows():
    rows = pl.DataFrame({"id": list("dacb"), "x": [1, 2, None, 4]})
    for shard in shards(3):
        assert shard.of_rows(rows).sort("id").equals(shard.of_rows(rows.sort("id")))


def test_equal_rows_are_one_shard_s_whatever_they_are_called():
    rows = pl.DataFrame({"respondent": list("abcdef"), "age": [30, 40, 30, None, 40, None]})
    for shard in shards(3):
        part = shard.of_rows(rows, without="respondent")
        assert part["age"].n_unique() == 1
        assert len(part) == 2


def test_shard_is_called_as_snakemake_calls_it():
    assert Shard.of("2-of-14") == (2, 14)
    assert str(Shard(2, 14)) == "2-of-14"


@pytest.fixture
def scenarios(scenario_row):
    return pl.DataFrame([scenario_row(f"s{number}") for number in range(5)])


def said(request):
    if request.seed_parts[1] == "s3":
        return "never a turn"
    return {"action": "speak", "utterance": f"{request.seed_parts} {request.attempt}"}


def journaled(directory, engine):
    return Journaled(lambda: engine, "m", Journal(directory))


@pytest.mark.parametrize("total", [2, 5, 8])
def test_dialogues_of_shards_are_those_of_the_whole(total, scenarios, scripted, japan, tmp_path):
    whole = scripted(said)
    expected = play(scenarios, japan, journaled(tmp_path / "whole", whole), SETTINGS)
    asked = []
    for shard in shards(total):
        # Of five shards one has the failing scenario alone, of eight some have none.
        engine = scripted(said)
        played(shard.of_rows(scenarios), japan, journaled(tmp_path / "shards", engine), SETTINGS)
        asked += engine.asked
    assert sorted(map(str, asked)) == sorted(map(str, whole.asked))
    assert play(scenarios, japan, Journaled(never, "m", Journal(tmp_path / "shards")), SETTINGS).equals(expected)


def test_two_takes_of_a_scenario_are_one_shard_s(scenarios, scripted, japan, tmp_path):
    where = {}
    for shard in shards(3):
        engine = scripted(said)
        played(shard.of_rows(scenarios), japan, journaled(tmp_path, engine), SETTINGS)
        for request in engine.asked:
            where.setdefault(request.seed_parts[1], set()).add(shard)
            where.setdefault(request.seed_parts[1:3], set()).add(shard)
    assert {len(found) for found in where.values()} == {1}
    assert len(where) == 5 + 10


def test_answers_of_shards_are_those_of_the_whole_and_personas_alike_are_asked_once(scripted, tmp_path):
    codes = dict(zip(DEMOGRAPHICS, (2, 1, 2, 3, 1, 1, 4, 6, 3, 2, 3), strict=True))
    ages = [1, 2, 3, None, 1, 3]
    personas = pl.DataFrame([
        {"respondent": f"japan-{i}", "culture": "japan", "country": "JPN"} | codes | {"X003R": age}
        for i, age in enumerate(ages)
    ])  # fmt: skip
    expected = persona_answers("persona", personas, "Japan", ENGLISH, scripted(None))
    asked = []
    for shard in shards(3):
        engine = scripted(None)
        part = shard.of_rows(personas, without="respondent")
        persona_answers("shard", part, "Japan", ENGLISH, journaled(tmp_path, engine))
        asked += engine.asked
    assert len(asked) == len(set(map(str, asked))) == 4 * 44
    whole = Journaled(never, "m", Journal(tmp_path))
    assert persona_answers("persona", personas, "Japan", ENGLISH, whole).equals(expected)
