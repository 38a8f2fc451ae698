"""Servers that misbehave: each fault costs retries, and no result."""

import time

import pytest
from hosted import Server, reply
from misbehaving import FAULTS, Proxy

from clca.engines.base import ChatRequest, Completion, Sampling
from clca.engines.hosting import Hosting
from clca.engines.journal import Journal, Journaled
from clca.engines.openai import OpenAIEngine
from clca.engines.usage import Ledger
from clca.errors import InputError
from clca.models import ModelSpec

KEY = "sk-marker"
STALLED = 1.0


@pytest.fixture
def server():
    with Server() as server:
        server.answer = lambda body: reply(body["messages"][0]["content"].upper())
        yield server


@pytest.fixture
def engine(monkeypatch):
    monkeypatch.setenv("MY_KEY", KEY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def make(port, **knobs):
        url = f"http://127.0.0.1:{port}/v1"
        spec = ModelSpec(engine="openai", source="gpt-x", key_variable="MY_KEY", base_url=url)
        ledger = Ledger("gpt-x@gpt-x", Hosting(timeout=STALLED, **knobs))
        return OpenAIEngine(spec, ledger), ledger

    return make


def request(text):
    return ChatRequest([{"role": "user", "content": text}], Sampling(max_tokens=9), None, (text,))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_costs_one_retry_and_no_result(server, engine, fault):
    with Proxy(server.server_port, [fault], stall=2 * STALLED) as proxy:
        asked, ledger = engine(proxy.port, retries=2)
        assert asked.chat([request("a")]) == [Completion("A", "stop", 3, 5)]
    assert [name for name, _ in proxy.served] == [fault]
    assert (proxy.requests, len(server.bodies), ledger.retries, ledger.now.requests) == (2, 1, 1, 1)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_stays_ends_in_one_line_that_says_what_it_is(server, engine, fault):
    said = {"busy": "slow down", "error": "500", "stall": "took over 1 s", "broken": "no chat completion"}
    said |= {"page": "no chat completion", "cut": "cannot be reached, or cuts", "torn": "cannot be reached, or cuts"}
    with Proxy(server.server_port, [fault], wait=0.01, stall=2 * STALLED) as proxy:
        proxy.fault = lambda body: fault
        with pytest.raises(InputError) as told:
            engine(proxy.port, retries=1)[0].chat([request("a")])
    assert proxy.requests == 2
    assert said[fault] in str(told.value)
    assert str(told.value).startswith("model gpt-x: no reply")
    assert str(told.value).endswith("what was answered is kept, run again to go on")
    assert "\n" not in str(told.value)


def test_retry_after_is_waited_for(server, engine):
    with Proxy(server.server_port, ["busy"], wait=1.2) as proxy:
        engine(proxy.port, retries=1)[0].chat([request("a")])
        ((_, refused),) = proxy.served
    # Its own first pause would be half a second at most.
    assert time.monotonic() - refused >= 1.2


def test_many_requests_through_all_faults_are_all_answered_and_kept_once(server, engine, tmp_path):
    texts = [f"r{n}" for n in range(40)]
    with Proxy(server.server_port, every=3, wait=0.1, stall=2 * STALLED) as proxy:
        asked, ledger = engine(proxy.port, retries=2)
        replies = Journaled(lambda: asked, "m", Journal(tmp_path)).chat([request(text) for text in texts])
    assert [reply.text for reply in replies] == [text.upper() for text in texts]
    assert {name for name, _ in proxy.served} == set(FAULTS)
    assert ledger.retries == len(proxy.served) == 13
    assert sorted(body["messages"][0]["content"] for body in server.bodies) == sorted(texts)
    (file,) = tmp_path.glob("*.jsonl")
    assert len(file.read_text().splitlines()) == 40
    assert KEY not in file.read_text()


def test_a_server_that_goes_away_loses_nothing_that_was_answered(server, engine, tmp_path):
    requests = [request(f"r{n}") for n in range(20)]
    with Proxy(server.server_port, []) as proxy:
        proxy.fault = lambda body: "cut" if proxy.requests > 8 else None
        with pytest.raises(InputError, match="cannot be reached"):
            Journaled(lambda: engine(proxy.port, retries=1)[0], "m", Journal(tmp_path)).chat(requests)
        kept = len(Journal(tmp_path).replies())
        assert kept == len(server.bodies) == 8
        proxy.fault = lambda body: None
        Journaled(lambda: engine(proxy.port, retries=1)[0], "m", Journal(tmp_path)).chat(requests)
    assert len(server.bodies) == 20
