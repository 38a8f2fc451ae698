"""`clca.read`: every artifact comes as a frame by its name alone; `import clca` costs nothing."""

import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from scorecards import scorecard

import clca
from clca import artifacts, schemas
from clca.audit.jobs import planned
from clca.errors import InputError
from clca.reading import PLAIN, SCHEMAS, STUDY_SCHEMAS, schema_of
from clca.survey import summary
from clca.survey.card import Scorecard

ROOT = Path(__file__).parents[2]
# Weights, pages, cards, times and machines, facts of a model: what no frame can hold.
NO_FRAME = re.compile(r".*(\.(md|tex|html|safetensors)|meta\.json|adapter_config\.json)|resources/models/.*")
STUDY = "results/demo-study"


def test_every_table_and_record_that_a_study_makes_has_a_reader(monkeypatch):
    monkeypatch.chdir(ROOT)
    more = [f"{STUDY}/smollm2/japan/forms.en.jsonl", f"{STUDY}/data/japan/smollm2/social/intents.unfiltered.jsonl"]
    jobs = planned(["--configfile", "config/demo-study.yaml", "--", "all", "study", *more]).jobs
    outputs = {path for job in jobs for path in job.outputs if not NO_FRAME.fullmatch(path)}
    assert len(outputs) > 50
    patterns = [*PLAIN, *(like for like, _ in SCHEMAS + STUDY_SCHEMAS)]
    assert [path for path in outputs if not any(re.fullmatch(like, Path(path).name) for like in patterns)] == []


@pytest.mark.parametrize("name", ["wvs.meta.json", "wvs.de.meta.json", "notes.txt"])
def test_what_is_no_artifact_is_told_with_the_names_that_there_are(name):
    assert schema_of(name) is None
    with pytest.raises(InputError, match=rf"x/{name}: no artifact is called '{name}'; there are .*wvs\.json"):
        clca.read(f"x/{name}")


def test_a_table_is_read_and_checked(tmp_path):
    table = pl.DataFrame({"scenario_id": ["s"], "take": [1], "reason": ["cut off"]})
    path = tmp_path / "dropped.jsonl"
    artifacts.write(table, path, schemas.Dropped)
    assert clca.read(path).equals(table)
    path.write_text(path.read_text().replace("cut off", "bored"))
    with pytest.raises(InputError, match="row 1, column reason = 'bored'"):
        clca.read(str(path))


def test_a_scorecard_is_a_row_a_number(tmp_path):
    card = scorecard("smollm2", "japan", {"persona": {"jsd": 0.4}, "clca": {"jsd": 0.3}})
    # A scorecard of the study is called by its culture, language and sample.
    for name in ("wvs.json", "wvs.de.json", "japan.en.all.json"):
        artifacts.write_record(card, tmp_path / name, Scorecard)
        numbers = clca.read(tmp_path / name)
        assert list(numbers.columns) == list(schemas.Score.dtypes())
        found = numbers.filter(kind="method", metric="jsd", of="choices").select("method", "seed", "value")
        assert found.rows() == [("persona", None, 0.4), ("clca", 42, 0.3)]


def test_another_record_is_one_row(tmp_path):
    marginals, demographics = (
        ROOT / "workflow/resources/wvs7_marginals.csv",
        ROOT / "workflow/resources/demographics.csv",
    )
    about = summary.from_shares(marginals, demographics, "japan", ["JPN"], 20, 1)[1]
    artifacts.write_record(about, tmp_path / "summary.json", summary.Summary)
    found = clca.read(tmp_path / "summary.json")
    assert found["respondents"].to_list() == [20]
    assert found["valid"].struct.field("Q1").to_list() == [20]


def test_tables_for_people_have_the_types_of_their_schema(tmp_path):
    types = schemas.StudyCell.dtypes()
    row = dict.fromkeys(types) | {"kind": "method", "culture": "japan", "seeds": 2, "synthetic": True, "value": 0.5}
    pl.DataFrame([row], schema=types).write_csv(tmp_path / "main.csv")
    assert clca.read(tmp_path / "main.csv").schema == pl.Schema(types)
    (tmp_path / "power.csv").write_text("personas,items,power\n10,44,0.5\n")
    assert clca.read(tmp_path / "power.csv").rows() == [(10, 44, 0.5)]
    (tmp_path / "main.csv").write_text("kind,seeds\nmethod,two\n")
    with pytest.raises(InputError, match=r"main\.csv: cannot be read \("):
        clca.read(tmp_path / "main.csv")


@pytest.mark.parametrize("name", ["wvs.json", "power.csv", "quality.json", "personas.parquet"])
def test_a_file_that_is_not_there_is_told_so(tmp_path, name):
    with pytest.raises(InputError, match="no such file; run the workflow's rule that makes it"):
        clca.read(tmp_path / name)


MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "clca").rglob("*.py")
    if not path.name.startswith("_")
)


def test_every_module_of_every_package_is_there_when_it_is_named():
    code = f"""
from functools import reduce
import clca
for name in {MODULES!r}:
    package, _, last = name.rpartition(".")
    holder = reduce(getattr, package.split(".")[1:], clca)
    # Another module may have imported it already.
    assert holder.__getattr__(last).__name__ == name
    assert last in dir(holder)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr == ""


def test_importing_clca_imports_no_library_and_its_modules_are_there_when_they_are_named():
    code = """
import sys
import clca
heavy = {"polars", "numpy", "scipy", "pandera", "pydantic", "torch", "vllm"} & set(sys.modules)
assert not heavy, heavy
assert {"read", "survey", "schemas"} <= set(dir(clca))
assert clca.survey.score and "scipy" not in sys.modules
assert clca.survey.metrics.METRICS and clca.schemas.Answer
assert clca.read and not {"torch", "vllm"} & set(sys.modules)
try:
    clca.nothing
except AttributeError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("module 'clca' has no attribute 'nothing'\n", "")
