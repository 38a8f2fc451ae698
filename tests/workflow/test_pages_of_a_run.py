"""Report and dialogue browser of what the embedded model really made, opened in a browser without a network."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from browser_pages import choose, follow, soon, table
from chromium import opened
from found_dialogues import journaled, matched, rebuilt, shown
from test_report import listed
from test_report import shown as show
from workdir import TINY

RESULTS = Path("results/demo")
SOCIAL = "data/japan/smollm2/social"
STAGES = ("dialogues", "judgements", "filtered", "dropped", "intents")


@pytest.fixture(scope="module")
def run(finished, tmp_path_factory):
    """A copy of the finished run's folder with both pages, and its artifacts' paths."""
    workdir = finished.workdir.copied(tmp_path_factory.mktemp("pages") / "run")
    status, output = workdir.tiny(str(RESULTS / "study/browser/japan.html"))
    assert status == 0, output
    command = [sys.executable, "-m", "clca", "report", "--configfile", *TINY]
    told = subprocess.run(command, cwd=workdir.path, env=workdir.environment, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout + told.stderr
    results = workdir.path / RESULTS
    paths = {name: results / f"{SOCIAL}/{name}.jsonl" for name in STAGES}
    return results, paths | {"scenarios": results / "data/japan/adapted_scenarios.jsonl"}


@pytest.fixture
def page(run):
    with opened(run[0] / "study/browser/japan.html", offline=True) as (page, problems):
        yield page
        assert problems == []


def test_filters_and_search_find_what_polars_finds(run, page):
    _, paths = run
    dialogues = table(paths, "dialogues")
    # Words that the model used, from those in most dialogues to those in one.
    said = dialogues.select(word=pl.col("utterance").str.to_lowercase().str.extract_all("[a-z]{4,}"))
    common = said.explode("word")["word"].drop_nulls().value_counts(sort=True)["word"]
    reasons = table(paths, "dropped")["reason"].unique()
    wanted = [{"decision": value} for value in ("", "kept", "dropped", *reasons)]
    wanted += [{"intents": value} for value in ("cultural", "generic", "none")]
    wanted += [{"query": word, "scope": "said"} for word in (common[0], common[len(common) // 2], common[-1])]
    wanted += [{"scenario": dialogues["scenario_id"][0]}, {"query": "japan", "scope": "scenario", "decision": "kept"}]
    for filters in wanted:
        choose(page, filters)
        expected = matched(paths, **filters)
        assert shown(page) == (expected, expected), filters
        page.evaluate("at('filters').reset()")


def test_a_deep_link_lands_on_what_the_model_said(run, page):
    last = table(run[1], "dialogues").row(-1, named=True)
    follow(page, last["scenario_id"], str(last["take"]), str(last["turn"]))
    soon(page, "document.activeElement.id", f"turn-{last['turn']}")
    assert last["utterance"].strip() in page.locator(f"#turn-{last['turn']}").text_content()


def test_prompts_are_those_that_the_engine_was_shown(run, page):
    results, paths = run
    prompts = rebuilt(page)
    assert len(prompts["dialogues"]) == table(paths, "dialogues").height
    for stage, made in prompts.items():
        asked = journaled(results / f"journal/{SOCIAL}/{stage}.jsonl")
        assert made
        assert made == {key: asked[key] for key in made}


def test_the_report_shows_what_the_run_made(run):
    wide = {"width": 1280, "height": 800}
    with opened(run[0] / "report.html", viewport=wide, offline=True) as (page, problems):
        page.get_by_text("How near language models come to a culture").wait_for()
        for way, entry in (
            # Of one culture, no list of cultures stands between.
            ("Scores", "scorecard, smollm2"),
            ("Training", "losses, smollm2"),
            ("Data", "from scenarios to intents"),
            ("Run", "time and cost by rule"),
        ):
            assert entry in listed(page, way)
            show(page, entry)
        assert problems == []
