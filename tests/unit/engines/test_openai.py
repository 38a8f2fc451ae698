"""Hosted models, against a server on this machine that speaks their protocol."""

import json
import math
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import BaseModel

from clca.engines.base import ChatRequest, ChooseRequest, Completion, Sampling
from clca.engines.openai import OpenAIEngine, _with_schema
from clca.errors import InputError
from clca.models import ModelSpec

KEY = "sk-marker"


class Answer(BaseModel):
    value: int


class Server(ThreadingHTTPServer):
    """Replies to each request with what `answer(body)` gives: a status and a JSON object."""

    answer = None

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies, self.keys = [], []


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.bodies.append(body)
        self.server.keys.append(self.headers["Authorization"])
        status, reply = self.server.answer(body)
        content = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if status == 429:
            self.send_header("retry-after-ms", "10")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    server = Server()
    server.answer = lambda body: reply(body["messages"][-1]["content"].upper())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def engine(server, monkeypatch):
    monkeypatch.setenv("MY_KEY", KEY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def make(max_retries=0, **changed):
        url = f"http://127.0.0.1:{server.server_port}/v1"
        return OpenAIEngine(
            ModelSpec(engine="openai", source="gpt-x", key_variable="MY_KEY", base_url=url, **changed), max_retries
        )

    return make


def reply(text, finish="stop", logprobs=None):
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}
    usage = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
    head = {"id": "1", "object": "chat.completion", "created": 1, "model": "gpt-x", "usage": usage}
    return 200, head | {"choices": [choice | {"logprobs": logprobs}]}


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


def test_cut_off_reply_says_so(engine, server):
    server.answer = lambda body: reply('{"value', "length")
    assert engine().chat([request("a")])[0].finish_reason == "length"


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
    assert engine(max_retries=2).chat([request("a")])[0].text == "done"
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
