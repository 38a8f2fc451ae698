"""Dialogues: two agents who do not know each other's goal and secret, and who end when they should."""

import json

import polars as pl
import pytest

from clca import artifacts, schemas
from clca.dialogues import DialogueSettings, Turn, grouped, messages, play, say, transcript
from clca.engines.base import Sampling
from clca.errors import InputError


def settings(**changed):
    return DialogueSettings(**{"takes": 2, "turns": 6, "attempts": 2, "sampling": Sampling(), "seed": 1} | changed)


def system(request):
    return request.messages[0]["content"]


def side(request):
    return "a" if "You are NAME-a" in system(request) else "b"


def speaking(request):
    return {"action": "speak", "utterance": f"said by {side(request)} in take {request.seed_parts[2]}"}


@pytest.fixture
def played(scripted, scenario_row, japan):
    def run(answer=speaking, names=("s1", "s2"), **changed):
        engine = scripted(answer)
        return play(pl.DataFrame([scenario_row(name) for name in names]), japan, engine, settings(**changed)), engine

    return run


def test_goal_and_secret_of_one_side_never_enter_the_other_s_prompt(played):
    _, engine = played()
    assert len(engine.asked) == 2 * 2 * 6
    for request in engine.asked:
        me, other = side(request), "b" if side(request) == "a" else "a"
        shown = json.dumps(request.messages)
        for private in ("GOAL", "SECRET"):
            assert f"{private}-{me}" in system(request)
            assert f"{private}-{other}" not in shown
        assert f"NAME-{other}" in system(request)
        assert f"BACKGROUND-{other}" in system(request)


