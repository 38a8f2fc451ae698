"""Limits of the training data: above one no training starts, and another limit trains nothing again."""

import json
from collections import Counter

import pytest
from test_reruns import ANSWERED, DEMO, LEARNT, NOTHING, TRAINED, ends, instead
from workdir import TARGET, TINY, Workdir

DATA = "results/demo/data/japan/smollm2/social"
REPORT = f"{DATA}/quality.json"
EXAMPLES = "results/demo/smollm2/japan/clca/seed42/examples.jsonl"
CONFIGS = (*TINY, "limits.yaml")


@pytest.fixture(scope="module")
def reported(finished, tmp_path_factory) -> Workdir:
    """A copy of the finished run with the report made, and a limit aside that its data cannot keep."""
    workdir = finished.workdir.copied(tmp_path_factory.mktemp("limits") / "run")
    assert workdir.planned(REPORT) == Counter(["quality"])
    status, output = workdir.tiny(REPORT)
    assert status == 0, output
    # Somebody's name is the commonest.
    (workdir.path / "limits.yaml").write_text("quality: {limits: {commonest_name: 0.001}}\n")
    return workdir


def test_the_demo_s_own_data_keep_to_the_survey_s_limit(reported):
    report = json.loads((reported.path / REPORT).read_text())
    assert report["measures"]["survey_wording"]["share"] == 0
    assert report["dialogues"] > 0
    assert report["above"] is None


EDITS = {
    "a limit": (DEMO, instead("cut_off: 1.0", "cut_off: 0.9"), "quality"),
    "a limit's default spelled out": (DEMO, instead("cut_off: 1.0", "cut_off: 1.0\n    survey_wording: 0.0"), NOTHING),
    "how quality is measured": ("clca/wording.py", instead("_SHINGLE = 3", "_SHINGLE = 4"), "quality"),
    "the questionnaire's wording": (
        "config/questionnaire/en.yaml",
        instead("Of little importance", "Not very important"),
        f"quality {ANSWERED}",
    ),
    "another language's wording": (
        "config/questionnaire/de.yaml",
        instead("Eher wichtig", "Ziemlich wichtig"),
        "quality",
    ),
    "a comment in the questionnaire": ("config/questionnaire/en.yaml", ends("# Read twice."), NOTHING),
    "a prompt of the intents": (
        "clca/prompts/en/intent_turn.j2",
        ends("Be brief."),
        f"intents quality examples {TRAINED}",
    ),
    "the filter's code": ("clca/filtering.py", ends("EXTRA = 1"), f"quality {LEARNT}"),
    "LoRA's rate": (DEMO, instead("learning_rate: 5.0e-4", "learning_rate: 4.0e-4"), TRAINED),
}


@pytest.mark.parametrize(("file", "change", "jobs"), EDITS.values(), ids=EDITS.keys())
def test_an_edit_plans_the_report_where_it_shows(reported, file, change, jobs):
    with reported.edited(file, change):
        assert reported.planned(TARGET, REPORT) == Counter(jobs.split())


def test_what_is_trained_stays_under_any_limit_and_the_report_says_so(reported, tmp_path):
    workdir = reported.copied(tmp_path / "run")
    status, output = workdir.run(TARGET, REPORT, configs=CONFIGS)
    assert status == 0, output
    assert "no training starts on these data" in output
    report = json.loads((workdir.path / REPORT).read_text())
    assert "above quality.limits.commonest_name = 0.001" in report["above"]
    assert workdir.planned(TARGET, REPORT, configs=CONFIGS) == Counter()


def test_above_a_limit_no_examples_are_made_and_the_line_says_why_each_time(reported, tmp_path):
    workdir = reported.copied(tmp_path / "run")
    (workdir.path / EXAMPLES).unlink()
    for _ in range(2):
        status, output = workdir.run(EXAMPLES, configs=CONFIGS)
        assert status != 0
        assert "Traceback" not in output
        (line,) = {line.partition("error: ")[2] for line in output.splitlines() if line.startswith("error: ")}
        assert line.startswith(f"{DATA}/filtered.jsonl: commonest_name = ")
        assert "above quality.limits.commonest_name = 0.001" in line
        assert not (workdir.path / EXAMPLES).exists()
    status, output = workdir.tiny(EXAMPLES)
    assert status == 0, output
