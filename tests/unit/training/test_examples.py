"""Examples: the assistant is the person the prompt names, nothing private is told, held-out scenarios stay out."""

import logging

import numpy as np
import polars as pl
import pytest

from clca import artifacts, schemas
from clca.errors import InputError
from clca.training.examples import build, counts, line, perspective

TASKS = ["perspective", "intent"]


def scenario(number):
    people = {}
    for side, name in (("a", f"Kenji{number}"), ("b", f"Aiko{number}")):
        people |= {f"{side}_name": name, f"{side}_age": 30, f"{side}_gender": "person"}
        people |= {f"{side}_occupation": f"baker of {name}", f"{side}_background": f"{name} grew up by the sea."}
        people |= {f"{side}_goal": f"GOAL-{name}", f"{side}_secret": f"SECRET-{name}"}
    head = {"culture": "japan", "scenario_id": f"s{number}", "source": "seed", "source_id": "x", "author": "m"}
    return head | {"topic": "tea", "setting": f"A teahouse {number}.", "relationship": "neighbours"} | people


def dialogue(number, take, actions):
    """Every line says whose it is and which turn, so that a swapped line shows."""
    rows = []
    for turn, action in enumerate(actions, start=1):
        side = "ab"[(turn - 1) % 2]
        said = "" if action == "none" else f"line {turn} of {side}"
        key = {"culture": "japan", "scenario_id": f"s{number}", "take": take, "turn": turn, "exchange": (turn + 1) // 2}
        name = scenario(number)[f"{side}_name"]
        rows.append(key | {"speaker": side, "name": name, "action": action, "utterance": said} | {"ended": "leave"})
    return rows


@pytest.fixture
def tables():
    actions = ["speak", "non-verbal", "speak", "none", "leave"]
    turns = [row for number in range(6) for take in (1, 2) for row in dialogue(number, take, actions[: 5 - number % 3])]
    meant = [
        {key: row[key] for key in ("culture", "scenario_id", "take", "turn")}
        | {"intent": f"wants {row['turn']}", "relation": "cultural" if row["turn"] % 2 else "generic"}
        for row in turns
    ]
    return pl.DataFrame([scenario(number) for number in range(6)]), pl.DataFrame(turns), pl.DataFrame(meant)


def made(tables, tasks=TASKS, share=0.3, seed=1):
    return build(*tables, tasks, "Japan", share, np.random.default_rng(seed))


def test_examples_fit_the_schema_and_come_back_the_same(tables, tmp_path):
    examples = made(tables)
    artifacts.write(examples, tmp_path / "examples.jsonl", schemas.Example)
    assert artifacts.read(tmp_path / "examples.jsonl", schemas.Example).equals(examples)
    assert len(examples) == 3 * 12


def test_assistant_speaks_exactly_the_lines_of_the_person_the_prompt_names(tables):
    scenarios, dialogues, _ = tables
    for row in made(tables).filter(pl.col("task") == "perspective").to_dicts():
        own = scenarios.row(by_predicate=pl.col("scenario_id") == row["scenario_id"], named=True)
        other = "b" if row["side"] == "a" else "a"
        system, *turns = row["messages"]
        assert own[f"{row['side']}_name"] in system["content"]
        assert own[f"{other}_name"] not in system["content"]
        told = dialogues.filter((pl.col("scenario_id") == row["scenario_id"]) & (pl.col("take") == row["take"]))
        for role, side in (("assistant", row["side"]), ("user", other)):
            lines = [line(t["action"], t["utterance"]) for t in told.to_dicts() if t["speaker"] == side]
            said = [turn["content"] for turn in turns if turn["role"] == role]
            if role == "assistant":
                assert said == lines
            else:
                # Side a opens, so the user's first message is ours; what follows a's last line is left out.
                heard = said[1:] if row["side"] == "a" else said
                assert heard == lines[: len(heard)]
                assert len(heard) >= len(lines) - 1


def test_every_conversation_alternates_from_the_user_to_the_assistant(tables):
    for messages in made(tables)["messages"].to_list():
        roles = [message["role"] for message in messages]
        assert roles == ["system", *["user", "assistant"] * (len(roles) // 2)]
        assert all(message["content"].strip() for message in messages)


def test_goals_secrets_and_phrases_of_dimensions_are_nowhere(tables):
    text = str(made(tables)["messages"].to_list())
    for private in ("GOAL", "SECRET", "hierarchical", "indulgent", "uncertainty"):
        assert private not in text
    assert "member of the culture of Japan" in text


def test_scenarios_are_on_one_side_only_with_all_their_takes(tables):
    examples = made(tables)
    sides = examples.group_by("scenario_id").agg(pl.col("split").n_unique())
    assert sides["split"].to_list() == [1] * 6
    assert examples.filter(pl.col("split") == "heldout")["scenario_id"].n_unique() == 2


@pytest.mark.parametrize(("share", "expected"), [(0.001, 1), (0.999, 5)])
def test_both_sides_have_a_scenario_at_any_share(tables, share, expected):
    heldout = made(tables, share=share).filter(pl.col("split") == "heldout")
    assert heldout["scenario_id"].n_unique() == expected


def test_seed_pins_the_split_and_tasks_do_not_change_it(tables):
    def heldout(**options):
        return set(made(tables, **options).filter(pl.col("split") == "heldout")["scenario_id"])

    assert heldout() == heldout(tasks=["intent"]) == heldout(tasks=["perspective"])
    assert len({frozenset(heldout(seed=seed)) for seed in range(10)}) > 1


def test_too_few_scenarios_are_told(tables):
    one = [table.filter(pl.col("scenario_id") == "s0") for table in tables]
    with pytest.raises(InputError, match="1 scenarios give an example"):
        made(one)
    with pytest.raises(InputError, match="heldout_share = 0"):
        made(tables, share=0)


def test_dialogue_without_its_scenario_is_told(tables):
    with pytest.raises(InputError, match="scenario 's0'"):
        made((tables[0].slice(1), *tables[1:]))


@pytest.mark.parametrize("missing", ["null", "absent"])
def test_missing_intent_drops_the_dialogues_intent_example_and_is_counted(tables, missing, caplog):
    scenarios, dialogues, meant = tables
    hit = (pl.col("scenario_id") == "s1") & (pl.col("take") == 2) & (pl.col("turn") == 2)
    if missing == "null":
        gone = [pl.when(hit).then(None).otherwise(pl.col(name)).alias(name) for name in ("intent", "relation")]
        meant = meant.with_columns(gone)
    else:
        meant = meant.filter(~hit)
    with caplog.at_level(logging.INFO):
        examples = made((scenarios, dialogues, meant))
    assert "1 intent examples" in caplog.text
    assert len(examples) == 3 * 12 - 1
    assert "s1/2/intent" not in examples["example_id"].to_list()
    assert "unknown" not in str(examples["messages"].to_list())


def test_intents_name_expectations_where_they_are_cultural(tables):
    messages = made(tables).row(by_predicate=pl.col("example_id") == "s0/1/intent", named=True)["messages"]
    assert messages[1]["content"] == "Kenji0: line 1 of a"
    cultural, generic = messages[2]["content"], messages[4]["content"]
    assert cultural.startswith("Intent: wants 1")
    assert "expectations" in cultural
    assert generic == "Intent: wants 2"


def test_counts_say_how_many_of_each_task_and_split(tables):
    table = counts(made(tables))
    assert table.rows() == [
        ("intent", "heldout", 4),
        ("intent", "train", 8),
        ("perspective", "heldout", 8),
        ("perspective", "train", 16),
    ]


def test_side_without_a_line_has_no_perspective():
    assert perspective(scenario(0), dialogue(0, 1, ["leave"]), "b", "Japan") is None


@pytest.mark.parametrize(
    ("action", "utterance", "expected"),
    [
        ("speak", " Good morning. ", "Good morning."),
        ("speak", " ", "*says nothing*"),
        ("none", "", "*says nothing*"),
        ("non-verbal", "bows", "*bows*"),
        ("non-verbal", "*bows*", "*bows*"),
        ("non-verbal", "", "*makes a gesture*"),
        ("leave", "I must go.", "I must go. *leaves*"),
        ("leave", "", "*leaves*"),
    ],
)
def test_actions_are_told_between_asterisks(action, utterance, expected):
    assert line(action, utterance) == expected
