"""Files against a crate's hashes; a whole crate is in tests/workflow/test_audited_study.py."""

import json
import re
from pathlib import Path

import pytest

from clca.audit.carried import METADATA, OUTSIDE, code_files, digest, identifier, moment, told
from clca.audit.crate_check import against_crate
from clca.audit.jobs import Files, Job, Workflow

CRATE = f"results/study/{METADATA}"


def job(name: str, *inputs: str, started: float | None = None) -> Job:
    files = Files(values=list(inputs))
    return Job(rule="r", input=files, output=Files(values=[f"results/{name}"]), started=started)


@pytest.fixture
def workflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workflow:
    """a and b were made of seeds, and a crate tells of all three."""
    monkeypatch.chdir(tmp_path)
    Path("results/study").mkdir(parents=True)
    jobs = [job("a", "seeds", started=100.0), job("b", "seeds", started=100.0)]
    files = ["seeds", "results/a", "results/b"]
    for name in files:
        Path(name).write_text(name)
    entities = [{"@id": name, "name": name, "sha256": digest(name)} for name in files]
    entities += [{"@id": f"#job/results/{name}", "startTime": moment(100.0)} for name in "ab"]
    Path(CRATE).write_text(json.dumps({"@graph": entities}))
    return Workflow(config={"pathvars": {"results": "results"}}, strays=[], jobs=jobs)


def found(workflow: Workflow, known: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    return [(one.kind, one.path) for one in against_crate(workflow, known)]


def test_what_is_as_the_crate_tells_is_no_finding(workflow: Workflow):
    assert found(workflow) == []


def test_without_a_crate_there_is_nothing_to_find(workflow: Workflow):
    Path(CRATE).unlink()
    Path("results/a").write_text("another")
    assert found(workflow) == []


def test_a_file_that_the_same_run_made_and_that_differs_was_changed(workflow: Workflow):
    Path("results/a").write_text("another")
    assert found(workflow) == [("changed", "results/a")]
    assert found(workflow, known=("results/a",)) == []


def test_a_file_that_is_gone_is_missed(workflow: Workflow):
    Path("results/b").unlink()
    assert found(workflow) == [("missing", "results/b")]


def test_what_was_made_since_and_what_is_new_make_the_crate_outdated_once(workflow: Workflow):
    workflow.jobs[0].started = 200.0
    Path("results/a").write_text("made anew")
    Path("results/c").write_text("new")
    workflow.jobs.append(job("c", started=200.0))
    (finding,) = against_crate(workflow, ())
    assert (finding.kind, finding.path) == ("stale", CRATE)
    assert finding.what.startswith("results/a and 1 more files are not as it tells")


def test_another_input_makes_the_crate_outdated(workflow: Workflow):
    Path("seeds").write_text("more seeds")
    assert found(workflow) == [("stale", CRATE)]


def test_a_crate_that_is_none_is_told(workflow: Workflow):
    Path(CRATE).write_text('{"@graph": [')
    assert found(workflow) == [("changed", CRATE)]


def test_files_in_the_study_are_relative_and_all_others_absolute_without_a_machine_s_paths():
    root = Path("results/study")
    assert identifier("results/study/tables/a b.csv", root) == "tables/a%20b.csv"
    assert identifier("results/llama@x/wvs.json", root) == f"{OUTSIDE}results/llama%40x/wvs.json"
    assert re.fullmatch(f"{OUTSIDE}elsewhere/[0-9a-f]{{6}}/WVS.zip", identifier("/home/someone/WVS.zip", root))
    assert re.fullmatch("elsewhere/[0-9a-f]{6}/a.jsonl", told("../corpora/a.jsonl"))
    assert told("/one/a.jsonl") != told("/other/a.jsonl")


def test_the_code_is_every_file_that_the_workflow_is_made_of(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(Path(__file__).parents[3])
    there = {
        path
        for name in ("clca", "workflow", "envs", "profiles/default")
        for path in Path(name).rglob("*.*")
        if path.is_file()
    }
    # Data and notes for people; Python's own copies, and an image that was built here.
    others = {
        path for path in there if path.is_relative_to("workflow/resources") or path.suffix in {".md", ".pyc", ".sif"}
    }
    assert code_files() == sorted(["Snakefile", *(path.as_posix() for path in there - others)])
