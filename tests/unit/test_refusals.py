"""Mistakes of users and broken files: one line each, that names key or file, the value, and what is allowed."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
import yaml
from snakemake.utils import update_config

from clca import artifacts, culture, schemas
from clca.config import check
from clca.errors import InputError
from clca.scenarios import load_sources
from clca.survey import questionnaire, respondents

ROOT = Path(__file__).parents[2]
SCHEMA = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())
CONFIG = yaml.safe_load((ROOT / "config/config.yaml").read_text())

# Each: a configuration that is merged over the shipped one, and what the line must hold.
CONFIGS = {
    "model of no catalogue": ("study: {models: [lama8b]}", "study.models = 'lama8b'", "did you mean 'llama8b'"),
    "culture of no catalogue": ("study: {cultures: [jpan]}", "study.cultures = 'jpan'", "did you mean 'japan'"),
    "variant of no catalogue": ("study: {variants: [clka]}", "study.variants = 'clka'", "did you mean 'clca'"),
    "order of a method that is not asked": (
        "study: {baselines: [], reversed: [anthropological]}",
        "study.reversed = 'anthropological' is not among its methods",
        "allowed: persona, cultural, clca",
    ),
    "specificity of a baseline": (
        "study: {specificity: [persona]}",
        "study.specificity = 'persona' is not among its variants",
        "allowed: clca",
    ),
    "author of no catalogue": ("author: gpt5", "author = 'gpt5'", "allowed: llama8b"),
    "judge of no catalogue": ("judge: nobody", "judge = 'nobody'", "allowed: llama8b"),
    "teacher of no catalogue": ("variants: {clca: {teacher: x}}", "variants.clca.teacher = 'x'", "allowed: llama8b"),
    "no models at all": ("study: {models: []}", "study.models = []", "at least 1"),
    "model twice": ("study: {models: [llama8b, llama8b]}", "study.models", "twice"),
    "list that is a word": ("study: {models: llama8b}", "study.models = 'llama8b'", "of type array"),
    "misspelt section": ("trainig: {rank: 4}", "trainig is not a key", "did you mean 'training'"),
    "misspelt key": ("training: {lerning_rate: 0.1}", "training.lerning_rate", "did you mean 'learning_rate'"),
    "misspelt sampling": ("dialogues: {sampling: {temprature: 1}}", "sampling.temprature", "'temperature'"),
    "rate that YAML reads as text": ("training: {learning_rate: 1e-4}", "learning_rate = '1e-4'", "write 1.0e-4"),
    "negative temperature": ("judging: {sampling: {temperature: -1}}", "temperature = -1", "at least 0"),
    "top_p of 0": ("judging: {sampling: {top_p: 0}}", "judging.sampling.top_p = 0", "more than 0"),
    "more turns than 20": ("dialogues: {turns: 21}", "dialogues.turns = 21", "at most 20"),
    "no takes": ("dialogues: {takes: 0}", "dialogues.takes = 0", "at least 1"),
    "half a persona": ("survey: {personas: 1.5}", "survey.personas = 1.5", "of type integer"),
    "truth for a number": ("survey: {personas: true}", "survey.personas = True", "of type integer"),
    "dropout of 1": ("training: {dropout: 1}", "training.dropout = 1", "less than 1"),
    "unknown precision": ("training: {precision: fp8}", "training.precision = 'fp8'", "allowed: fp32, fp16, bf16"),
    "unknown confidence": ("filter: {confidence: [sure]}", "filter.confidence.0 = 'sure'", "very confident"),
    "unknown task": ("variants: {clca: {tasks: [chat]}}", "variants.clca.tasks.0 = 'chat'", "perspective, intent"),
    "unknown corpus": ("variants: {clca: {corpus: web}}", "variants.clca.corpus = 'web'", "social"),
    "control with a teacher": ("variants: {gsm8k: {teacher: llama70b}}", "variants.gsm8k.teacher", "leave it out"),
    "control with a task": (
        "variants: {gsm8k: {tasks: [intent]}}",
        "variants.gsm8k.tasks = ['intent']",
        "leave it out",
    ),
    "control that is filtered or not": (
        "variants: {mathchat: {filter: false}}",
        "variants.mathchat.filter",
        "problems",
    ),
    "dialogues that are joined": ("variants: {wiki: {joined: 2}}", "variants.wiki.joined = 2", "with mathchat"),
    "joined of none": ("variants: {mathchat: {joined: 0}}", "variants.mathchat.joined = 0", "at least 1"),
    "filter that is a word": ("variants: {wiki: {filter: maybe}}", "variants.wiki.filter = 'maybe'", "boolean"),
    "clca of another corpus": ("variants: {clca: {corpus: wiki}}", "variants.clca.corpus = 'wiki'", "name of its own"),
    "clca without the filter": ("variants: {clca: {filter: false}}", "variants.clca.filter = False", "name of its own"),
    "one topic": ("topics: {scenarios: 1}", "topics.scenarios = 1", "at least 2"),
    "unknown control": ("controls: {gsm9k: {problems: 9}}", "'gsm9k'", "did you mean 'gsm8k'"),
    "control's file that is not there": ("controls: {gsm8k: {path: no.jsonl}}", "controls.gsm8k.path", "no such file"),
    "control of two places": (
        "controls: {gsm8k: {path: no.jsonl, source: a/b}}",
        "controls.gsm8k has a path and a source",
        "name one",
    ),
    "control of the hub without a commit": (
        "controls: {gsm8k: {source: a/b, file: c}}",
        "controls.gsm8k",
        "`revision`",
    ),
    "commit without a data set": ("controls: {gsm8k: {file: c}}", "controls.gsm8k", "`source`"),
    "branch of a data set": ("controls: {gsm8k: {revision: main}}", "revision = 'main'", "[0-9a-f]{40}"),
    "model without source": ("models: {mine: {family: x}}", "models.mine", "`source`"),
    "unknown engine": ("models: {mine: {source: x, engine: ollama}}", "engine = 'ollama'", "allowed: vllm, openai"),
    "branch for a commit": ("models: {mine: {source: x, revision: main}}", "revision = 'main'", "[0-9a-f]{40}"),
    "key in the configuration": ("models: {gpt4: {api_key: abc}}", "models.gpt4.api_key", "allowed: engine"),
    "key's variable in small letters": ("models: {gpt4: {key_variable: key}}", "key_variable = 'key'", "must match"),
    "cap without a price": ("models: {gpt4: {spending_cap: 5}}", "models.gpt4.spending_cap", "needs a price"),
    "half a price": ("models: {gpt4: {price: {input: 30}}}", "models.gpt4.price", "`output`"),
    "cap of nothing": ("models: {gpt4: {spending_cap: 0}}", "models.gpt4.spending_cap = 0", "more than 0"),
    "no requests at a time": ("models: {gpt4: {concurrency: 0}}", "models.gpt4.concurrency = 0", "at least 1"),
    "reserved model name": ("models: {survey: {source: x}}", "'survey'", "reserved"),
    "model name with a slash": ("models: {a/b: {source: x}}", "'a/b'", "must match"),
    "results elsewhere": ("pathvars: {results: /tmp/x}", "pathvars.results = '/tmp/x'", "must match"),
    "culture's file that is not there": ("cultures: {utopia: nowhere.yaml}", "cultures.utopia", "no such file"),
    "family with a misspelt key": ("families: {qwen: {epoch: 1}}", "families.qwen.epoch", "did you mean 'epochs'"),
    "family with a bad value": ("families: {qwen: {epochs: 0}}", "families.qwen.epochs = 0", "more than 0"),
    "GPUs that cannot share": ("training: {gpus: 3}", "training: accumulation = 4", "gpus = 3"),
    "GPUs that a family's batches do not fill": (
        "{training: {gpus: 4}, families: {qwen: {accumulation: 2}}}",
        "families.qwen: accumulation = 2",
        "gpus = 4",
    ),
    "no shards": ("shards: 0", "shards = 0", "at least 1"),
    "section that is empty": ("training:", "training = None", "of type object"),
    "survey file that is not there": ("survey: {file: no.zip}", "survey.file = 'no.zip'", "no such file"),
    "weights of published shares": ("survey: {weights: W_WEIGHT}", "survey.weights = 'W_WEIGHT'", "or write none"),
    "limit above all": ("quality: {limits: {cut_off: 2}}", "quality.limits.cut_off = 2", "at most 1"),
    "misspelt limit": ("quality: {limits: {cutoff: 0.1}}", "quality.limits.cutoff", "did you mean 'cut_off'"),
    "words that are everywhere": ("quality: {survey_words: 2}", "quality.survey_words = 2", "at least 5"),
    "no dialogues to rate": ("raters: {dialogues: 0}", "raters.dialogues = 0", "at least 1"),
    "negative seed": ("seed: -1", "seed = -1", "at least 0"),
}


def one_line(told, *parts):
    message = str(told.value)
    assert "\n" not in message
    assert len(message) < 700
    for part in parts:
        assert part in message, message


@pytest.mark.parametrize(("mistake", "names", "allowed"), CONFIGS.values(), ids=CONFIGS)
def test_mistake_in_the_configuration_is_one_line(mistake, names, allowed, monkeypatch):
    monkeypatch.chdir(ROOT)
    config = copy.deepcopy(CONFIG)
    update_config(config, yaml.safe_load(mistake))
    with pytest.raises(InputError) as told:
        check(config, SCHEMA)
    one_line(told, "config: ", names, allowed)


@pytest.mark.parametrize(
    "name",
    [
        "model of no catalogue",
        "misspelt key",
        "rate that YAML reads as text",
        "more turns than 20",
        "culture's file that is not there",
        "section that is empty",
    ],
)
def test_snakemake_ends_with_that_line_and_no_traceback(name, tmp_path):
    mistake, names, allowed = CONFIGS[name]
    bad = tmp_path / "bad.yaml"
    bad.write_text(mistake)
    command = [sys.executable, "-m", "snakemake", "-n", "--configfile", "config/demo.yaml", str(bad)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ | {"NO_COLOR": "1"})
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Traceback" not in said
    (line,) = [line for line in said.splitlines() if line.startswith("config: ")]
    assert names in line
    assert allowed in line


def change(**values):
    """Change the second row of a table."""
    return lambda rows: [rows[0], rows[1] | values, *rows[2:]]


def drop(column):
    return lambda rows: [{key: value for key, value in row.items() if key != column} for row in rows]


def add(column):
    return lambda rows: [row | {column: 1} for row in rows]


# Each: what is done to a table's rows, and what the line must hold; both as JSON Lines and as Parquet.
ROWS = {
    "missing column": (drop("action"), "column action is missing"),
    "extra column": (add("mood"), "mood", "is not a column"),
    "number for a text": (lambda rows: [row | {"name": 7} for row in rows], "column name"),
    "text for a number": (lambda rows: [row | {"turn": "two"} for row in rows], "column turn"),
    "fraction for a whole number": (lambda rows: [row | {"turn": 1.5} for row in rows], "column turn"),
    "out of range": (change(turn=21), "row 2, column turn = 21"),
    "not one of the allowed": (change(action="shout"), "row 2, column action = 'shout'", "leave"),
    "empty text": (change(name=""), "row 2, column name = ''"),
    "null": (change(utterance=None), "row 2, column utterance = None"),
}


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_broken_row_is_one_line_with_file_row_column_and_value(row, suffix, utterance_rows, tmp_path):
    damage, *parts = row
    path, rows = tmp_path / f"dialogues{suffix}", damage(utterance_rows())
    if suffix == ".parquet":
        pl.DataFrame(rows).write_parquet(path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(InputError) as told:
        artifacts.read(path, schemas.Utterance)
    one_line(told, str(path), "delete the file and run again", *parts)


def test_duplicate_key_is_named_by_row(scenario_row, tmp_path):
    path = tmp_path / "adapted_scenarios.jsonl"
    path.write_text("".join(json.dumps(scenario_row(name)) + "\n" for name in ("s1", "s2", "s1")))
    with pytest.raises(InputError) as told:
        artifacts.read(path, schemas.AdaptedScenario)
    one_line(told, str(path), "column scenario_id = 's1'", "unique")


def answer(**changed):
    row = {"method": "persona", "respondent": "r1", "question": "Q1", "option": 1, "logprobs": [-1.0, -2]}
    return json.dumps(row | {"option_mass": 0.5} | changed).encode()


# Each: name and bytes of a file (None: there is none), how it is read, and what the line must hold.
LINES, ANSWERS = lambda path: artifacts.read(path, schemas.Utterance), lambda path: artifacts.read(path, schemas.Answer)
FILES = {
    "missing table": ("t.jsonl", None, LINES, "no such file; run the workflow's rule"),
    "missing Parquet": ("t.parquet", None, LINES, "no such file; run the workflow's rule"),
    "torn JSON Lines": ("t.jsonl", b'{"culture": "jap', LINES, "row 1 is not a JSON object"),
    "line that is no object": ("t.jsonl", b"[1, 2]\n", LINES, "row 1 is not a JSON object: b'[1, 2]'"),
    "blank line": ("t.jsonl", b"\n", LINES, "row 1 is not a JSON object"),
    "JSON Lines not in UTF-8": ("t.jsonl", b'{"culture": "\xff"}\n', LINES, "row 1 is not a JSON object"),
    "empty Parquet": ("t.parquet", b"", LINES, "not a complete Parquet file", "delete it and run again"),
    "torn Parquet": ("t.parquet", b"PAR1\x15\x04\x15", LINES, "not a complete Parquet file", "delete it and run again"),
    "text for Parquet": ("t.parquet", b"hello there, no table here", LINES, "not a complete Parquet file"),
    "text in a list of numbers": ("t.jsonl", answer(logprobs=[-1.0, "x"]), ANSWERS, "row 1, column logprobs"),
    "text for a list": ("t.jsonl", answer(logprobs="x"), ANSWERS, "row 1, column logprobs = 'x'", "List(Float64)"),
    "number beyond 64 bits": ("t.jsonl", answer(option=2**70), ANSWERS, "row 1, column option"),
    "probability above 1": ("t.jsonl", answer(option_mass=1.5), ANSWERS, "row 1, column option_mass = 1.5"),
    "missing JSON": ("x.json", None, artifacts.read_json, "no such file"),
    "empty JSON": ("x.json", b"", artifacts.read_json, "not JSON", "delete it and run again"),
    "torn JSON": ("x.json", b'{"a": 1,', artifacts.read_json, "not JSON", "delete it and run again"),
    "JSON not in UTF-8": ("x.json", b"\xff\xfe{}", artifacts.read_json, "not JSON", "delete it and run again"),
    "missing culture": ("c.yaml", None, culture.load, "no such file", "japan.yaml"),
    "empty culture": ("c.yaml", b"", culture.load, "None is not a mapping", "allowed: the keys name"),
    "culture that is not YAML": ("c.yaml", b"name: [", culture.load, "not YAML"),
    "culture not in UTF-8": ("c.yaml", b"name: \xff", culture.load, "not YAML"),
    "culture with an unknown key": ("c.yaml", b"nmae: Japan\n", culture.load, "nmae = 'Japan'", "did you mean name"),
    "missing questionnaire": ("q.yaml", None, questionnaire.load, "no such file", "en.yaml"),
    "empty questionnaire": ("q.yaml", b"", questionnaire.load, "not keys", "en.yaml"),
    "questionnaire that is not YAML": ("q.yaml", b"items: [", questionnaire.load, "not YAML"),
    "questionnaire without items": ("q.yaml", b"language: en\n", questionnaire.load, "list of `items`"),
    "missing marginals": ("m.csv", None, lambda path: respondents.marginals(path, "uk"), "no such file"),
    "empty marginals": ("m.csv", b"", lambda path: respondents.marginals(path, "uk"), "CSV"),
    "marginals not in UTF-8": (
        "m.csv",
        b"question,culture,option,percent\nQ1,\xff,1,2\n",
        lambda path: respondents.marginals(path, "uk"),
        "UTF-8",
    ),
    "marginals without a column": (
        "m.csv",
        b"question,culture,option\nQ1,uk,1\n",
        lambda path: respondents.marginals(path, "uk"),
        "column percent is missing",
    ),
    "marginals above 100": (
        "m.csv",
        b"question,culture,option,percent\nQ1,uk,1,101\n",
        lambda path: respondents.marginals(path, "uk"),
        "row 2, column percent = '101'",
        "between 0 and 100",
    ),
    "marginals of another culture": (
        "m.csv",
        b"question,culture,option,percent\nQ1,uk,1,10\n",
        lambda path: respondents.marginals(path, "japan"),
        "no rows of culture 'japan'",
        "there are: uk",
    ),
    "demographics with an unknown field": (
        "d.csv",
        b"culture,field,code,percent\nuk,Q999,1,10\n",
        lambda path: respondents.demographics(path, "uk"),
        "row 2, column field = 'Q999'",
        "allowed: country, H_SETTLEMENT",
    ),
    "demographics with a word for a code": (
        "d.csv",
        b"culture,field,code,percent\nuk,Q260,man,10\n",
        lambda path: respondents.demographics(path, "uk"),
        "row 2, column code = 'man'",
        "whole number",
    ),
    "scenario source without a topic": (
        "seeds.jsonl",
        b'{"seed_id": "x"}\n',
        lambda path: load_sources(path, "seed_id"),
        "row 1 is no object with seed_id and topic",
    ),
}


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_broken_file_is_one_line_with_its_path(file, tmp_path):
    name, content, read, *parts = file
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as told:
        read(path)
    one_line(told, str(path), *parts)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_parquet_torn_anywhere_is_told(share, utterance_rows, tmp_path):
    path = tmp_path / "t.parquet"
    artifacts.write(pl.DataFrame(utterance_rows(turns=20)), path, schemas.Utterance)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError) as told:
        artifacts.read(path, schemas.Utterance)
    one_line(told, str(path), "not a complete Parquet file")


def test_parquet_damaged_inside_is_told_and_not_read_as_something_else(utterance_rows, tmp_path):
    path = tmp_path / "t.parquet"
    artifacts.write(pl.DataFrame(utterance_rows(turns=20)), path, schemas.Utterance)
    content = bytearray(path.read_bytes())
    content[4:200] = b"\xff" * 196
    path.write_bytes(content)
    with pytest.raises(InputError) as told:
        artifacts.read(path, schemas.Utterance)
    one_line(told, str(path))


@pytest.mark.parametrize("content", [None, b"torn", b""])
def test_adapter_that_is_not_there_or_torn_has_a_path_in_its_line(content, tmp_path):
    from clca.models import weights_hash

    if content is None:
        with pytest.raises(InputError) as told:
            weights_hash(tmp_path)
        one_line(told, str(tmp_path), "*.safetensors")
    else:
        # Weights are known by their bytes: a torn file is another model, never taken for the whole one.
        (tmp_path / "one").mkdir()
        (tmp_path / "two").mkdir()
        (tmp_path / "one" / "adapter_model.safetensors").write_bytes(content)
        (tmp_path / "two" / "adapter_model.safetensors").write_bytes(content + b"whole")
        assert weights_hash(tmp_path / "one") != weights_hash(tmp_path / "two")
