"""Hosted models, against a server on this machine that speaks their protocol."""

import math
import threading
import time

import pytest
from hosted import Server, reply
from pydantic import BaseModel

from clca.engines.base import ChatRequest, ChooseRequest, Completion, Sampling
from clca.engines.hosting import Hosting
from clca.engines.openai import OpenAIEngine, _with_schema, unfenced
from clca.engines.structured import ask
from clca.engines.usage import Ledger
from clca.errors import InputError
from clca.models import ModelSpec

KEY = "sk-marker"
ONCE = Hosting(retries=0)


class Answer(BaseModel):
    value: int


@pytest.fixture
def server():
    with Server() as server:
        server.answer = lambda body: reply(body["messages"][-1]["content"].upper())
        yield server


@pytest.fixture
def engine(server, monkeypatch):
    monkeypatch.setenv("MY_KEY", KEY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def make(hosting=ONCE, **changed):
        url = f"http://127.0.0.1:{server.server_port}/v1"
        spec = ModelSpec(engine="openai", source="gpt-x", key_variable="MY_KEY", base_url=url, **changed)
        return OpenAIEngine(spec, Ledger("gpt-x@gpt-x", hosting))

    return make


def first_token(*found):
    tops = [{"token": token, "logprob": logprob, "bytes": None} for token, logprob in found]
    return reply("1", logprobs={"content": [tops[0] | {"top_logprobs": tops}], "refusal": None})


def request(text, schema=None):
    return ChatRequest([{"role": "user", "content": text}], Sampling(temperature=0.5, max_tokens=9), schema, (text,))


def test_replies_come_in_the_order_asked_and_each_is_heard_of(engine, server):
    heard = []
    replies = engine().chat([request("a"), request("b"), request("c")], lambda index, _: heard.append(index))
    assert replies == [Completion(text, "stop", 3, 5) for text in "ABC"]
    assert sorted(heard) == [0, 1, 2]
    sent = {body["messages"][0]["content"]: body for body in server.bodies}
    assert sent["a"]["seed"] == request("a").seed
    assert (sent["a"]["temperature"], sent["a"]["max_tokens"], sent["a"]["model"]) == (0.5, 9, "gpt-x")
    assert set(server.keys) == {f"Bearer {KEY}"}


def test_what_the_listener_asks_next_is_asked_under_the_same_index(engine, server):
    heard = []

    def further(index, got):
        heard.append((index, got.text))
        return request(got.text.lower() + "-next") if "NEXT" not in got.text else None

    replies = engine(Hosting(retries=0, concurrency=1)).chat([request("a"), request("b")], further)
    assert [got.text for got in replies] == ["A-NEXT", "B-NEXT"]
    assert heard == [(0, "A"), (0, "A-NEXT"), (1, "B"), (1, "B-NEXT")]
    assert len(server.bodies) == 4


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("stop", "stop"), ("length", "length"), ("content_filter", "filter"), ("tool_calls", "stop"), (None, "stop")],
)
def test_the_reason_to_stop_is_told(engine, server, theirs, ours):
    server.answer = lambda body: reply('{"value', theirs)
    assert engine().chat([request("a")])[0].finish_reason == ours


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ('{"value": 1}', '{"value": 1}'),
        ('```json\n{"value": 1}\n```', '{"value": 1}'),
        ('\n```\n{\n  "value": 1\n}\n```\n', '{\n  "value": 1\n}'),
        ('```JSON \n{"value": 1}```', '{"value": 1}'),
        # A fence around all of it is stripped, and nothing more.
        ('Sure! ```json\n{"value": 1}\n```', 'Sure! ```json\n{"value": 1}\n```'),
        ('```json\n{"value": 1}\n```\nEnjoy!', '```json\n{"value": 1}\n```\nEnjoy!'),
        ('```json\n{"val', '```json\n{"val'),
        ('```python\n{"value": 1}\n```', '```python\n{"value": 1}\n```'),
        ("```", "```"),
        ("", ""),
    ],
)
def test_a_fence_is_stripped_and_nothing_more(text, bare):
    assert unfenced(text) == bare


def test_a_fence_is_accepted_where_the_schema_is_in_the_prompt_and_nowhere_else(engine, server):
    fenced = '```json\n{"value": 1}\n```'
    server.answer = lambda body: reply(fenced)
    told, enforced = engine(structured="prompt"), engine()
    assert ask(told, [request("a", Answer)], Answer, 1) == [Answer(value=1)]
    assert ask(enforced, [request("a", Answer)], Answer, 1) == [None]
    assert told.chat([request("a")])[0].text == fenced


