"""Dialogues without social goals: topics beside the culture's file, two real people, and nothing to want or to hide."""

import json
from pathlib import Path

import polars as pl
import pytest

from clca import artifacts, schemas, topics
from clca.dialogues import DialogueSettings, play
from clca.engines.base import Sampling
from clca.errors import InputError

ROOT = Path(__file__).parents[2]
CULTURES = [ROOT / f"config/cultures/{name}.yaml" for name in ("china", "germany", "uk", "mexico", "japan")]
FACTS = ["Tea grows on hills.", "Boats have bells."]


@pytest.fixture
def adapted(scenario_row):
    """Three scenarios, of six people."""
    rows = []
    for number in range(3):
        row = scenario_row(f"s{number}")
        rows.append(row | {f"{side}_name": f"NAME-{side}{number}" for side in "ab"} | {"a_age": 40, "b_age": 50})
    return pl.DataFrame(rows)


def made(adapted, corpus="wiki", count=6):
    return topics.scenarios(adapted, FACTS, corpus, "Japan", count)


@pytest.mark.parametrize("corpus", topics.KINDS)
@pytest.mark.parametrize("path", CULTURES, ids=lambda path: path.stem)
def test_a_shipped_culture_has_a_dozen_topics_of_each_corpus(path, corpus):
    assert len(topics.load(path, corpus)) == 12


@pytest.mark.parametrize("corpus", topics.KINDS)
def test_scenarios_fit_the_schema_and_come_back_the_same(adapted, corpus, tmp_path):
    rows = made(adapted, corpus)
    artifacts.write(rows, tmp_path / "s.jsonl", schemas.AdaptedScenario)
    assert artifacts.read(tmp_path / "s.jsonl", schemas.AdaptedScenario).equals(rows)


def test_each_topic_takes_its_turn_with_another_pair_each_time_round(adapted):
    rows = made(adapted).to_dicts()
    assert [row["topic"] for row in rows] == FACTS * 3
    met = [(row["topic"], row["a_name"]) for row in rows]
    assert len(set(met)) == 6
    assert met[:2] == [(FACTS[0], "NAME-a0"), (FACTS[1], "NAME-a1")]


def test_more_scenarios_keep_the_fewer_and_no_pair_has_a_topic_twice(adapted, caplog):
    assert made(adapted, count=4).equals(made(adapted)[:4])
    assert len(made(adapted, count=100)) == 6
    assert "no more pairs and topics" in caplog.text


@pytest.mark.parametrize("corpus", topics.KINDS)
def test_people_keep_who_they_are_and_lose_what_they_wanted_and_hid(adapted, corpus):
    row, before = made(adapted, corpus).row(0, named=True), adapted.row(0, named=True)
    for side in "ab":
        for field in ("name", "age", "gender", "occupation", "background"):
            assert row[f"{side}_{field}"] == before[f"{side}_{field}"]
    assert "GOAL" not in json.dumps(row)
    assert "SECRET" not in json.dumps(row)
    assert FACTS[0] in row["a_goal"]


def test_dialogues_are_played_from_them_as_from_any_other(adapted, scripted, japan):
    engine = scripted(lambda _: {"action": "speak", "utterance": "Indeed."})
    settings = DialogueSettings(takes=1, turns=2, attempts=1, sampling=Sampling(), seed=1)
    assert len(play(made(adapted), japan, engine, settings)) == 12
    told = engine.asked[0].messages[0]["content"]
    assert f"You want this: only to talk about this fact: {FACTS[0]}" in told
    assert "You keep this to yourself: nothing," in told


def test_comments_and_empty_lines_are_no_topics(tmp_path):
    (tmp_path / "utopia.facts.txt").write_text("# Ours.\n\n  Boats have bells. \r\n", encoding="utf-8-sig")
    assert topics.load(tmp_path / "utopia.yaml", "wiki") == ["Boats have bells."]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "no such file, and the corpus wiki is made of it; write one fact a line"),
        (b"# nothing\n", "no line in it"),
        (b"A.\n\nA.\n", "row 3 = 'A.' is row 1 again; leave one of them"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line_with_a_way_out(content, told, tmp_path):
    path = tmp_path / "utopia.facts.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"utopia\.facts\.txt: ") as caught:
        topics.load(tmp_path / "utopia.yaml", "wiki")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
