"""Variants' examples: controls and other dialogues have the schema, the held-out share and a card that is true."""

import numpy as np
import polars as pl
import pytest
from embedded_tokenizer import embedded
from small_training import ORIGIN, SMALL

from clca import artifacts, schemas
from clca.config import CONTROLS
from clca.errors import InputError
from clca.training.card import card
from clca.training.examples import build, counts
from clca.training.finetune import decisive
from clca.training.matching import TOLERANCE, steps
from clca.training.problems import generate
from clca.training.variant_card import retold
from clca.training.variants import Data, Training, file_of, matched, problems

TRAINING = Training(embedded(), max_length=512, batch_size=1, accumulation=4)
SHARE = 0.1


def dialogues(scenario_row, utterance_rows, number, takes=2, turns=6):
    """Scenarios, and their dialogues with lines of different lengths."""
    names = [f"s{n}" for n in range(number)]
    rows = [row for name in names for take in range(1, takes + 1) for row in utterance_rows(name, take, turns)]
    said = [row | {"utterance": "I see. " * (1 + index % 7)} for index, row in enumerate(rows)]
    return pl.DataFrame([scenario_row(name) for name in names]), pl.DataFrame(said)


def perspectives(scenarios, utterances):
    return build(scenarios, utterances, pl.DataFrame(), ["perspective"], "Japan", SHARE, np.random.default_rng(1))


@pytest.fixture
def clca(scenario_row, utterance_rows):
    return perspectives(*dialogues(scenario_row, utterance_rows, 12))


def control(corpus, clca, joined=1, seed=1):
    table = generate(corpus, 1500, np.random.default_rng(0))
    rng = np.random.default_rng(seed)
    made = problems(table, CONTROLS[corpus], joined, SHARE, rng)
    return matched(made, CONTROLS[corpus], clca, TRAINING, SHARE, rng, corpus)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("corpus", "joined"), [("gsm8k", 1), ("mathchat", 1), ("mathchat", 2)])
def test_a_control_is_matched_and_fits_the_schema(corpus, joined, seed, clca, tmp_path):
    examples, found, wanted = control(corpus, clca, joined, seed)
    artifacts.write(examples, tmp_path / "examples.jsonl", schemas.Example)
    train = examples.filter(pl.col("split") == "train")
    assert abs(found.tokens - wanted.tokens) <= TOLERANCE * wanted.tokens
    assert steps(len(train), TRAINING.batch_size, found.accumulation) == wanted.steps
    assert train["task"].unique().to_list() == [CONTROLS[corpus]]
    held = len(examples) - len(train)
    assert held == max(1, round(SHARE / (1 - SHARE) * len(train)))


def test_no_problem_is_held_out_and_trained_on(clca):
    examples, *_ = control("mathchat", clca, joined=2)
    ids = [name for row in examples["scenario_id"].to_list() for name in row.split("+")]
    assert len(set(ids)) == len(ids)


def test_joined_problems_are_one_conversation_in_turn(clca):
    examples, *_ = control("mathchat", clca, joined=2)
    for said in examples["messages"].to_list():
        roles = [message["role"] for message in said]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        assert len(roles) >= 4


def test_the_seed_decides_which_problems_are_taken(clca):
    one, same, other = (control("gsm8k", clca, seed=seed)[0] for seed in (1, 1, 2))
    assert one.equals(same)
    assert set(one["scenario_id"]) != set(other["scenario_id"])


def test_other_dialogues_are_matched_and_keep_their_scenarios_apart(clca, scenario_row, utterance_rows):
    wiki = perspectives(*dialogues(scenario_row, utterance_rows, 40, turns=8))
    examples, found, wanted = matched(wiki, "perspective", clca, TRAINING, SHARE, np.random.default_rng(1), "wiki")
    assert abs(found.tokens - wanted.tokens) <= TOLERANCE * wanted.tokens
    assert examples.group_by("scenario_id").agg(pl.col("split").n_unique())["split"].max() == 1
    assert examples["example_id"].n_unique() == len(examples)
    assert set(examples["example_id"]) <= set(wiki["example_id"])


