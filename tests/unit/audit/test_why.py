"""Why jobs would run, in plain words."""

from pathlib import Path

import pytest

from clca.audit import why as module
from clca.audit.jobs import Files, Job, Workflow
from clca.audit.why import by_rule, in_order, reasons, why


def job(name: str, *inputs: str, **facts) -> Job:
    """A job of the rule `name` that would run."""
    files = Files(values=list(inputs))
    return Job(rule=name, input=files, output=Files(values=[f"{name}.txt"]), runs=True, **facts)


def workflow(*jobs: Job) -> Workflow:
    return Workflow(config={"pathvars": {"results": "results"}, "models": {}}, strays=[], jobs=list(jobs))


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("first.txt", "second.txt"):
        Path(name).touch()


def told(*jobs: Job) -> dict[str, str]:
    return {one.job.rule: one.text for one in reasons(workflow(*jobs))}


@pytest.mark.usefixtures("there")
def test_each_kind_of_reason_has_its_words():
    first = job("first", "seeds.jsonl", newer=["seeds.jsonl"])
    second = job("second", "first.txt", newer=["first.txt"], follows=["first.txt"])
    third = job("third", missing=["third.txt"])
    lost = job("lost", missing=["lost.txt"], started=1.0)
    killed = job("killed", incomplete=["killed.txt"], missing=["killed.txt"])
    assert told(first, second, third, lost, killed, job("moved", software=True)) == {
        "first": "seeds.jsonl changed since",
        "second": "follows first",
        "third": "not made yet",
        "lost": "was made, and is gone",
        "killed": "killed.txt was being written when its run was killed; not made yet",
        "moved": "its software environment changed (envs/)",
    }


def test_jobs_stand_in_the_workflow_s_order():
    last, middle, start = job("a", "b.txt"), job("b", "c.txt"), job("c")
    assert [one.rule for one in in_order([last, middle, start])] == ["c", "b", "a"]
    assert list(by_rule(reasons(workflow(last, middle, start)))) == ["c", "b", "a"]


def test_a_line_a_job_grouped_by_rule_and_of_many_some(monkeypatch: pytest.MonkeyPatch):
    jobs = [job("answers", missing=[f"{n}"]) for n in range(25)]
    for number, one in enumerate(jobs):
        one.output = Files(values=[f"out{number:02}"])
    monkeypatch.setattr(module, "planned", lambda arguments: workflow(*jobs))
    lines = why([]).split("\n")
    assert lines[:4] == ["results: 25 of 25 jobs would run", "", "answers (25 jobs)", "  out00: not made yet"]
    assert (len(lines), lines[-1]) == (24, "  and 5 more")


def test_where_nothing_would_run_it_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "planned", lambda arguments: workflow())
    assert why([]).startswith("results: nothing would run;")
