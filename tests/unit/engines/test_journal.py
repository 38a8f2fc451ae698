"""The journal: nothing is asked twice, whatever a kill leaves behind."""

import hashlib
import json
import resource
from dataclasses import replace

import pytest

from clca.engines.base import ChatRequest, Choice, ChooseRequest, Completion, Sampling, json_schema
from clca.engines.journal import Journal, Journaled, request_key
from clca.errors import InputError
from clca.judging import Verdict


def chat(name, **changed):
    return ChatRequest([{"role": "user", "content": name}], Sampling(), seed_parts=(name,), **changed)


def never():
    raise AssertionError("the model was loaded")


@pytest.fixture
def opened(tmp_path, scripted):
    """A fresh process over the same directory: the journaled engine and the model behind it."""

    def run(model="m", directory=tmp_path, answer=lambda request: f"reply to {request.seed_parts[0]}"):
        engine = scripted(answer)
        return Journaled(lambda: engine, model, Journal(directory)), engine

    return run


def asked(engine):
    return [request.seed_parts[0] for request in engine.asked]


def lines(directory):
    return [line for path in sorted(directory.glob("*.jsonl")) for line in path.read_bytes().splitlines(keepends=True)]


def test_second_process_over_the_same_directory_asks_nothing_and_never_loads(opened, tmp_path):
    requests = [chat("a"), chat("b")]
    choices = [ChooseRequest([{"role": "user", "content": "c"}], ("1", "2"))]
    journaled, _ = opened()
    first = journaled.chat(requests), journaled.choose(choices)
    again = Journaled(never, "m", Journal(tmp_path))
    assert (again.chat(requests), again.choose(choices)) == first
    assert isinstance(again.chat(requests)[0], Completion)
    assert isinstance(again.choose(choices)[0], Choice)
    assert isinstance(again.choose(choices)[0].logprobs, tuple)
    assert len(lines(tmp_path)) == 3


def test_only_what_is_new_is_asked_and_replies_keep_their_order(opened):
    opened()[0].chat([chat("b")])
    journaled, engine = opened()
    replies = journaled.chat([chat("a"), chat("b"), chat("c")])
    assert asked(engine) == ["a", "c"]
    assert [reply.text for reply in replies] == ["reply to a", "reply to b", "reply to c"]


def test_model_is_loaded_once_and_only_when_needed(tmp_path, scripted):
    loads = []

    def load():
        loads.append(1)
        return scripted(lambda request: "x")

    journaled = Journaled(load, "m", Journal(tmp_path))
    assert journaled.chat([]) == []
    assert loads == []
    journaled.chat([chat("a")])
    journaled.chat([chat("b")])
    assert loads == [1]


def test_two_journals_share_one_load_and_keep_their_own_replies(tmp_path, scripted):
    loads = []

    def load():
        loads.append(1)
        return scripted(lambda request: "x")

    one = Journaled(load, "m", Journal(tmp_path / "one"))
    other = one.keeping(Journal(tmp_path / "other"))
    one.chat([chat("a")])
    other.chat([chat("a"), chat("b")])
    assert loads == [1]
    assert [len(lines(tmp_path / name)) for name in ("one", "other")] == [1, 2]


def test_rate_is_of_what_the_model_was_asked_and_unknown_before(opened, tmp_path):
    assert Journal(tmp_path).rate() is None
    opened()[0].chat([chat("a")])
    opened()[0].chat([chat("a")])
    (timed,) = tmp_path.glob("*.rates")
    (row,) = Journal(tmp_path).timings()
    assert (row["asked"], sorted(row)) == (1, ["asked", "loading", "seconds"])
    timed.write_text('{"asked": 3, "seconds": 1.0}\n{"asked": 1, "seconds": 1.0}\n{"asked": 9, "sec')
    assert Journal(tmp_path).rate() == 2.0


def test_equal_requests_are_asked_once_and_all_are_answered(opened, tmp_path):
    journaled, engine = opened()
    heard = []
    replies = journaled.chat([chat("a"), chat("b"), chat("a")], lambda index, reply: heard.append((index, reply.text)))
    assert asked(engine) == ["a", "b"]
    assert replies[0] == replies[2]
    assert sorted(heard) == [(0, "reply to a"), (1, "reply to b"), (2, "reply to a")]
    assert len(lines(tmp_path)) == 2


