"""Requests: seeds are pinned by names, and everything that decides a reply is part of its identity."""

import json

import pytest
from pydantic import BaseModel, ValidationError

from clca.engines.base import ChatRequest, ChooseRequest, Sampling, derive_seed, json_schema


class Reply(BaseModel):
    text: str


class Other(BaseModel):
    number: int


HELLO = [{"role": "user", "content": "Hello"}]


def test_seed_is_the_same_on_every_machine_and_fits_63_bits():
    assert derive_seed(42, "japan-s1", 1, 3, 0) == derive_seed(42, "japan-s1", 1, 3, 0)
    seeds = [derive_seed(number) for number in range(200)]
    assert len(set(seeds)) == 200
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert derive_seed(1) == 7818949063157315524


def test_parts_of_a_seed_do_not_run_into_each_other():
    assert (
        len({derive_seed("ab", "c"), derive_seed("a", "bc"), derive_seed("abc"), derive_seed(1), derive_seed("1")}) == 5
    )


def test_asking_again_changes_the_seed_alone():
    request = ChatRequest(HELLO, Sampling(temperature=0.5), Reply, (1, "s1"))
    again = request.again().again()
    assert (again.attempt, again.seed_parts, again.messages) == (2, request.seed_parts, request.messages)
    assert len({request.seed, request.again().seed, again.seed}) == 3
    assert again.sampling == request.sampling


def test_greedy_request_samples_when_asked_again():
    assert ChatRequest(HELLO, Sampling()).again().sampling.temperature > 0


@pytest.mark.parametrize(
    "changed",
    [
        {"messages": [{"role": "user", "content": "Hallo"}]},
        {"messages": [{"role": "system", "content": "Hello"}]},
        {"sampling": Sampling(max_tokens=9)},
        {"sampling": Sampling(min_p=0.1)},
        {"schema": Reply},
        {"schema": Other},
        {"seed_parts": (2,)},
        {"attempt": 1},
    ],
    ids=str,
)
def test_everything_that_decides_a_reply_is_in_its_identity(changed):
    same = {"messages": HELLO, "sampling": Sampling(), "schema": None, "seed_parts": (1,), "attempt": 0}
    assert ChatRequest(**same).identity() == ChatRequest(**same).identity()
    assert ChatRequest(**same | changed).identity() != ChatRequest(**same).identity()


def test_options_and_their_order_are_in_a_choice_s_identity():
    found = {ChooseRequest(HELLO, options).identity() for options in [("1", "2"), ("2", "1"), ("1", "2", "3")]}
    assert len(found) == 3


@pytest.mark.parametrize(
    "wrong", [{"temperature": -1}, {"top_p": 0}, {"min_p": 2}, {"top_k": -1}, {"max_tokens": 0}, {"n": 2}]
)
def test_sampling_out_of_range_or_unknown_is_refused(wrong):
    with pytest.raises(ValidationError):
        Sampling(**wrong)


def test_schema_of_a_reply_is_closed_all_the_way_down_and_holds_no_docstring():
    class Inner(BaseModel):
        """Words of ours."""

        title: str
        description: int

    class Outer(BaseModel):
        """More words."""

        inner: Inner

    schema = json_schema(Outer)
    assert "ords" not in json.dumps(schema)
    assert schema["additionalProperties"] is False
    (inner,) = schema["$defs"].values()
    assert inner["additionalProperties"] is False
    assert set(inner["properties"]) == {"title", "description"} == set(inner["required"])
