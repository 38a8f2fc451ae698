"""The browser's data: prompts as they were asked, texts once each, tables that belong together."""

import json
import random
import re

import polars as pl
import pytest
from made_up_dialogues import make, scenarios

from clca import artifacts, schemas
from clca.dialogues import Turn
from clca.engines.journal import rows
from clca.errors import InputError
from clca.study.browser import as_page, split, write
from clca.study.browser_data import Data, Tables
from clca.study.browser_prompts import as_given, given
from clca.study.browser_texts import Texts


@pytest.fixture
def made(tmp_path, japan):
    def run(number=3, **options):
        return make(tmp_path, scenarios(number), japan, **options)

    return run


def tables(paths):
    return Tables(
        artifacts.read(paths["scenarios"], schemas.AdaptedScenario),
        artifacts.read(paths["dialogues"], schemas.Utterance),
        artifacts.read(paths["judgements"], schemas.Judgement),
        artifacts.read(paths["filtered"], schemas.Utterance),
        artifacts.read(paths["dropped"], schemas.Dropped),
        artifacts.read(paths["intents"], schemas.Intent),
        artifacts.read(paths["examples"], schemas.Example),
    )


def inside(page):
    """The data in a page."""
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])


def test_parts_of_a_text_join_to_it_again_whatever_is_looked_for():
    rng = random.Random(1)
    texts, letters = Texts(), "ab <é"
    for _ in range(300):
        text = "".join(rng.choices(letters, k=rng.randint(0, 80)))
        cuts = [rng.randint(0, len(text)) for _ in range(6)]
        known = [text[start : start + 20] for start in cuts] + ["", "not in it at all"]
        assert "".join(texts.stored[number] for number in texts.made(text, known)) == text
    assert len(set(texts.stored)) == len(texts.stored)


def test_a_text_that_is_made_of_others_stores_only_what_is_new():
    texts = Texts()
    said = texts.number("Good morning to all of you.")
    numbers = texts.made("1. Kenji: Good morning to all of you.\n", ["Good morning to all of you.", "hm"])
    assert [texts.stored[number] for number in numbers] == ["1. Kenji: ", "Good morning to all of you.", "\n"]
    assert numbers[1] == said


def test_turns_keep_the_spaces_that_they_were_given_with(made, japan):
    paths = made()
    journal = given(str(paths["journal"]))
    scenes = {row["scenario_id"]: row for row in pl.read_ndjson(paths["scenarios"]).to_dicts()}
    spaced = 0
    for key, frame in pl.read_ndjson(paths["dialogues"]).group_by("scenario_id", "take", maintain_order=True):
        told = frame.to_dicts()
        turns, exact = as_given(scenes[key[0]], told, japan, journal)
        assert exact
        assert [turn.utterance.strip() for turn in turns] == [row["utterance"] for row in told]
        spaced += sum(turn.utterance != row["utterance"] for turn, row in zip(turns, told, strict=True))
    assert spaced


def test_without_a_journal_turns_are_as_in_the_table_and_the_page_says_so(made, japan, tmp_path, caplog):
    paths = made()
    write(paths, tmp_path / "with.html", japan, str(paths["journal"]))
    assert all(dialogue["exact"] for dialogue in inside((tmp_path / "with.html").read_text())["dialogues"])
    assert caplog.text == ""
    write(paths, tmp_path / "without.html", japan, str(tmp_path / "gone"))
    assert not any(dialogue["exact"] for dialogue in inside((tmp_path / "without.html").read_text())["dialogues"])
    assert "the journal lacks turns of 6 dialogues" in caplog.text


def test_replies_to_other_prompts_count_for_nothing(made, japan, scenario_row):
    paths = made(takes=1)
    journal = given(str(paths["journal"]))
    told = pl.read_ndjson(paths["dialogues"]).filter(scenario_id="japan-seed-001").to_dicts()
    turns, exact = as_given(scenario_row("japan-seed-001"), told, japan, journal)
    assert not exact
    assert turns[0] == Turn(action=told[0]["action"], utterance=told[0]["utterance"])


