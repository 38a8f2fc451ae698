"""What verify says of single files and jobs; whole runs are in tests/workflow/test_audit.py."""

import os
from pathlib import Path

import polars as pl
import pytest

from clca import artifacts, schemas
from clca.audit.jobs import Files, Job
from clca.audit.rebuild import Finding
from clca.audit.verify import difference, invalid, missing, schema_of, stale, told


def job(name: str, *inputs: str, **facts) -> Job:
    """A job that makes the file `name` of others."""
    return Job(rule=Path(name).stem, input=Files(values=list(inputs)), output=Files(values=[name]), **facts)


@pytest.fixture
def chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """a -> b -> c, all there."""
    monkeypatch.chdir(tmp_path)
    for name in "abc":
        Path(name).touch()
    return [job("c", "b"), job("b", "a"), job("a")]


def test_settings_that_changed_are_named_with_both_values():
    old = ["""'{"sampling": {"top_k": 0, "min_p": 0.1}, "rank": 4}'""", "'16c06d9f0a1b2c3d'", "2000", "None"]
    new = ["""'{"sampling": {"top_k": 5, "min_p": 0.1}, "rank": 4}'""", "'d7ee1414cb0996e1'", "1000", "None"]
    assert difference(old, new) == "sampling.top_k 0 -> 5, its code or prompts, 2000 -> 1000, None -> None"


def test_long_values_are_cut_and_new_parameters_counted():
    text = difference(["""'{"names": "%s"}'""" % ("x" * 500)], ["""'{"names": "y"}'"""])
    assert len(text) == 120
    assert difference([], ["'more'"]) == "another number of them"


def test_findings_are_grouped_with_a_line_each():
    lines = told([Finding("missing", "a", "not there", "run it"), Finding("changed", "b", "torn", "delete it")])
    assert lines.split("\n") == [
        "missing", "  a: not there; run it", "", "changed by hand, or damaged", "  b: torn; delete it", "",
    ]  # fmt: skip


def test_of_hundreds_of_missing_files_some_are_named_and_the_rest_counted():
    lines = told([Finding("missing", f"{number:03}", "not there", "run it") for number in range(100)]).split("\n")
    assert (len(lines), lines[-2]) == (33, "  and 70 more")


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("filtered.jsonl", schemas.Utterance),
        ("answers.ja.free_text.parquet", schemas.Answer),
        ("wvs.items.parquet", schemas.ItemScore),
        ("wvs.de.items.parquet", schemas.ItemScore),
        ("wvs.meta.json", None),
        ("wvs.de.meta.json", None),
        ("notes.txt", None),
    ],
)
def test_an_artifact_s_schema_goes_by_its_name(name: str, schema: object):
    assert schema_of(f"results/llama8b/japan/{name}") is schema


def test_a_table_outside_its_schema_is_found_with_row_and_value(tmp_path: Path):
    path = tmp_path / "dropped.jsonl"
    good = pl.DataFrame({"scenario_id": ["s"], "take": [1], "reason": ["cut off"]})
    artifacts.write(good, path, schemas.Dropped)
    assert invalid([str(path)]) == []
    path.write_text(path.read_text().replace("cut off", "bored"))
    (finding,) = invalid([str(path)])
    assert finding.what.startswith("row 1, column reason = 'bored'")


def test_a_newer_input_is_told_once_with_what_follows(chain: list[Job]):
    chain[1].newer, chain[1].runs, chain[0].runs = ["a"], True, True
    (finding,) = stale(chain, changed=set())
    assert (finding.path, finding.what) == ("b", "a is newer")
    assert "(1 more jobs follow)" in finding.way_out


def test_that_a_file_changed_by_hand_is_newer_is_no_news(chain: list[Job]):
    chain[1].newer = ["a"]
    assert stale(chain, changed={"a"}) == []


def test_other_parameters_are_told_of_each_job(chain: list[Job]):
    for one in chain:
        one.changed = (["1"], ["2"])
    assert [finding.path for finding in stale(chain, changed=set())] == ["c", "b", "a"]


def test_a_file_in_the_middle_is_missed(chain: list[Job]):
    os.remove("b")
    assert [finding.path for finding in missing(chain)] == ["b"]