def test_two_sides_take_turns_and_each_sees_its_own_lines_as_the_assistant_s(played):
    _, engine = played()
    for request in engine.asked:
        turn = request.seed_parts[3]
        assert side(request) == "ab"[(turn - 1) % 2]
        roles = [message["role"] for message in request.messages]
        assert roles == ["system", *["user", "assistant"] * ((len(roles) - 2) // 2), "user"]
        for message in request.messages[1:]:
            said = json.loads(message["content"])["utterance"]
            if message["role"] == "assistant":
                assert f"said by {side(request)}" in said
            else:
                assert f"said by {side(request)}" not in said
        # Side a opens, so that its first line answers one that is ours.
        assert len(roles) == turn + (1 if side(request) == "a" else 0)


def test_takes_and_scenarios_do_not_hear_each_other_and_have_seeds_of_their_own(played):
    rows, engine = played()
    assert rows.select("scenario_id", "take").unique().height == 4
    assert len({request.seed for request in engine.asked}) == len(engine.asked)
    for request in engine.asked:
        assert f"take {3 - request.seed_parts[2]}" not in json.dumps(request.messages)
        assert f"A teahouse {request.seed_parts[1]}." in system(request)


def test_dialogues_are_asked_for_in_one_call_and_each_goes_on_with_its_own_reply(scripted, scenario_row, japan):
    """In whatever order replies come: the rows are those of dialogues that were played one by one."""

    class LastFirst(type(scripted(speaking))):
        calls = 0

        def chat(self, requests, on_done):
            self.calls += 1
            line = list(enumerate(requests))
            while line:
                index, request = line.pop()
                further = on_done(index, self._reply(request))
                if further is not None:
                    line.insert(0, (index, further))
            return []

    scenarios = pl.DataFrame([scenario_row("s1"), scenario_row("s2")])
    engine, other = LastFirst(speaking), scripted(speaking)
    rows = play(scenarios, japan, engine, settings())
    assert engine.calls == 1
    assert [request.seed_parts[3] for request in engine.asked] == [turn for turn in range(1, 7) for _ in range(4)]
    assert rows.equals(play(scenarios, japan, other, settings()))
    by_parts = [sorted(one.asked, key=lambda request: request.seed_parts) for one in (engine, other)]
    assert by_parts[0] == by_parts[1]


def test_rows_fit_the_schema_and_come_dialogue_by_dialogue(played, tmp_path):
    rows, _ = played()
    artifacts.write(rows, tmp_path / "dialogues.jsonl", schemas.Utterance)
    assert rows.select("scenario_id", "take", "turn").rows() == [
        (name, take, turn) for name in ("s1", "s2") for take in (1, 2) for turn in range(1, 7)
    ]
    assert rows.filter(pl.col("speaker") == "a")["name"].unique().to_list() == ["NAME-a"]
    assert rows["exchange"].to_list() == [1, 1, 2, 2, 3, 3] * 4


def test_limit_ends_a_dialogue(played):
    rows, _ = played(turns=4)
    assert rows["turn"].max() == 4
    assert rows["ended"].unique().to_list() == ["limit"]


def test_leave_ends_its_dialogue_at_once_and_no_other(played):
    def answer(request):
        leaves = request.seed_parts[1:] == ("s1", 1, 3)
        return {"action": "leave", "utterance": " Bye. "} if leaves else speaking(request)

    rows, engine = played(answer)
    gone = rows.filter((pl.col("scenario_id") == "s1") & (pl.col("take") == 1))
    assert gone["ended"].to_list() == ["leave"] * 3
    assert gone.row(2, named=True)["utterance"] == "Bye."
    assert ("s1", 1, 4) not in [request.seed_parts[1:] for request in engine.asked]
    assert len(rows) == 3 + 3 * 6
    assert rows.filter(pl.col("ended") == "leave").height == 3


def test_leave_at_the_limit_is_a_leave(played):
    rows, _ = played(lambda request: {"action": "leave", "utterance": ""}, names=["s1"], takes=1)
    assert rows.select("turn", "ended").rows() == [(1, "leave")]


def test_failed_turn_is_asked_again_and_then_ends_its_dialogue(played):
    def answer(request):
        return "no JSON" if request.seed_parts[1:] == ("s2", 2, 3) else speaking(request)

    rows, engine = played(answer)
    broken = rows.filter((pl.col("scenario_id") == "s2") & (pl.col("take") == 2))
    assert broken.select("turn", "ended").rows() == [(1, "failed"), (2, "failed")]
    tries = [request.attempt for request in engine.asked if request.seed_parts[1:] == ("s2", 2, 3)]
    assert tries == [0, 1]
    assert rows["ended"].value_counts().sort("ended").rows() == [("failed", 2), ("limit", 18)]


def test_dialogue_whose_first_turn_fails_has_no_row(played):
    rows, _ = played(lambda request: "" if request.seed_parts[1] == "s1" else speaking(request))
    assert rows["scenario_id"].unique().to_list() == ["s2"]


def test_teacher_that_never_gives_a_turn_is_told(played):
    with pytest.raises(InputError, match="no valid turn at all"):
        played(lambda request: "no JSON")


def test_prompt_tells_the_culture_by_phrases(scenario_row, japan):
    shown = messages(scenario_row(), [Turn(action="speak", utterance="Hi.")], "b", japan)
    assert "Japan" in shown[0]["content"]
    assert "uttermost secular" in shown[0]["content"]
    assert [message["role"] for message in shown] == ["system", "user"]


@pytest.mark.parametrize(
    ("action", "utterance", "expected"),
    [
        ("speak", " Good morning. ", "Kenji: Good morning."),
        ("non-verbal", "bows", "Kenji (bows)"),
        ("non-verbal", " ", "Kenji (makes a gesture)"),
        ("none", "ignored", "Kenji says nothing."),
        ("leave", "I must go.", "Kenji: I must go. Kenji leaves."),
        ("leave", "", "Kenji leaves."),
    ],
)
def test_turns_are_told_as_people_read_them(action, utterance, expected):
    assert say(action, utterance, "Kenji") == expected


def test_transcript_numbers_the_turns(utterance_rows):
    assert transcript(utterance_rows()) == "1. Kenji: line 1\n2. Kenji: line 2"


def test_dialogues_are_grouped_in_the_table_s_order_and_turns_by_number(utterance_rows):
    rows = utterance_rows("b", 2) + utterance_rows("a", 1)[::-1]
    found = grouped(pl.DataFrame(rows))
    assert [key for key, _ in found] == [("b", 2), ("a", 1)]
    assert [row["turn"] for row in found[1][1]] == [1, 2]