def following(*names):
    """A listener that asks for the next of `names` after each, and what it heard."""
    heard = []

    def further(index, reply):
        heard.append((index, reply.text))
        name = reply.text.removeprefix("reply to ")
        return chat(names[names.index(name) + 1]) if name in names[:-1] else None

    return heard, further


def test_what_the_listener_asks_next_is_asked_and_kept_and_the_last_reply_is_returned(opened, tmp_path):
    journaled, engine = opened()
    heard, further = following("a", "b", "c")
    assert [reply.text for reply in journaled.chat([chat("a"), chat("x")], further)] == ["reply to c", "reply to x"]
    assert asked(engine) == ["a", "b", "c", "x"]
    assert heard == [(0, "reply to a"), (0, "reply to b"), (0, "reply to c"), (1, "reply to x")]
    assert Journal(tmp_path).timings()[0]["asked"] == 4
    heard, further = following("a", "b", "c")
    Journaled(never, "m", Journal(tmp_path)).chat([chat("a"), chat("x")], further)
    assert [text for _, text in heard] == ["reply to a", "reply to b", "reply to c", "reply to x"]


@pytest.mark.parametrize("kept", range(4))
def test_a_line_of_requests_goes_on_where_its_kept_replies_end(opened, kept):
    for name in "abc"[:kept]:
        opened()[0].chat([chat(name)])
    journaled, engine = opened()
    heard, further = following("a", "b", "c")
    assert journaled.chat([chat("a")], further)[0].text == "reply to c"
    assert asked(engine) == list("abc"[kept:])
    assert len(heard) == 3


def test_a_request_that_two_lines_come_to_is_asked_once(opened, tmp_path):
    journaled, engine = opened()
    heard, further = following("a", "b", "c")
    replies = journaled.chat([chat("a"), chat("b"), chat("a")], further)
    assert [reply.text for reply in replies] == ["reply to c"] * 3
    assert sorted(asked(engine)) == ["a", "b", "c"]
    assert len(lines(tmp_path)) == 3
    for index, names in enumerate(("abc", "bc", "abc")):
        assert [text for at, text in heard if at == index] == [f"reply to {name}" for name in names]


def test_listener_hears_of_kept_replies_too(opened):
    opened()[0].chat([chat("a")])
    heard = []
    opened()[0].chat([chat("b"), chat("a")], lambda index, reply: heard.append(index))
    assert sorted(heard) == [0, 1]


@pytest.mark.parametrize("kept", [1, 20, -2, -1])
def test_torn_last_line_is_dropped_and_its_request_asked_again(opened, tmp_path, kept):
    opened()[0].chat([chat("a"), chat("b")])
    (path,) = tmp_path.glob("*.jsonl")
    whole, torn = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(whole + torn[:kept])
    journaled, engine = opened()
    assert [reply.text for reply in journaled.chat([chat("a"), chat("b")])] == ["reply to a", "reply to b"]
    assert asked(engine) == ["b"]
    last, engine = opened()
    last.chat([chat("a"), chat("b")])
    assert asked(engine) == []


def test_journal_cut_at_any_byte_resumes_with_only_the_lost_asked(opened, tmp_path, scripted):
    requests = [chat(name) for name in ("a", "b", "ü")]
    expected = opened()[0].chat(requests)
    (path,) = tmp_path.glob("*.jsonl")
    content = path.read_bytes()
    for cut in range(0, len(content), 7):
        path.write_bytes(content[:cut])
        engine = scripted(lambda request: f"reply to {request.seed_parts[0]}")
        replies = Journaled(lambda engine=engine: engine, "m", Journal(tmp_path)).chat(requests)
        assert replies == expected
        assert len(engine.asked) == 3 - content[:cut].count(b"\n")
        for other in set(tmp_path.glob("*.jsonl")) - {path}:
            other.unlink()