def test_requests_under_way_are_bounded(engine, server):
    under_way, most, lock = 0, 0, threading.Lock()

    def answer(body):
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.05)
        with lock:
            under_way -= 1
        return reply("x")

    server.answer = answer
    engine(Hosting(concurrency=3)).chat([request(str(n)) for n in range(12)])
    assert most == 3


def test_schema_is_enforced_by_the_server_or_told_in_the_prompt(engine, server):
    engine().chat([request("a", Answer)])
    engine(structured="prompt").chat([request("a", Answer)])
    enforced, told = server.bodies
    assert enforced["response_format"]["json_schema"]["schema"]["required"] == ["value"]
    assert enforced["messages"][0]["content"] == "a"
    assert "response_format" not in told
    assert '"required": ["value"]' in told["messages"][0]["content"]


def test_schema_is_told_in_the_last_message_only_and_the_request_stays_as_it_is():
    messages = [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]
    told = _with_schema(messages, {"type": "object"})
    assert told[0] == messages[0]
    assert told[1]["content"].startswith("u\n\n")
    assert told[1]["content"].endswith('{"type": "object"}')
    assert messages[1]["content"] == "u"


def test_busy_server_is_asked_again(engine, server):
    tries = []

    def answer(body):
        tries.append(1)
        return reply("done") if len(tries) > 1 else (429, {"error": {"message": "slow down"}})

    server.answer = answer
    assert engine(Hosting(retries=2)).chat([request("a")])[0].text == "done"
    assert len(tries) == 2


def test_refusal_is_told_in_one_line_without_the_key_and_answers_before_it_are_heard(engine, server):
    heard = []
    server.answer = lambda body: (404, {"error": {"message": "no such model"}})
    with pytest.raises(InputError) as told:
        engine().chat([request("a")], lambda index, _: heard.append(index))
    assert str(told.value).startswith("model gpt-x: no reply (")
    assert "no such model" in str(told.value)
    assert "\n" not in str(told.value)
    assert KEY not in str(told.value)
    assert heard == []


def test_a_refusal_that_repeats_the_key_is_told_without_it(engine, server):
    server.answer = lambda body: (401, {"error": {"message": f"Incorrect API key provided: {KEY}.\nSee our page."}})
    with pytest.raises(InputError) as told:
        engine().chat([request("a")])
    assert "Incorrect API key provided: ***." in str(told.value)
    assert KEY not in str(told.value)
    assert "\n" not in str(told.value)


def test_after_a_refusal_nothing_is_begun_and_what_is_under_way_is_heard(engine, server):
    refused = threading.Event()

    def answer(body):
        if body["messages"][0]["content"] == "0":
            refused.set()
            return 400, {"error": {"message": "no"}}
        refused.wait()
        time.sleep(0.2)
        return reply("x")

    heard = []
    server.answer = answer
    with pytest.raises(InputError, match="no reply"):
        engine(Hosting(retries=0, concurrency=4)).chat(
            [request(str(n)) for n in range(20)], lambda index, _: heard.append(index)
        )
    assert sorted(heard) == [1, 2, 3]
    assert len(server.bodies) == 4


def test_choice_comes_from_the_first_token_and_options_that_are_not_there_count_as_nothing(engine, server):
    server.answer = lambda body: first_token((" 2", math.log(0.5)), ("1", math.log(0.25)), ("I", math.log(0.2)))
    (choice,) = engine().choose([ChooseRequest([{"role": "user", "content": "?"}], ("1", "2", "3"))])
    assert choice.option == 1
    assert choice.logprobs == pytest.approx((math.log(0.25), math.log(0.5), -9999.0))
    assert choice.mass == pytest.approx(0.75)
    assert server.bodies[0]["max_tokens"] == 1


def test_server_without_log_probabilities_is_told(engine, server):
    with pytest.raises(InputError, match="the server gives no log-probabilities"):
        engine().choose([ChooseRequest([{"role": "user", "content": "?"}], ("1", "2"))])


def test_missing_key_is_told_before_anything_is_sent(engine, server, monkeypatch):
    monkeypatch.delenv("MY_KEY")
    with pytest.raises(InputError, match="MY_KEY is not set"):
        OpenAIEngine(ModelSpec(engine="openai", source="gpt-x", key_variable="MY_KEY"))
    assert server.bodies == []


def test_a_reply_that_cannot_be_kept_ends_it_in_one_line_and_others_under_way_are_heard(engine):
    heard = []

    def keep(index, _):
        heard.append(index)
        if index == 0:
            raise InputError("no room")

    with pytest.raises(InputError, match=r"^no room$"):
        engine().chat([request("a"), request("b")], keep)
    assert 0 in heard
