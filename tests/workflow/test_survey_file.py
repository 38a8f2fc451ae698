"""A survey file of made-up rows in place of the published shares: what is made of it, and who gets to see it.

One respondent is marked, the first of those who are played: each of their codes, and their answers as a whole, are
nobody else's, and what nobody has a use for (interview, date, town, age in years) is a word or number of its own.
"""

import json
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import marked
import polars as pl
import pytest
import yaml
from survey_files import cross_national, people, zipped
from workdir import TARGET, TINY, Workdir

from clca import artifacts, schemas
from clca.engines.base import ignore
from clca.engines.journal import Journal, Journaled, request_key
from clca.models import weights_hash
from clca.survey.answers import anthropological_answers, cultural_answers, persona_answers
from clca.survey.parsing import parse
from clca.survey.personas import render
from clca.survey.questionnaire import OPTION_COUNTS, load
from clca.survey.respondents import generator

DEMO = "results/demo/smollm2/japan"
SPANISH = f"{DEMO}/wvs.es.json"
REASONED = f"{DEMO}/anthropological/answers.en.constrained.parquet"
WRITTEN = f"{DEMO}/clca-seed42/answers.en.free_text.parquet"
ADAPTER = f"{DEMO}/clca/seed42/adapter/adapter_model.safetensors"
TARGETS = (SPANISH, REASONED, WRITTEN)
PERSONAS, RESPONDENTS = (f"results/demo/survey/japan/{name}.parquet" for name in ("personas", "respondents"))
# Of what is made with the file, all that may tell who the marked respondent is.
PRIVATE = {PERSONAS, RESPONDENTS, *(path.replace("demo/", "demo/journal/") for path in (REASONED, WRITTEN))}
DATA = ("adapted_scenarios", "dialogues", "judgements", "filtered", "intents")

PLAYED, TOKENS = 2, 24
SURVEY = {"file": "survey.zip", "personas": PLAYED, "anthropological_personas": 1, "reasoning_tokens": TOKENS}
CONFIGS = (*TINY, "survey.yaml")
AT = int(generator(42, "japan", "personas").permutation(60)[0])
ID = f"japan-{AT + 2:05d}"

ENGLISH, IN_SPANISH = (load(Path(__file__).parents[2] / f"config/questionnaire/{name}.yaml") for name in ("en", "es"))
WHO = [*marked.sentences(ENGLISH).values(), *marked.sentences(IN_SPANISH).values()]
ANSWERS = [*marked.listed(marked.ANSWERS), *marked.listed(marked.OTHERWISE)]
# "You are a woman." may be said by anybody.
TRACES = [*marked.IDENTIFIERS, *ANSWERS, *marked.listed(marked.FIELDS), *(one for one in WHO if len(one.split()) > 4)]


def write_survey(workdir: Workdir, answers: dict[str, int]) -> None:
    zipped(marked.mark([*people("JPN", 60), *people("MEX", 20)], AT, answers), workdir.path / "survey.zip")


@dataclass
class Surveyed:
    """A finished run with a survey file, and what the file alone made Snakemake plan."""

    workdir: Workdir
    planned: Counter[str]


@pytest.fixture(scope="module")
def surveyed(finished, tmp_path_factory) -> Surveyed:
    """A copy of the finished run goes on with a survey file in the configuration."""
    workdir = finished.workdir.copied(tmp_path_factory.mktemp("surveyed") / "run")
    write_survey(workdir, marked.ANSWERS)
    (workdir.path / "survey.yaml").write_text(yaml.safe_dump({"survey": SURVEY}))
    planned = workdir.planned(TARGET, configs=CONFIGS)
    status, output = workdir.run(*TARGETS, configs=CONFIGS)
    assert status == 0, output
    return Surveyed(workdir, planned)


def table(surveyed: Surveyed, path: str, schema: type[schemas.Table] = schemas.Answer) -> pl.DataFrame:
    return artifacts.read(surveyed.workdir.path / path, schema)


def journaled(surveyed: Surveyed, path: str) -> list[dict]:
    return [json.loads(line) for line in surveyed.workdir.journal(path.removeprefix("results/demo/"))]


def test_a_survey_file_plans_the_jobs_after_respondents_and_no_other(surveyed):
    assert surveyed.planned == Counter(["respondents", "personas", "answers", "adapter_answers", "wvs_scores"])


def test_a_scorecard_in_spanish_against_the_rows_of_a_file(surveyed):
    card = json.loads((surveyed.workdir.path / SPANISH).read_text())
    assert card["language"] == "es"
    assert card["reference"]["synthetic_respondents"] is False
    assert card["reference"]["respondents"] == 60
    personas = table(surveyed, PERSONAS, schemas.Persona)
    assert set(personas["country"]) == {"JPN"}
    assert len(personas) == card["personas"] == PLAYED


