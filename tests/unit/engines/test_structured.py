"""Structured replies: a cut-off or invalid one is asked again with the next seed, a bounded number of times."""

import logging
from dataclasses import replace

import pytest
from pydantic import BaseModel, Field

from clca.engines.base import ChatRequest, Completion, Sampling
from clca.engines.structured import ask


class Answer(BaseModel):
    value: int = Field(ge=0)


def requests(*names):
    return [ChatRequest([{"role": "user", "content": name}], Sampling(), Answer, (name,)) for name in names]


def test_objects_come_back_in_the_order_asked(scripted):
    engine = scripted(lambda request: {"value": int(request.seed_parts[0])})
    assert ask(engine, requests("3", "1", "2"), Answer, 2) == [Answer(value=n) for n in (3, 1, 2)]
    assert len(engine.asked) == 3


def test_cut_off_reply_is_asked_again_with_the_next_seed_although_it_parses(scripted):
    def answer(request):
        return {"value": 7} if request.attempt else Completion('{"value": 1}', "length", 3, 5)

    engine = scripted(answer)
    assert ask(engine, requests("x"), Answer, 3) == [Answer(value=7)]
    assert [request.attempt for request in engine.asked] == [0, 1]
    assert engine.asked[0].seed != engine.asked[1].seed
    assert engine.asked[0].messages == engine.asked[1].messages


def test_reply_that_is_always_cut_off_is_given_up_after_the_attempts(scripted, caplog):
    engine = scripted(lambda request: Completion('{"value": 1}', "length", 3, 5))
    with caplog.at_level(logging.WARNING):
        assert ask(engine, requests("x"), Answer, 3) == [None]
    assert [request.attempt for request in engine.asked] == [0, 1, 2]
    assert len({request.seed for request in engine.asked}) == 3
    assert "1 of 1 requests gave no valid reply in 3 attempts" in caplog.text


@pytest.mark.parametrize("reply", ["", "no JSON", '{"value": ', '{"value": -1}', '{"other": 1}', "[]", "null"])
def test_reply_that_does_not_validate_is_asked_again(scripted, reply):
    engine = scripted(lambda request: {"value": 7} if request.attempt else reply)
    assert ask(engine, requests("x"), Answer, 2) == [Answer(value=7)]


def test_only_the_failed_are_asked_again(scripted):
    engine = scripted(lambda request: "" if request.seed_parts == ("b",) and request.attempt < 2 else {"value": 1})
    assert None not in ask(engine, requests("a", "b", "c"), Answer, 3)
    assert [request.seed_parts[0] for request in engine.asked] == ["a", "b", "b", "b", "c"]


def test_each_request_is_heard_of_once_when_answered_or_given_up(scripted):
    heard = []
    engine = scripted(lambda request: {"value": 1} if request.seed_parts[0] == "a" else "")
    ask(engine, requests("b", "a", "c"), Answer, 2, lambda index, found: heard.append((index, found)))
    assert heard == [(0, None), (1, Answer(value=1)), (2, None)]


def test_what_the_listener_asks_next_has_attempts_and_a_schema_of_its_own(scripted):
    class Other(BaseModel):
        word: str

    def answer(request):
        return "" if request.attempt == 0 else {"word": "w"} if request.schema is Other else {"value": 1}

    def further(index, found):
        heard.append((index, found))
        return replace(requests(f"{index} next")[0], schema=Other) if isinstance(found, Answer) else None

    heard, engine = [], scripted(answer)
    assert ask(engine, requests("a", "b"), Answer, 2, further) == [Other(word="w")] * 2
    assert heard == [(n, found) for n in (0, 1) for found in (Answer(value=1), Other(word="w"))]
    assert [(request.seed_parts[0], request.attempt) for request in engine.asked] == [
        (name, attempt) for name in ("a", "0 next", "b", "1 next") for attempt in (0, 1)
    ]


def test_nothing_asked_gives_nothing(scripted):
    assert ask(scripted(lambda request: ""), [], Answer, 2) == []
