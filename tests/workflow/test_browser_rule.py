"""The dialogue browser's rule: on demand, of data that are there, and again when what it shows changes."""

import os
import shutil
import time
from collections import Counter
from pathlib import Path

import pytest
from made_up_dialogues import make, scenarios
from test_reruns import NOTHING, STUDY, ends, instead
from workdir import Workdir

from clca.culture import load

RESULTS = Path("results/demo")
PAGE = str(RESULTS / "study/browser/japan.html")
SOCIAL = "data/japan/smollm2/social"
EXAMPLES = "smollm2/japan/clca/seed42/examples.jsonl"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a culture's artifacts, made by the stages of made-up replies, and the browser made by its rule."""
    workdir = Workdir(tmp_path_factory.mktemp("browser") / "run")
    folder = tmp_path_factory.mktemp("made")
    paths = make(folder, scenarios(4), load(workdir.path / "config/cultures/japan.yaml"))
    places = {name: f"{SOCIAL}/{name}.jsonl" for name in ("dialogues", "judgements", "filtered", "dropped", "intents")}
    places |= {"scenarios": "data/japan/adapted_scenarios.jsonl", "journal": f"journal/{SOCIAL}/dialogues.jsonl"}
    model = workdir.path / "resources/models/smollm2.json"
    for name, place in places.items():
        target = workdir.path / RESULTS / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(paths[name], target) if paths[name].is_dir() else shutil.copy(paths[name], target)
    model.parent.mkdir(parents=True)
    model.write_text("{}")
    # All as old: nothing is newer than what was made of it.
    now = time.time()
    for path in (model, *(workdir.path / RESULTS).rglob("*")):
        os.utime(path, (now, now))
    assert workdir.planned(PAGE) == Counter(["browser"])
    status, output = workdir.tiny(PAGE)
    assert status == 0, output
    return workdir, paths


def test_the_page_is_there_and_knows_the_journal(made):
    workdir, _ = made
    assert "<title>Dialogues: Japan</title>" in (workdir.path / PAGE).read_text()
    assert "the journal lacks" not in (workdir.path / "logs/demo/study/browser/japan.log").read_text()
    assert [path.name for path in (workdir.path / PAGE).parent.iterdir()] == ["japan.html"]


def test_it_is_made_on_demand_alone(made):
    workdir, _ = made
    assert "browser" not in workdir.planned()


def test_examples_that_are_made_later_are_taken_in(made):
    workdir, paths = made
    target = workdir.path / RESULTS / EXAMPLES
    target.parent.mkdir(parents=True)
    shutil.copyfile(paths["examples"], target)
    try:
        assert workdir.planned(PAGE) == Counter(["browser"])
    finally:
        target.unlink()
    assert workdir.planned(PAGE) == Counter()


EDITS = {
    "how it looks": ("clca/study/pages/browser.css", instead("22.5rem", "20rem"), "browser"),
    "a prompt that it shows": ("clca/prompts/en/judge_meta.j2", instead("short critique", "critique"), "browser"),
    "a limit of quality": (STUDY, ends("quality: {limits: {duplicates: 0.5}}"), NOTHING),
}


@pytest.mark.parametrize(("file", "change", "jobs"), EDITS.values(), ids=EDITS)
def test_an_edit_plans_the_page_where_it_shows(made, file, change, jobs):
    workdir, _ = made
    with workdir.edited(file, change):
        assert workdir.planned(PAGE) == Counter(jobs.split())