def test_the_anthropological_baseline_reasons_before_each_answer(surveyed):
    answers = table(surveyed, REASONED)
    assert answers["respondent"].to_list() == [ID] * 44
    assert set(answers["method"]) == {"anthropological"}
    assert answers["option"].null_count() == 0
    assert [len(row) for row in answers["logprobs"]] == list(OPTION_COUNTS.values())
    lines = journaled(surveyed, REASONED)
    assert Counter(line["kind"] for line in lines) == {"Completion": 44, "Choice": 44}
    thoughts = [line["reply"] for line in lines if line["kind"] == "Completion"]
    assert all(thought["text"].strip() for thought in thoughts)
    assert max(thought["completion_tokens"] for thought in thoughts) == TOKENS


def test_other_limits_of_reasoning_rerun_the_anthropological_baseline_alone(surveyed):
    with surveyed.workdir.edited("survey.yaml", lambda text: text.replace(f": {TOKENS}", f": {TOKENS + 1}")):
        assert surveyed.workdir.planned(*TARGETS, configs=CONFIGS) == Counter(["anthropological_answers"])


def test_free_text_of_an_adapter_is_what_its_replies_say(surveyed):
    answers = table(surveyed, WRITTEN)
    assert len(answers) == PLAYED * 44
    assert set(answers["method"]) == {"clca-seed42"}
    assert answers["logprobs"].null_count() == answers["option_mass"].null_count() == len(answers)
    replies = {
        (line["messages"][0]["content"], line["messages"][1]["content"]): line["reply"]["text"]
        for line in journaled(surveyed, WRITTEN)
    }
    assert len(replies) == len(answers)
    prompts = {row["respondent"]: render(row, ENGLISH) for row in table(surveyed, PERSONAS, schemas.Persona).to_dicts()}
    items = {item.question: item for item in ENGLISH.items}
    for row in answers.to_dicts():
        item = items[row["question"]]
        (reply,) = (
            text for (who, what), text in replies.items() if who == prompts[row["respondent"]] and item.text in what
        )
        assert row["option"] == parse(reply, item.options)


class Replayed:
    """An engine that answers from the journal of an artifact alone, and keeps what it is asked."""

    def __init__(self, surveyed: Surveyed, path: str, adapter: str | None = None) -> None:
        root, self.asked = surveyed.workdir.path, []
        self.identity = artifacts.read_json(root / "resources/models/smollm2.json")["revision"]
        if adapter is not None:
            self.identity += f"+{weights_hash((root / adapter).parent)}"
        journal = Journal(root / path.replace("demo/", "demo/journal/"))
        self.engine = Journaled(lambda: pytest.fail("this was not asked"), self.identity, journal)

    def chat(self, requests, on_done=ignore):
        self.asked += requests
        return self.engine.chat(requests, on_done)

    def choose(self, requests, on_done=ignore):
        self.asked += requests
        return self.engine.choose(requests, on_done)


