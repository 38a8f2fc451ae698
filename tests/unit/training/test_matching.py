"""Matching: as many tokens with a loss and as many steps as `clca`, on the real tokenizer, or a refusal in one line."""

import numpy as np
import polars as pl
import pytest
from embedded_tokenizer import embedded

from clca.errors import InputError
from clca.schemas import Example
from clca.training.masks import tokenised
from clca.training.matching import (
    TOLERANCE,
    Candidate,
    Target,
    accumulation_for,
    choose,
    ends,
    match,
    steps,
    target,
)
from clca.training.problems import generate

LENGTH = 512


def candidates(control="mathchat", count=600, joined=1, seed=1):
    rows = generate(control, count, np.random.default_rng(seed)).to_dicts()
    groups = [rows[start : start + joined] for start in range(0, count - joined + 1, joined)]
    return [Candidate(f"c{n}", [row["messages"] for row in group]) for n, group in enumerate(groups)]


def matched(some, wanted, batch_size=2):
    return match(some, wanted, batch_size, embedded(), LENGTH, "mine")


def examples(rows):
    """`Example` rows of conversations, the last one held out."""
    key = {"task": "multi_turn", "take": 1, "side": None}
    table = [
        {"example_id": f"e{n}", "scenario_id": f"e{n}", "messages": row} | key | {"split": "train"}
        for n, row in enumerate(rows)
    ]
    table[-1]["split"] = "heldout"
    return pl.DataFrame(table, schema=Example.dtypes())


@pytest.mark.parametrize("examples_there", range(1, 60))
@pytest.mark.parametrize("batch_size", [1, 2, 3])
def test_an_accumulation_is_found_exactly_where_one_gives_the_steps(examples_there, batch_size):
    possible = {steps(examples_there, batch_size, accumulation) for accumulation in range(1, examples_there + 1)}
    for wanted in range(1, examples_there + 2):
        found = accumulation_for(examples_there, batch_size, wanted)
        assert (found is not None) == (wanted in possible)
        assert found is None or steps(examples_there, batch_size, found) == wanted


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("control", "joined"), [("gsm8k", 1), ("mathchat", 1), ("mathchat", 2)])
@pytest.mark.parametrize("clca", [Target(3000, 5), Target(9000, 14), Target(9000, 3), Target(15000, 26)], ids=str)
def test_tokens_are_within_two_percent_and_steps_the_same(clca, control, joined, seed):
    found = matched(candidates(control, 600, joined, seed), clca)
    assert abs(found.tokens - clca.tokens) <= TOLERANCE * clca.tokens
    assert steps(len(found.chosen), 2, found.accumulation) == clca.steps
    assert len({one.example_id for one in found.chosen}) == len(found.chosen)


def test_what_was_counted_is_what_the_training_sees():
    found = matched(candidates(), Target(4000, 6))
    rows = [*(one.messages(found.turns) for one in found.chosen), candidates()[0].messages()]
    assert target(examples(rows), embedded(), LENGTH, 2, found.accumulation) == Target(found.tokens, 6)


def test_an_example_that_is_too_long_counts_as_the_training_cuts_it():
    long = [message for one in candidates(count=20) for message in one.messages()]
    short = candidates(count=1)[0].messages()
    seen, _ = tokenised(examples([long, short]), embedded(), LENGTH)
    tokens = sum(label != -100 for label in seen["train"][0]["labels"])
    assert matched([Candidate("long", [long])], Target(tokens, 1)).tokens == tokens


def test_the_first_are_taken_where_they_will_do():
    some = candidates(count=40)
    total = target(examples([*(one.messages() for one in some), some[0].messages()]), embedded(), LENGTH, 2, 4)
    found = matched(some, total)
    assert found.chosen == some
    assert found.turns is None


def test_conversations_are_cut_alike_where_whole_ones_are_too_few_for_the_steps():
    some = candidates(count=300, joined=3)
    clca = Target(7000, 20)
    found = matched(some, clca)
    assert found.turns is not None
    assert all(len(ends(one.messages(found.turns))) == 3 * found.turns for one in found.chosen)
    assert abs(found.tokens - clca.tokens) <= TOLERANCE * clca.tokens
    assert steps(len(found.chosen), 2, found.accumulation) == clca.steps


def test_a_corpus_that_is_too_small_says_how_many_tokens_are_missing_and_repeats_nothing():
    with pytest.raises(InputError, match=r"variants\.mine: its data have (\d+) tokens") as caught:
        matched(candidates(count=10), Target(50000, 5))
    there, wanted, lacking = (int(word) for word in str(caught.value).replace(":", "").split() if word.isdigit())
    assert (wanted, lacking) == (50000, 50000 - there)
    assert "\n" not in str(caught.value)


def test_steps_that_no_choice_has_are_told():
    with pytest.raises(InputError, match=r"no choice among its 4 examples has .* in 3 steps") as caught:
        match([Candidate(str(n), one.parts) for n, one in enumerate(candidates("gsm8k", 4))], Target(150, 3), 2,
              embedded(), LENGTH, "mine")  # fmt: skip
    assert "give it more data" in str(caught.value)


@pytest.mark.parametrize("seed", range(20))
def test_any_mixture_of_lengths_is_matched(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(20, 400, size=int(rng.integers(100, 900)))
    batch_size = int(rng.integers(1, 5))
    wanted = Target(int(sizes.sum() * rng.uniform(0.2, 0.5)), int(rng.integers(1, 1 + len(sizes) // (8 * batch_size))))
    chosen = choose(sizes, wanted, batch_size)
    assert chosen is not None
    assert len(set(chosen)) == len(chosen)
    assert abs(sizes[chosen].sum() - wanted.tokens) <= TOLERANCE * wanted.tokens
    assert accumulation_for(len(chosen), batch_size, wanted.steps) is not None


def test_an_example_without_a_loss_is_never_taken():
    sizes = np.array([0, 10, 0, 10, 10, 0, 10])
    assert choose(sizes, Target(30, 3), 1) == [1, 3, 4]
    assert choose(np.zeros(3, dtype=int), Target(30, 3), 1) is None
