"""Limits of the training data: above one no training starts, and another limit trains nothing again."""

import json
from collections import Counter

import pytest
from workdir import TARGET, TINY, Workdir

DATA = "results/demo/data/japan/smollm2/social"
EXAMPLES = "results/demo/smollm2/japan/clca/seed42/examples.jsonl"
CONFIGS = (*TINY, "limits.yaml")


@pytest.fixture
def limited(finished, tmp_path) -> Workdir:
    """A copy of the finished run, with a limit that its data cannot keep: somebody's name is the commonest."""
    workdir = finished.workdir.copied(tmp_path / "run")
    (workdir.path / "limits.yaml").write_text("quality: {limits: {commonest_name: 0.001}}\n")
    return workdir


def above(workdir: Workdir) -> str | None:
    return json.loads((workdir.path / DATA / "quality_limits.json").read_text())["above"]


def test_above_a_limit_no_examples_are_made_and_the_line_says_why_each_time(limited):
    (limited.path / EXAMPLES).unlink()
    for _ in range(2):
        status, output = limited.run(EXAMPLES, configs=CONFIGS)
        assert status != 0
        assert "Traceback" not in output
        (line,) = {line.partition("error: ")[2] for line in output.splitlines() if line.startswith("error: ")}
        assert line.startswith(f"{DATA}/quality.json: commonest_name = ")
        assert "above quality.limits.commonest_name = 0.001" in line
        assert not (limited.path / EXAMPLES).exists()
    assert (limited.path / DATA / "quality.json").exists()
    status, output = limited.tiny(EXAMPLES)
    assert status == 0, output


def test_what_was_trained_stays_under_any_limit(limited):
    assert limited.planned(TARGET, configs=CONFIGS) == Counter(["quality_limits"])
    status, output = limited.run(TARGET, configs=CONFIGS)
    assert status == 0, output
    assert "no training on these data" in output
    assert "above quality.limits.commonest_name = 0.001" in above(limited)
    assert limited.planned(TARGET, configs=CONFIGS) == Counter()
    assert limited.planned(TARGET) == Counter(["quality_limits"])
    status, output = limited.tiny(TARGET)
    assert status == 0, output
    assert above(limited) is None


def test_the_demo_s_own_data_keep_to_the_survey_s_limit(finished):
    record = json.loads((finished.workdir.path / DATA / "quality.json").read_text())
    assert record["measures"]["survey_wording"]["share"] == 0
    assert record["dialogues"] > 0
