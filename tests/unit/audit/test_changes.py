"""What changed between a job's record and the job as it is: settings by their names, files of code."""

import json
import os
import re
from pathlib import Path

import pytest

from clca.audit.changes import code_changes, explained, section
from clca.audit.jobs import Files, Job, Workflow
from clca.fingerprint import fingerprint, remember

CONFIG = {
    "pathvars": {"results": "results"},
    "author": "m",
    "judge": "m",
    "models": {"m": {"engine": "vllm", "base_url": "http://secret"}},
    "dialogues": {"turns": 8, "takes": 2, "sampling": {"temperature": 0.8}},
    "survey": {"personas": 40, "replicates": 100, "permutations": 100},
    "training": {"rank": 8, "learning_rate": 0.0005},
}


def workflow(**facts) -> Workflow:
    return Workflow(config=CONFIG, strays=[], **facts)


def job(changed: tuple[list[str], list[str]], **params) -> Job:
    """A job with parameters as they are now, and what of them differs from its record."""
    return Job(
        rule="r",
        input=Files(values=[]),
        output=Files(values=["out"]),
        params=Files(values=list(params.values()), names=params),
        changed=changed,
        ended=1.0,
    )


def test_a_changed_setting_is_told_with_its_section_and_both_values():
    before, now = ({"turns": turns, "takes": 2, "sampling": {"temperature": 0.8}, "seed": 42} for turns in (6, 8))
    found = job(([repr(json.dumps(before))], [repr(json.dumps(now))]), config=json.dumps(now), seed=42)
    assert explained(found, workflow()) == "dialogues.turns 6 -> 8"


def test_a_number_is_told_with_its_place_in_the_configuration_if_there_is_one():
    found = job((["30"], ["40"]), personas=40)
    assert explained(found, workflow()) == "survey.personas 30 -> 40"
    assert explained(job((["7"], ["9"]), seed=9), workflow()) == "seed 7 -> 9"


def test_a_model_s_server_is_no_one_s_business():
    before, now = ({"engine": engine, "base_url": "http://secret"} for engine in ("openai", "vllm"))
    found = job(([repr(json.dumps(before))], [repr(json.dumps(now))]), model=json.dumps(now))
    text = explained(found, workflow())
    assert text == "model.engine openai -> vllm"
    assert "secret" not in text


def test_servers_are_not_told_where_nothing_else_changed():
    before, now = ({"engine": "openai", "base_url": f"https://key@{host}/v1"} for host in ("old", "new"))
    found = job(([repr(json.dumps(before))], [repr(json.dumps(now))]), model=json.dumps(now))
    assert explained(found, workflow()) == "settings of this machine changed"
    # A parameter that no longer has the name.
    found = job(([repr(json.dumps(before))], [repr(json.dumps(now))]))
    assert explained(found, workflow()) == "settings of this machine changed"
    found = job(([repr(json.dumps([before]))], [repr(json.dumps([now]))]), models=json.dumps([now]))
    assert explained(found, workflow()) == "settings of this machine changed"


def test_of_a_folder_of_this_machine_only_the_name_is_told():
    before, now = ({"engine": "vllm", "source": f"/home/{who}/Llama"} for who in ("alice", "bob"))
    found = job(([repr(json.dumps(before))], [repr(json.dumps(now))]), model=json.dumps(now))
    parts = r"model.source elsewhere/[0-9a-f]{6}/Llama -> elsewhere/[0-9a-f]{6}/Llama"
    assert re.fullmatch(parts, explained(found, workflow()))


def test_a_parameter_more_has_no_value_before():
    assert explained(job(([], ["5"]), extra=5), workflow()) == "extra null -> 5"


def test_a_slice_is_of_the_section_that_it_shares_most_keys_with():
    assert section({"rank": 1, "learning_rate": 1, "seed": 1}, CONFIG) == "training"
    assert section({"unknown": 1}, CONFIG) == ""


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workflow:
    """Two files behind one fingerprint, the second of which is changed after it was remembered."""
    monkeypatch.chdir(tmp_path)
    names = ["a.py", "b.j2"]
    for name in names:
        Path(name).write_text("x = 1\n")
        os.utime(name, (0, 0))
    before = fingerprint(map(Path, names))
    Path("a.py").write_text("# a comment\nx = 1\n")
    os.utime("a.py", (0, 0))
    remember(before, {name: fingerprint([Path(name)]) for name in names})
    Path("b.j2").write_text("another prompt\n")
    now = fingerprint(map(Path, names))
    assert before != now
    return workflow(code={before: names, now: names})


def test_of_code_the_files_whose_meaning_changed_are_named(code: Workflow):
    before, now = code.code
    found = job(([repr(before)], [repr(now)]), code=now)
    assert explained(found, code) == "code: b.j2"


def test_of_code_that_was_not_remembered_files_of_a_later_date_are_named(code: Workflow):
    _, now = code.code
    found = job((["'0123456789abcdef'"], [repr(now)]), code=now)
    assert explained(found, code) == "code: b.j2 (by date)"
    found.ended = 9e9
    assert code_changes("0123456789abcdef", now, found, code) == "its code or prompts"
