"""What hosted models cost: accounted for by stage, over all runs, and never above the cap."""

import json

import pytest
from hosted import Server, reply

from clca.engines.base import ChatRequest, Sampling
from clca.engines.factory import journaled
from clca.engines.hosting import Hosting, Price
from clca.engines.usage import most_tokens
from clca.errors import InputError
from clca.models import ModelSpec

# Per token, in millionths of a dollar.
PRICE = Price(input=1, output=10)
# A request of one letter at most: its letter, the template's 16, `""` for what else is sent, and 20 of a reply.
MOST = (1 + 16 + 2) * 1e-6 + 20 * 10e-6
# What it really costs: 5 tokens of prompt and 10 of a reply.
REAL = 5 * 1e-6 + 10 * 10e-6


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-marker")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as server:
        server.answer = lambda body: reply("x", prompt=5, completion=10)
        yield server


@pytest.fixture
def stage(server, tmp_path):
    """An engine as a stage has it: a fresh process over the same results folder."""

    def make(name="dialogues", structured="schema", **knobs):
        facts = tmp_path / "models/gpt.json"
        facts.parent.mkdir(exist_ok=True)
        facts.write_text('{"name": "gpt-x", "source": "gpt-x", "revision": "gpt-x", "license": null}')
        url = f"http://127.0.0.1:{server.server_port}/v1"
        spec = ModelSpec(engine="openai", source="gpt-x", base_url=url, structured=structured)
        log = tmp_path / f"logs/{name}.log"
        catalogue = {"gpt": {"source": "gpt-x", "gpus": 1, **knobs}}
        hosting = Hosting.of({"models": catalogue, "pathvars": {"results": str(tmp_path / "results")}}, facts, log)
        return journaled(facts, spec, tmp_path / f"results/journal/{name}.jsonl", hosting=hosting)

    return make


@pytest.fixture
def usage(tmp_path):
    return lambda name="dialogues": json.loads((tmp_path / f"logs/{name}.usage.json").read_text())


def requests(letters):
    return [ChatRequest([{"role": "user", "content": one}], Sampling(max_tokens=20), None, (one,)) for one in letters]


def test_usage_and_cost_are_written_beside_the_log(stage, usage):
    stage(price=PRICE.model_dump()).chat(requests("abc"))
    counts = {"requests": 3, "prompt_tokens": 15, "completion_tokens": 30, "cost_usd": 0.000315}
    assert usage() == {"model": "gpt-x", **counts, "price": {"input": 1.0, "output": 10.0}} | {
        "last_run": counts | {"retries": 0}
    }


def test_without_a_price_tokens_are_counted_and_no_cost(stage, usage):
    stage().chat(requests("a"))
    assert (usage()["prompt_tokens"], usage()["cost_usd"], usage()["price"]) == (5, None, None)


def test_a_later_run_adds_to_what_the_journal_holds(stage, usage, tmp_path):
    stage().chat(requests("ab"))
    (tmp_path / "logs/dialogues.usage.json").unlink()
    stage(price=PRICE.model_dump(), structured="prompt").chat(requests("ab"))
    assert (usage()["requests"], usage()["last_run"]["requests"]) == (4, 2)
    stage(price=PRICE.model_dump())
    assert (usage()["requests"], usage()["last_run"]["requests"], usage()["cost_usd"]) == (4, 0, 0.00042)


def test_other_models_and_other_stages_are_not_counted_in_a_stage(stage, usage, tmp_path):
    journal = tmp_path / "results/journal/dialogues.jsonl"
    stage("intents").chat(requests("a"))
    journal.mkdir()
    row = {"key": "k", "kind": "Completion", "reply": {"prompt_tokens": 7, "completion_tokens": 7}}
    row["reply"] |= {"text": "", "finish_reason": "stop"}
    lines = [row | {"model": name, "key": name} for name in ("gpt-x@gpt-x-2", "gpt-x@gpt-xl", "other")] + [row]
    (journal / "other.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"model": "gpt-x@gp')
    stage().chat(requests("a"))
    assert (usage()["requests"], usage()["prompt_tokens"]) == (1, 5)


def test_usage_of_a_failed_stage_is_written(stage, usage, server):
    def answer(body):
        content = body["messages"][0]["content"]
        return (400, {"error": {"message": "no"}}) if content == "b" else reply("x", prompt=5, completion=10)

    server.answer = answer
    with pytest.raises(InputError):
        stage(concurrency=1).chat(requests("abc"))
    assert usage()["requests"] == 1


@pytest.mark.parametrize("concurrency", [1, 16])
@pytest.mark.parametrize("room", [0, 1, 7, 25])
def test_the_cap_is_never_passed_and_is_used_as_far_as_it_goes(stage, usage, server, concurrency, room):
    cap = MOST + room * REAL
    knobs = {"price": PRICE.model_dump(), "concurrency": concurrency, "spending_cap": cap + 1e-9}
    with pytest.raises(InputError) as told:
        stage(**knobs).chat(requests("abcdefghijklmnopqrstuvwxyzABCD"))
    # One more request would have to fit at its most; those that were sent cost what they really did.
    assert usage()["requests"] == len(server.bodies) == room + 1
    assert usage()["cost_usd"] <= cap
    assert "model gpt-x: the spending cap of" in str(told.value)
    assert "raise `spending_cap`" in str(told.value)
    assert "\n" not in str(told.value)


def test_a_rerun_goes_on_from_what_was_spent_by_all_stages(stage, server):
    knobs = {"price": PRICE.model_dump(), "spending_cap": MOST + 4 * REAL + 1e-9}
    stage("intents", **knobs).chat(requests("ab"))
    with pytest.raises(InputError, match="spending cap"):
        stage(**knobs).chat(requests("abcdef"))
    assert len(server.bodies) == 5
    with pytest.raises(InputError, match="spending cap"):
        stage(**knobs).chat(requests("abcdef"))
    assert len(server.bodies) == 5
    more = knobs | {"spending_cap": 1.0}
    assert len(stage(**more).chat(requests("abcdef"))) == 6
    assert len(server.bodies) == 8


def test_what_the_journal_holds_costs_nothing_again(stage, server):
    stage(price=PRICE.model_dump()).chat(requests("ab"))
    tight = {"price": PRICE.model_dump(), "spending_cap": REAL}
    assert len(stage(**tight).chat(requests("ab"))) == 2
    assert len(server.bodies) == 2


def test_a_server_that_counts_no_tokens_cannot_be_capped(stage, server):
    status, whole = reply("x")
    server.answer = lambda body: (status, whole | {"usage": None})
    assert stage().chat(requests("a"))[0].prompt_tokens == 0
    with pytest.raises(InputError, match="reports no tokens"):
        stage("intents", price=PRICE.model_dump(), spending_cap=1.0).chat(requests("a"))


def test_no_prompt_is_longer_than_estimated():
    messages = [{"role": "system", "content": "心配"}, {"role": "user", "content": "a"}]
    assert most_tokens(messages, "{}") == 6 + 1 + 2 * 16 + 2
