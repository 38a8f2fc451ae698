"""Quality: each measure counts what it is named for, with places to look at, and each limit ends with one line."""

from pathlib import Path

import polars as pl
import pytest

from clca import artifacts, quality, schemas
from clca.errors import InputError
from clca.quality_measures import share
from clca.survey import questionnaire

SURVEY = [questionnaire.load(Path("config/questionnaire/en.yaml"))]
LAX = dict.fromkeys(quality.LIMITS, 1.0)
LINES = [
    "I am glad that you could come, and my mother would be too if she were here.",
    "It was on the way from the station, so I thought that I should look in on you.",
    "Then sit down by the window and tell me what they said about your new shop.",
    "They have not said anything yet, but I heard from your uncle that it will be fine.",
]


@pytest.fixture
def measured(scenario_row, utterance_rows):
    """The record of four dialogues of two scenarios, all different, with these changes to turns, intents, scenarios."""

    def run(turns=(), intents=(), scenarios=(), dropped=(), similarity=0.8, survey_words=8, limits=()):
        said = [row for name in ("s1", "s2") for take in (1, 2) for row in utterance_rows(name, take, turns=4)]
        for number, row in enumerate(said):
            row["utterance"] = " ".join(LINES[(number + number // 4) % 4].split()[: 14 - number // 4]) + "."
            row["name"] = f"NAME-{row['speaker']}"
        meant = [
            {key: row[key] for key in ("culture", "scenario_id", "take", "turn")}
            | {"intent": "She wants to be polite.", "relation": "cultural" if row["turn"] == 1 else "generic"}
            for row in said
        ]
        # s3 has no kept dialogue.
        played = [scenario_row(name) for name in ("s1", "s2", "s3")]
        for rows, changes in ((said, turns), (meant, intents), (played, scenarios)):
            for number, change in dict(changes).items():
                rows[number] |= change
        record = quality.report(
            pl.DataFrame(played),
            pl.DataFrame(said),
            pl.DataFrame(meant, schema=schemas.Intent.dtypes()),
            pl.DataFrame(list(dropped), schema=schemas.Dropped.dtypes(), orient="row"),
            SURVEY,
            quality.QualitySettings(similarity=similarity, survey_words=survey_words, limits=LAX | dict(limits)),
            "results/filtered.jsonl",
        )
        quality.Quality.model_validate(record)
        return record

    return run


def counted(record, name):
    return record["measures"][name]["count"], record["measures"][name]["of"]


def same_as(first, second, size=4):
    """The lines of dialogue `first` in the place of those of `second`, as the fixture has them."""
    taken = [(first * size + turn, second * size + turn) for turn in range(size)]
    return {
        new: {"utterance": " ".join(LINES[(old + old // 4) % 4].split()[: 14 - old // 4]) + "."} for old, new in taken
    }


def test_clean_data_are_described_and_nothing_is_counted_but_the_names(measured):
    record = measured(dropped=[("s9", 1, "meta bad"), ("s9", 2, "cut off"), ("s8", 1, "meta bad")])
    shares = {name: found["share"] for name, found in record["measures"].items()}
    assert shares == dict.fromkeys(quality.LIMITS, 0.0) | {"commonest_name": 0.5}
    assert list(record["measures"]) == list(quality.LIMITS)
    assert (record["scenarios"], record["dialogues"], record["turns"], record["people"]) == (2, 4, 16, 4)
    assert record["dropped"] == {"cut off": 1, "meta bad": 2}
    assert record["ended"] == {"limit": 4}
    assert record["words_a_turn"] == 12.5
    assert record["cultural_intents"] == 0.25
    assert record["missing_intents"] == 0
    assert record["latin_letters"] == 1.0


def test_the_same_dialogue_under_other_names_is_a_duplicate(measured):
    first = {number: {"name": f"Aiko Sato{number % 2}"} for number in range(4)}
    lines = same_as(1, 0)
    record = measured(
        turns={number: first[number] | {"utterance": f"Aiko, {lines[number]['utterance']}"} for number in range(4)}
    )
    assert record["measures"]["duplicates"] == {"share": 0.25, "count": 1, "of": 4, "such_as": ["s1/2 as s1/1"]}
    assert counted(record, "near_duplicates") == (0, 4)


def test_a_dialogue_with_a_word_changed_is_a_near_duplicate_from_the_similarity_that_is_asked(measured):
    turns = same_as(0, 3)
    turns[12] = {"utterance": turns[12]["utterance"].replace("glad", "happy")}
    record = measured(turns=turns)
    assert counted(record, "duplicates") == (0, 4)
    assert counted(record, "near_duplicates") == (1, 4)
    assert record["measures"]["near_duplicates"]["such_as"][0].startswith("s2/2 like s1/1 (0.")
    assert counted(measured(turns=turns, similarity=0.99), "near_duplicates") == (0, 4)


def test_turns_said_before_in_the_same_dialogue_are_repeated_and_silence_is_not(measured):
    again = {"utterance": LINES[0]}
    silent = {"action": "none", "utterance": ""}
    record = measured(turns={0: again, 2: again, 3: again, 4: again, 8: silent, 9: silent, 10: silent})
    found = record["measures"]["repeated_turns"]
    assert (found["count"], found["of"]) == (2, 16)
    assert found["such_as"] == ["s1/1 turn 3", "s1/1 turn 4"]


@pytest.mark.parametrize(
    ("turn", "cut"),
    [
        ({"utterance": "I wanted to"}, True),
        ({"utterance": "I came here in 2019 "}, True),
        ({"utterance": "First of all,"}, True),
        ({"utterance": "I wanted to", "action": "leave"}, True),
        ({"utterance": "Well, I --"}, False),
        ({"utterance": "“Fine.”"}, False),
        ({"utterance": "Really?!"}, False),
        ({"utterance": "bows deeply", "action": "non-verbal"}, False),
        ({"utterance": "", "action": "leave"}, False),
    ],
)
def test_a_spoken_turn_that_ends_in_the_middle_is_cut_off(measured, turn, cut):
    found = measured(turns={5: turn})["measures"]["cut_off"]
    assert found["count"] == int(cut)
    assert found["such_as"] == ["s1/2 turn 2"] * cut


def test_turns_and_intents_in_another_language_are_a_text_each(measured):
    japanese = {"utterance": "今日はお茶を飲みましょう。明日も来てください。" * 3}
    record = measured(turns={4: japanese, 5: japanese}, intents={number: {"intent": "礼儀"} for number in range(8, 12)})
    assert record["measures"]["not_english"] == {
        "share": 0.25,
        "count": 2,
        "of": 8,
        "such_as": ["s1/2 turns", "s2/1 intents"],
    }
    assert record["latin_letters"] < 1


def test_the_commonest_name_is_of_people_in_kept_dialogues(measured):
    names = {0: {"a_name": "Kenji Sato"}, 1: {"b_name": "Kenji Sato"}, 2: {"a_name": "X", "b_name": "X"}}
    record = measured(scenarios=names)
    assert record["measures"]["commonest_name"]["such_as"] == ["Kenji Sato"]
    assert counted(record, "commonest_name") == (2, 4)
    assert record["distinct_names"] == 3


QUESTION = "How important is religion to you?"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"turns": {6: {"utterance": f"Tell me. {QUESTION} Be honest."}}}, "s1/2 turn 3: "),
        ({"intents": {15: {"intent": f"To ask: {QUESTION}"}}}, "s2/2 turn 4 intent: "),
        ({"scenarios": {1: {"setting": f"A poll. {QUESTION}"}}}, "s2 setting: "),
        ({"scenarios": {0: {"b_background": QUESTION}}}, "s1 b_background: "),
    ],
)
def test_survey_wording_is_found_in_all_that_the_student_is_shown(measured, change, place):
    record = measured(**change)
    # Sixteen turns, sixteen intents, seven descriptions of each of two scenarios.
    assert counted(record, "survey_wording") == (1, 46)
    (told,) = record["measures"]["survey_wording"]["such_as"]
    assert told == f"{place}'how important is religion to you' of en Q6"


def test_survey_wording_in_what_the_student_is_not_shown_does_not_count(measured):
    hidden = {"a_goal": QUESTION, "b_secret": QUESTION, "topic": QUESTION}
    assert counted(measured(scenarios={0: hidden, 2: {"setting": QUESTION}}), "survey_wording") == (0, 46)


def test_missing_intents_are_counted_and_are_no_text(measured):
    record = measured(intents={number: {"intent": None, "relation": None} for number in (0, 1, 2, 3, 4)})
    assert record["missing_intents"] == 5
    assert counted(record, "not_english") == (0, 7)
    assert record["cultural_intents"] == float(f"{2 / 11:.4g}")


def test_at_most_ten_places_are_named(measured):
    found = measured(turns={number: {"utterance": "cut"} for number in range(16)})["measures"]["cut_off"]
    assert (found["count"], found["of"], len(found["such_as"])) == (16, 16, quality.SHOWN)


@pytest.mark.parametrize("name", quality.LIMITS)
def test_a_share_above_its_limit_is_one_line_with_limit_excess_place_and_way_out(measured, name):
    measures = measured()["measures"]
    measures[name] = {"share": 0.375, "count": 3, "of": 8, "such_as": ["s1/2 turn 3"]}
    with pytest.raises(InputError) as told:
        quality.require(measures, LAX | {name: 0.25}, "results/filtered.jsonl")
    line = str(told.value)
    assert line.startswith(f"results/filtered.jsonl: {name} = 0.375 (3 of 8 ")
    assert f"such as s1/2 turn 3) is 0.125 above quality.limits.{name} = 0.25; " in line
    assert line.endswith(f"; or raise quality.limits.{name}")
    assert "\n" not in line


def test_the_report_tells_all_shares_above_their_limits_in_one_line(measured):
    limits = {"duplicates": 0.05, "cut_off": 0.1}
    record = measured(turns={number: {"utterance": "cut"} for number in range(16)}, limits=limits)
    assert record["limits"] == LAX | limits
    assert record["above"].startswith("results/filtered.jsonl: duplicates = 0.75 (3 of 4 dialogues")
    assert "(also cut_off = 1.0 above 0.1); let the teacher" in record["above"]
    assert "\n" not in record["above"]


def test_one_place_among_ever_so_many_is_above_a_limit_of_none(measured):
    measures = measured()["measures"]
    of = 1_000_000
    measures["survey_wording"] = {"share": share(1, of), "count": 1, "of": of, "such_as": ["s1/2 turn 3"]}
    with pytest.raises(InputError, match=r"survey_wording = 1e-06 \(1 of 1000000 .* is 1e-06 above"):
        quality.require(measures, LAX | {"survey_wording": 0.0}, "results/filtered.jsonl")


def test_a_share_at_its_limit_keeps_it(measured, tmp_path):
    record = measured(turns={3: {"utterance": "cut"}}, limits={"cut_off": 0.0625})
    assert record["measures"]["cut_off"]["share"] == 0.0625
    assert record["above"] is None
    quality.require(record["measures"], record["limits"], "results/filtered.jsonl")
    artifacts.write_record(record, tmp_path / "quality.json", quality.Quality)
    assert artifacts.read_record(tmp_path / "quality.json", quality.Quality) == record


def test_a_report_that_was_edited_is_told(measured, tmp_path):
    record = measured()
    record["measures"]["cut_off"]["share"] = "low"
    with pytest.raises(InputError, match=r"quality\.json: not a quality: measures\.cut_off\.share = 'low'"):
        artifacts.write_record(record, tmp_path / "quality.json", quality.Quality)