def test_the_prompts_of_a_persona_alone_tell_who_it_is_and_none_what_it_answered(surveyed):
    """Journals name prompts by their hashes: the prompts are made again, and are those that were asked, all of them."""
    personas, japan = table(surveyed, PERSONAS, schemas.Persona), ("Japan", "Japanese")
    runs = [(REASONED, None, ENGLISH), (WRITTEN, ADAPTER, ENGLISH)]
    runs += [(f"{DEMO}/{name}/answers.es.constrained.parquet", adapter, IN_SPANISH)
             for name, adapter in (("persona", None), ("clca-seed42", ADAPTER))]  # fmt: skip
    for path, adapter, questionnaire in runs:
        method, form = path.split("/")[4], path.split(".")[-2]
        engine = Replayed(surveyed, path, adapter)
        people = personas.head(1) if path == REASONED else personas
        if path == REASONED:
            made = anthropological_answers(people, *japan, questionnaire, engine, form, TOKENS)
        else:
            made = persona_answers(method, people, "Japan", questionnaire, engine, form)
        assert made.equals(table(surveyed, path))
        whom = [*made["respondent"]] * (len(engine.asked) // len(made))
        if method == "persona":
            made = cultural_answers(*japan, questionnaire, engine, form)
            assert made.equals(table(surveyed, path.replace("persona/", "cultural/")))
            whom += [None] * 44
        asked = {request_key(engine.identity, request) for request in engine.asked}
        assert asked == {line["key"] for line in journaled(surveyed, path)}

        prompts = ["\n".join(message["content"] for message in request.messages) for request in engine.asked]
        for sentence in marked.sentences(questionnaire).values():
            told = {who for who, prompt in zip(whom, prompts, strict=True) if sentence in prompt}
            assert told == {ID}
        for trace in (*marked.IDENTIFIERS, *marked.listed(marked.FIELDS), *ANSWERS):
            assert not any(trace in prompt for prompt in prompts)


def test_nothing_but_the_survey_s_folder_and_its_own_prompts_tells_of_a_respondent(surveyed):
    path = surveyed.workdir.path

    def holders(traces: list[str]) -> set[str]:
        """Files by their names, journals by their folders'."""
        files = {
            f"{folder}/{name}"
            for folder in ("results", "logs", "benchmarks", ".snakemake")
            for name in marked.holders(path / folder, traces)
        }
        return {str(Path(name).parent) if "/journal/" in name else name for name in files}

    assert holders(TRACES) == PRIVATE
    assert holders([*ANSWERS, str(marked.WEIGHT)]) == {RESPONDENTS}
    assert holders([marked.MARK, str(marked.NUMBER)]) == set()
    printed = (path / "run.log").read_text()
    assert not any(trace in printed for trace in TRACES)


def test_other_answers_change_the_scores_and_nothing_before_them(surveyed):
    workdir, results = surveyed.workdir, surveyed.workdir.path / "results/demo"

    def contents() -> dict[str, bytes]:
        return {str(file.relative_to(results)): file.read_bytes() for file in results.rglob("*") if file.is_file()}

    before = contents()
    write_survey(workdir, marked.OTHERWISE)
    assert workdir.planned(ADAPTER, configs=CONFIGS) == Counter()
    status, output = workdir.run(*TARGETS, configs=CONFIGS)
    assert status == 0, output
    assert "with vLLM" not in output
    after = contents()
    assert after.keys() == before.keys()
    survey, scores = ("respondents.parquet", "summary.json"), ("json", "items.parquet", "meta.json")
    changed = {*(f"survey/japan/{name}" for name in survey), *(f"smollm2/japan/wvs.es.{name}" for name in scores)}
    assert {name for name in after if after[name] != before[name]} == changed


def test_data_generation_asks_the_same_with_a_survey_file_and_without(surveyed):
    """All its stages once more, from a copy of the journal that was written before there was a file."""
    workdir = surveyed.workdir
    demo, again = (workdir.path / "results" / name for name in ("demo", "again"))
    shutil.copytree(demo / "journal/data", again / "journal/data")
    folders = {name: f"{name}/again" for name in ("results", "logs", "benchmarks")}
    (workdir.path / "again.yaml").write_text(yaml.safe_dump({"pathvars": folders}))
    examples = "smollm2/japan/clca/seed42/examples.jsonl"
    status, output = workdir.run(f"results/again/{examples}", configs=(*CONFIGS, "again.yaml"))
    assert status == 0, output
    assert "with vLLM" not in output
    made = {str(file.relative_to(again)): file for file in again.rglob("*") if file.is_file()}
    assert {Path(name).stem for name in made if "journal" not in name} == {*DATA, "dropped", "examples"}
    for name, file in made.items():
        assert file.read_bytes() == (demo / name).read_bytes(), name
    assert marked.holders(again, TRACES) == []


def test_a_file_without_the_culture_s_country_is_told_in_one_line(tmp_path):
    workdir = Workdir(tmp_path)
    cross_national(people("MEX", 5), tmp_path / "survey.csv")
    (tmp_path / "survey.yaml").write_text("survey: {file: survey.csv}\n")
    status, output = workdir.run("results/demo/survey/japan/respondents.parquet", configs=CONFIGS)
    assert status != 0
    assert "Traceback" not in output
    (line,) = {line.partition("error: ")[2] for line in output.splitlines() if "error: " in line and "JPN" in line}
    assert "survey.csv" in line


def test_a_culture_s_own_file_counts_for_that_culture_alone(tmp_path):
    workdir = Workdir(tmp_path)
    cross_national(people("JPN", 20), tmp_path / "japan.csv")
    with (tmp_path / "config/cultures/japan.yaml").open("a") as file:
        file.write("survey_file: japan.csv\n")
    summaries = [f"results/demo/survey/{name}/summary.json" for name in ("japan", "mexico")]
    status, output = workdir.run(*summaries, configs=TINY)
    assert status == 0, output
    japan, mexico = (json.loads((tmp_path / path).read_text()) for path in summaries)
    assert (japan["source"], japan["synthetic"], japan["respondents"]) == ("japan.csv", False, 20)
    assert mexico["synthetic"]
