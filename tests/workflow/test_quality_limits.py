"""Limits of the training data: one above ends the run before training, and setting it back trains nothing again."""

import json
from collections import Counter

import pytest
from workdir import TARGET, TINY, Workdir

DATA = "results/demo/data/japan/smollm2/social"
CONFIGS = (*TINY, "limits.yaml")


@pytest.fixture
def limited(finished, tmp_path) -> Workdir:
    """A copy of the finished run, with a limit that its data cannot keep: somebody's name is the commonest."""
    workdir = finished.workdir.copied(tmp_path / "run")
    (workdir.path / "limits.yaml").write_text("quality: {limits: {commonest_name: 0.001}}\n")
    return workdir


def test_a_share_above_its_limit_ends_the_run_in_one_line_and_leaves_the_report(limited):
    assert limited.planned(TARGET, configs=CONFIGS) == Counter(["quality_passed"])
    report = limited.path / DATA / "quality.json"
    before = report.read_bytes()
    status, output = limited.run(TARGET, configs=CONFIGS)
    assert status != 0
    assert "Traceback" not in output
    lines = {line.partition("error: ")[2] for line in output.splitlines() if "error: " in line and "quality" in line}
    (line,) = (line for line in lines if line.startswith(f"{DATA}/quality.json: commonest_name = "))
    assert "above quality.limits.commonest_name = 0.001" in line
    assert report.read_bytes() == before
    # Not forgotten by the next run, and undone by the old limit, or by one that is kept, without training again.
    assert limited.planned(TARGET, configs=CONFIGS) == Counter(["quality_passed"])
    assert limited.planned(TARGET) == Counter()
    (limited.path / "limits.yaml").write_text("quality: {limits: {commonest_name: 0.999}}\n")
    status, output = limited.run(TARGET, configs=CONFIGS)
    assert status == 0, output
    assert limited.planned(TARGET, configs=CONFIGS) == Counter()
    passed = json.loads((limited.path / DATA / "quality_passed.json").read_text())
    assert passed["limits"]["commonest_name"] == 0.999


def test_what_is_not_trained_yet_waits_for_the_limit(limited):
    examples = "results/demo/smollm2/japan/clca/seed42/examples.jsonl"
    (limited.path / examples).unlink()
    (limited.path / DATA / "quality_passed.json").unlink()
    status, _ = limited.run(examples, configs=CONFIGS)
    assert status != 0
    assert not (limited.path / examples).exists()
    status, output = limited.tiny(examples)
    assert status == 0, output


def test_the_demo_s_own_data_keep_to_the_survey_s_limit(finished):
    record = json.loads((finished.workdir.path / DATA / "quality.json").read_text())
    assert record["measures"]["survey_wording"]["share"] == 0
    assert record["dialogues"] > 0