def test_a_reply_that_was_asked_again_is_not_mistaken_for_the_turn(made, japan, tmp_path):
    paths = made(4, change=lambda request, reply: "torn" if request.attempt == 0 else reply)
    write(paths, tmp_path / "japan.html", japan, str(paths["journal"]))
    assert all(dialogue["exact"] for dialogue in inside((tmp_path / "japan.html").read_text())["dialogues"])


def test_a_dialogue_that_the_filter_does_not_know_is_told(made, japan):
    found = tables(made())
    first = found.filtered.filter(pl.col("scenario_id") != found.filtered["scenario_id"][0])
    with pytest.raises(InputError, match=r"dialogue japan-seed-\d+, take \d was neither kept nor dropped"):
        split(Data(found._replace(filtered=first), japan, {}))


def test_a_dialogue_without_its_scenario_is_told(made, japan):
    found = tables(made())
    with pytest.raises(InputError, match="scenario 'japan-seed-001' of a dialogue is not among the adapted"):
        Data(found._replace(scenarios=found.scenarios[1:]), japan, {})


def test_pages_part_at_scenarios_and_leave_nothing_out(made, japan):
    found = tables(made(8))
    pages = split(Data(found, japan, {}), largest=12_000)
    assert len(pages) > 2
    names = [scenario["id"] for page in pages for scenario in page["scenarios"]]
    assert names == found.scenarios["scenario_id"].to_list()
    assert [len(page["dialogues"]) for page in pages] == [2 * len(page["scenarios"]) for page in pages]
    (whole,) = split(Data(found, japan, {}))
    assert len(whole["dialogues"]) == sum(len(page["dialogues"]) for page in pages)


def test_pages_of_a_larger_culture_that_was_there_before_are_removed(made, japan, tmp_path):
    paths = made(6)
    page, folder = tmp_path / "japan.html", tmp_path / "japan.parts"
    write(paths, page, japan, str(paths["journal"]), largest=12_000)
    several = sorted(path.name for path in folder.glob("*.html"))
    assert several[:2] == ["2.html", "3.html"]
    assert inside(page.read_text())["parts"][1]["address"] == "japan.parts/2.html"
    links = [part["address"] for part in inside((folder / "2.html").read_text())["parts"]]
    assert links[:3] == ["../japan.html", "2.html", "3.html"]
    write(paths, page, japan, str(paths["journal"]))
    assert list(folder.glob("*.html")) == []


def test_the_same_data_give_the_same_bytes(made, japan, tmp_path):
    paths = made()
    for name in ("one", "other"):
        write(paths, tmp_path / name / "japan.html", japan, str(paths["journal"]))
    assert (tmp_path / "one/japan.html").read_bytes() == (tmp_path / "other/japan.html").read_bytes()


def test_five_hundred_dialogues_of_twelve_turns_take_less_than_five_megabytes(made, japan, tmp_path):
    def talking(request, reply):
        return reply | {"action": "speak"} if "action" in reply else reply

    paths = made(25, turns=12, words=20, change=talking)
    write(paths, tmp_path / "japan.html", japan, str(paths["journal"]))
    size, empty = (tmp_path / "japan.html").stat().st_size, len(as_page({"culture": "Japan"}))
    assert empty + 10 * (size - empty) < 5e6


def test_no_goal_or_secret_enters_what_the_judge_or_the_students_see(made, japan):
    """The browser shows them; it must not show them where they were not."""
    paths = made(4)
    (page,) = split(Data(tables(paths), japan, given(str(paths["journal"]))))
    texts = page["texts"]
    for dialogue in page["dialogues"]:
        people = page["scenarios"][dialogue["scenario"]]["people"]
        private = [texts[person[field]] for person in people for field in ("goal", "secret")]
        shown = [text for _, text in dialogue["judged"]] + [dialogue["shared"]]
        shown += [text for example in dialogue["examples"] for _, text in example["messages"]]
        for text in ("".join(texts[number] for number in numbers) for numbers in shown):
            assert not [one for one in private if one in text]


def test_the_journal_of_a_stage_is_read_row_by_row(made):
    found = list(rows(made()["journal"]))
    assert {"key", "kind", "reply", "model", "messages", "seed_parts"} == set(found[0])
    assert [row["seed_parts"][3] for row in found][:2] == [1, 2]