def test_too_few_dialogues_are_told_and_not_repeated(clca, scenario_row, utterance_rows):
    few = perspectives(*dialogues(scenario_row, utterance_rows, 4))
    with pytest.raises(InputError, match="are missing, and none is taken twice"):
        matched(few, "perspective", clca, TRAINING, SHARE, np.random.default_rng(1), "wiki")


def test_a_single_problem_is_told():
    table = generate("mathchat", 3, np.random.default_rng(0))
    with pytest.raises(InputError, match="1 examples of problems"):
        problems(table, "multi_turn", 2, SHARE, np.random.default_rng(0))


def test_data_name_the_table_beside_them(tmp_path):
    data = Data(examples="examples.jsonl", corpus="gsm8k", origin="generated", accumulation=3)
    artifacts.write_record(data.model_dump(), tmp_path / "training_data.json", Data)
    assert file_of(tmp_path / "training_data.json") == (tmp_path / "examples.jsonl", data)
    (tmp_path / "training_data.json").write_text('{"examples": "../else.jsonl", "corpus": "gsm8k"}')
    with pytest.raises(InputError, match=r"examples = '\.\./else\.jsonl'"):
        file_of(tmp_path / "training_data.json")


def told(data, examples, tasks):
    """The card of an adapter that was trained on `data`."""
    log = [{"step": 1, "epoch": 0.5, "loss": 2.0}, {"step": 1, "epoch": 1.0, "heldout_loss": 2.1}]
    origin = ORIGIN.model_copy(update={"tasks": tasks})
    return retold(card(origin, counts(examples), decisive(SMALL), log, "Of 9 examples, 0 were cut."), data)


MATCHED = {"seed": 42, "wanted_tokens": 4450, "tokens": 4433, "steps": 16}


@pytest.mark.parametrize(
    ("corpus", "origin", "shown"),
    [
        ("gsm8k", "generated", "fine-tuning on arithmetic problems with a worked answer"),
        ("mathchat", "sync.json", "from sync.json"),
        ("gsm8k", "openai/gsm8k, revision 0123", "from openai/gsm8k, revision 0123"),
    ],
)
def test_the_card_of_a_control_speaks_of_problems_and_of_no_dialogues_or_culture(corpus, origin, shown, clca):
    examples, *_ = control(corpus, clca)
    data = Data(examples="e.jsonl", corpus=corpus, origin=origin, accumulation=5, matched=MATCHED)
    text = told(data, examples, (CONTROLS[corpus],))
    assert shown in text
    assert f"# org/SmolLM2: control `{corpus}` for the culture of Japan" in text
    assert "4450 tokens that bear a loss and 16 optimiser steps: here it has 4433" in text
    assert "an accumulation of 5" in text
    assert "problems than the training data" in text
    for untrue in ("dialogues", "adapted to", "teacher", "filtered", "stereotypes", "intents"):
        assert untrue not in text


def test_the_card_says_what_was_not_filtered_and_what_people_talked_about(clca):
    unfiltered = told(Data(examples="e", corpus="social", filtered=False), clca, ("perspective", "intent"))
    assert "written by a language model and not filtered" in unfiltered
    assert "on the intents behind their turns" in unfiltered
    assert "Matched" not in unfiltered
    wiki = told(Data(examples="e", corpus="wiki", filtered=False, cut=3, accumulation=2, matched=MATCHED), clca,
                ("perspective",))  # fmt: skip
    assert "conversations about facts of the culture, without social goals." in wiki
    assert "cut after 3 of the assistant's turns" in wiki
    assert "social dialogues" not in wiki
    assert "intents" not in told(Data(examples="e", corpus="social"), clca, ("perspective",))


def test_a_card_with_other_passages_is_not_changed_in_silence():
    with pytest.raises(ValueError, match="no passage"):
        retold("# A card\n", Data(examples="e", corpus="gsm8k", origin="generated"))
