"""What verify says of single files and jobs; whole runs are in tests/workflow/test_audit.py."""

import os
from pathlib import Path

import polars as pl
import pytest

from clca import artifacts, schemas
from clca.audit.jobs import Files, Job
from clca.audit.rebuild import Finding
from clca.audit.verify import difference, invalid, missing, schema_of, stale, told, unchecked, weights
from clca.models import weights_hash


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


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """The job of a hub's model, with its weights there and no file yet that says what it is."""
    monkeypatch.chdir(tmp_path)
    Path("model").mkdir()
    Path("model/model.safetensors").write_bytes(b"weights")
    return job("model.json", params=Files(values=[], names={"spec": '{"engine": "vllm"}'}))


HUB = {"name": "org/name", "revision": "0" * 40}


def test_weights_of_a_hub_are_held_against_the_hash_of_when_they_were_fetched(model: Job):
    artifacts.write_json(HUB | {"weights": weights_hash(Path("model"))}, "model.json")
    assert (weights([model]), unchecked([model], set())) == ([], [])
    Path("model/model.safetensors").write_bytes(b"weightS")
    (finding,) = weights([model])
    assert (finding.kind, finding.path) == ("changed", "model.json")
    assert "the weights in model are not those that it names (sha256:" in finding.what


def test_weights_that_no_hash_was_kept_of_are_said_not_to_be_checked(model: Job):
    artifacts.write_json(HUB, "model.json")
    assert weights([model]) == []
    (line,) = unchecked([model], set())
    assert line == "weights not checked, fetched when no hash was kept of them: model.json"


def test_a_model_that_is_served_elsewhere_has_no_weights_to_check(model: Job):
    artifacts.write_json({"name": "gpt", "revision": "gpt"}, "model.json")
    model.params.names["spec"] = '{"engine": "openai"}'
    assert (weights([model]), unchecked([model], set())) == ([], [])


def test_a_torn_file_of_a_model_is_told_once(model: Job):
    Path("model.json").write_text('{"name"')
    assert [finding.kind for finding in weights([model])] == ["missing"]
    assert unchecked([model], set()) == []