@pytest.mark.parametrize("damage", [b"{torn\n", b"\xff\xfe\n", b"[]\n", b'{"key": "k"}\n', b"\n"])
def test_damaged_line_in_the_middle_is_named_with_file_and_row(opened, tmp_path, damage):
    opened()[0].chat([chat("a"), chat("b")])
    (path,) = tmp_path.glob("*.jsonl")
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + damage + second)
    with pytest.raises(InputError) as told:
        opened()[0].chat([chat("a")])
    assert str(told.value).startswith(f"{path}: row 2 is damaged: ")
    assert "\n" not in str(told.value)


def test_files_of_siblings_are_read_and_only_the_own_is_written(opened, tmp_path):
    opened()[0].chat([chat("a")])
    (own,) = tmp_path.glob("*.jsonl")
    sibling = own.rename(tmp_path / "node7-1-1.jsonl")
    before = sibling.read_bytes()
    journaled, engine = opened()
    journaled.chat([chat("a"), chat("b")])
    assert asked(engine) == ["b"]
    assert sibling.read_bytes() == before
    assert len(list(tmp_path.glob("*.jsonl"))) == 2


def test_replies_before_a_crash_are_kept(opened, tmp_path):
    def answer(request):
        if request.seed_parts[0] == "c":
            raise RuntimeError("killed")
        return "x"

    journaled, _ = opened(answer=answer)
    with pytest.raises(RuntimeError):
        journaled.chat([chat("a"), chat("b"), chat("c")])
    journaled, engine = opened()
    journaled.chat([chat("a"), chat("b"), chat("c")])
    assert asked(engine) == ["c"]


def test_other_model_other_seed_or_other_text_is_another_request(opened):
    opened()[0].chat([chat("a")])
    journaled, engine = opened(model="m+adapter")
    journaled.chat([chat("a")])
    assert len(engine.asked) == 1
    journaled, engine = opened()
    journaled.chat([chat("a"), chat("a", attempt=1), chat("A")])
    assert len(engine.asked) == 2
    assert request_key("m", chat("a")) != request_key("m", ChooseRequest(chat("a").messages, ("1",)))


@pytest.mark.parametrize("schema", [None, Verdict])
def test_a_key_is_the_hash_of_the_request_as_canonical_json(schema):
    def digest(*parts):
        text = json.dumps(["sha256:ü", *parts], sort_keys=True, ensure_ascii=False)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    asked = replace(chat("ü"), schema=schema)
    told = schema and json_schema(schema)
    parts = (asked.messages, asked.sampling.model_dump(), told, asked.seed)
    assert request_key("sha256:ü", asked) == digest("chat", *parts)
    assert request_key("sha256:ü", ChooseRequest(asked.messages, ("1", "2"))) == digest(
        "choose", asked.messages, ["1", "2"]
    )


def test_line_holds_what_is_needed_to_see_what_was_asked(opened, tmp_path):
    opened()[0].chat([chat("ü")])
    (row,) = [json.loads(line) for line in lines(tmp_path)]
    assert row["key"] == request_key("m", chat("ü"))
    assert row["messages"] == [{"role": "user", "content": "ü"}]
    assert row["reply"]["text"] == "reply to ü"


def test_directory_that_is_not_there_is_an_empty_journal(opened, tmp_path):
    journaled, engine = opened(directory=tmp_path / "not" / "yet")
    journaled.chat([chat("a")])
    assert asked(engine) == ["a"]
    assert len(lines(tmp_path / "not" / "yet")) == 1


@pytest.fixture
def limit():
    """No file may grow beyond so many bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_line_without_room_is_told_and_leaves_no_part_of_itself(tmp_path, limit):
    journal = Journal(tmp_path)
    journal.append("a", Completion("x", "stop", 1, 1), {})
    (path,) = tmp_path.glob("*.jsonl")
    whole = path.read_bytes()
    limit(len(whole) + 30)
    with pytest.raises(InputError) as told:
        journal.append("b", Completion("y", "stop", 1, 1), {})
    assert str(told.value).startswith(f"{path}: cannot be written (File too large); make room there")
    assert path.read_bytes() == whole
    limit(1 << 20)
    journal.append("c", Completion("z", "stop", 1, 1), {})
    assert set(Journal(tmp_path).replies()) == {"a", "c"}
