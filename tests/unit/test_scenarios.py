"""Scenarios: seeds are adapted, norms become new ones, drawn by the seed alone."""

import json
import logging
from pathlib import Path

import numpy as np
import pytest

from clca import artifacts, schemas
from clca.engines.base import Sampling
from clca.errors import InputError
from clca.scenarios import ScenarioSettings, adapt, load_sources

FOLDER = Path(__file__).parents[2] / "workflow" / "resources" / "scenarios"
PERSON = {"name": " Aiko ", "age": 40, "gender": "woman", "occupation": "baker", "background": "Bakes."}
PERSON |= {"goal": "Sell.", "secret": " "}
SCENE = {"setting": " A shop. ", "relationship": "", "a": PERSON, "b": PERSON | {"name": "Kenji"}}


def settings(**changed):
    values = {"seeds": 3, "norms": 2, "per_norm": 2, "attempts": 2, "sampling": Sampling(), "seed": 1}
    return ScenarioSettings(**values | changed)


@pytest.fixture(scope="module")
def sources():
    return load_sources(FOLDER / "seeds.jsonl", "seed_id"), load_sources(FOLDER / "norms.jsonl", "norm_id")


@pytest.fixture
def adapted(scripted, sources, japan):
    def run(answer=lambda request: SCENE, seed=1, **changed):
        engine = scripted(answer)
        rng = np.random.default_rng(seed)
        return adapt(*sources, japan, "japan", "gpt4", engine, settings(**changed), rng), engine

    return run


def test_rows_fit_the_schema_and_ids_say_where_they_come_from(adapted, tmp_path):
    rows, _ = adapted()
    artifacts.write(rows, tmp_path / "adapted.jsonl", schemas.AdaptedScenario)
    assert rows["source"].to_list() == ["seed"] * 3 + ["norm"] * 4
    assert rows["scenario_id"].to_list()[:3] == [f"japan-{name}" for name in rows["source_id"].to_list()[:3]]
    assert [name[-2:] for name in rows["scenario_id"].to_list()[3:]] == ["-1", "-2"] * 2
    assert rows["source_id"].n_unique() == 3 + 2


def test_texts_are_stripped_and_empty_ones_become_a_dash(adapted):
    row = adapted()[0].row(0, named=True)
    assert (row["a_name"], row["b_name"], row["setting"]) == ("Aiko", "Kenji", "A shop.")
    assert (row["relationship"], row["a_secret"]) == ("-", "-")


def test_author_is_told_the_culture_and_the_seed_or_norm(adapted, sources):
    rows, engine = adapted()
    norms = {norm["norm_id"]: norm["norm"] for norm in sources[1]}
    seeds = {seed["seed_id"]: seed for seed in sources[0]}
    for row, request in zip(rows.to_dicts(), engine.asked, strict=True):
        told = json.dumps(request.messages, ensure_ascii=False)
        assert "Japan" in told
        if row["source"] == "norm":
            assert norms[row["source_id"]] in request.messages[1]["content"]
        else:
            assert seeds[row["source_id"]]["conflict"] in request.messages[1]["content"]
    assert len({request.seed for request in engine.asked}) == len(engine.asked)


def test_seed_decides_what_is_drawn(adapted):
    drawn = [adapted(seed=seed)[0]["source_id"].to_list() for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_larger_draw_of_seeds_keeps_the_smaller(adapted):
    small = set(adapted(seeds=3, norms=0)[0]["source_id"])
    assert small < set(adapted(seeds=6, norms=0)[0]["source_id"])


def test_scenario_that_the_author_failed_to_give_is_left_out_and_logged(adapted, caplog):
    _, engine = adapted()
    bad = engine.asked[0].seed_parts
    with caplog.at_level(logging.WARNING):
        rows, _ = adapted(lambda request: "torn" if request.seed_parts == bad else SCENE)
    assert len(rows) == 6
    assert f"scenario japan-{bad[-1]}: the author gave no valid scenario; left out" in caplog.text


def test_person_too_young_is_asked_again(adapted):
    young = SCENE | {"a": PERSON | {"age": 7}}
    rows, engine = adapted(lambda request: SCENE if request.attempt else young, seeds=1, norms=0)
    assert [request.attempt for request in engine.asked] == [0, 1]
    assert rows["a_age"].to_list() == [40]


def test_author_that_gives_nothing_is_told(adapted):
    with pytest.raises(InputError, match=r"scenarios japan: the author gave no valid scenario at all"):
        adapted(lambda request: "")


@pytest.mark.parametrize("key", ["seeds", "norms"])
def test_more_than_there_are_is_told_with_how_many_there_are(adapted, sources, key):
    there = len(sources[key == "norms"])
    with pytest.raises(InputError, match=rf"config: scenarios\.{key} = {there + 1}: only {there} are there"):
        adapted(**{key: there + 1})


@pytest.mark.parametrize("line", ["{", "[]", '{"seed_id": "x"}', '{"topic": "x"}', "3"])
def test_source_that_is_no_object_with_name_and_topic_is_named_by_row(tmp_path, line):
    (tmp_path / "s.jsonl").write_text(f'{{"seed_id": "a", "topic": "t"}}\n{line}\n')
    with pytest.raises(InputError, match=r"s\.jsonl: row 2 is no object with seed_id and topic"):
        load_sources(tmp_path / "s.jsonl", "seed_id")
