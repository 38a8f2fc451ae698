"""What of settings is told to others."""

import re

import pytest

from clca.audit.carried import told
from clca.audit.jobs import Files, Job, Workflow
from clca.audit.settings import leaves, opened, parameters, shareable, shareable_option, value_of

CONFIG = {
    "pathvars": {"results": "results"},
    "author": "gpt",
    "judge": "gpt",
    "models": {
        "gpt": {"engine": "openai", "base_url": "http://intranet:8000", "family": None},
        "llama": {"source": "/home/someone/weights", "family": "llama"},
        "other": {"source": "owner/name"},
    },
    "families": {"llama": {"rank": 4}, "qwen": {"rank": 8}},
    "cultures": {"japan": "config/cultures/japan.yaml", "mexico": "config/cultures/mexico.yaml"},
    "survey": {"file": "/home/someone/WVS.zip", "personas": 40},
    "study": {"models": ["llama"]},
}


def job(**params) -> Job:
    named = {"culture": "japan", "model": "llama"}
    files = Files(values=list(params.values()), names=params)
    return Job(rule="r", wildcards=named, input=Files(values=[]), output=Files(values=["out"]), params=files)


def test_leaves_are_of_what_jobs_have_to_do_with_and_hold_no_path_of_the_machine():
    found = leaves(Workflow(config=CONFIG, strays=[], jobs=[job()]))
    assert found == {
        "author": "gpt",
        "cultures.japan": "config/cultures/japan.yaml",
        "families.llama.rank": 4,
        "judge": "gpt",
        "models.gpt.base_url": "(set)",
        "models.gpt.engine": "openai",
        "models.llama.family": "llama",
        "models.llama.source": told("/home/someone/weights"),
        "study.models": ["llama"],
        "survey.file": told("/home/someone/WVS.zip"),
        "survey.personas": 40,
    }


def test_parameters_are_opened_and_the_journal_s_place_is_none():
    workflow = Workflow(config=CONFIG, strays=[])
    one = job(
        config='{"turns": 8}', journal="results/journal/x", forms=["results/journal/y"], seed=42, file="/tmp/a.csv"
    )
    assert parameters(one, workflow) == {"config": {"turns": 8}, "seed": 42, "file": told("/tmp/a.csv")}


def test_values_come_out_of_snakemake_s_notation():
    assert value_of("""'{"a": [1]}'""") == {"a": [1]}
    assert (value_of("None"), value_of("42"), value_of("<no notation>")) == (None, 42, "<no notation>")
    assert opened("[torn") == "[torn"


def test_servers_stay_secret_wherever_they_stand():
    assert shareable([{"base_url": "http://x"}, {"base_url": None}]) == [{"base_url": "(set)"}, {"base_url": None}]


@pytest.mark.parametrize("path", ["/home/alice/WVS.zip", "~/WVS.zip", "~alice/WVS.zip", "../../alice/WVS.zip"])
def test_a_path_that_leaves_the_snakefile_s_folder_is_cut_to_its_name(path: str):
    cut = shareable(path)
    assert re.fullmatch("elsewhere/[0-9a-f]{6}/WVS.zip", cut)
    assert shareable(cut) == cut
    assert shareable({"file": [path, "data/WVS.zip"]}) == {"file": [cut, "data/WVS.zip"]}


@pytest.mark.parametrize(
    "word",
    [
        "/home/alice/my.yaml",
        "--configfile=/home/alice/my.yaml",
        "-d/home/alice/my.yaml",
        "base=/home/alice/my.yaml",
        "base=../alice/my.yaml",
        "survey={file: /home/alice/my.yaml}",
        "--config=survey={file: /home/alice/my.yaml, personas: 40}",
        "models={gpt: {base_url: 'http://alice@intranet/'}, llama: {source: ~/alice/my.yaml}}",
        "tmpdir='/home/alice/my.yaml'",
        "--bind /home/alice/my.yaml",
        "--bind=data:/data,/home/alice/my.yaml:/x",
        "base_url=http://alice@intranet/my.yaml",
    ],
)
def test_no_option_tells_of_this_machine(word: str):
    shared = shareable_option(word)
    assert "alice" not in shared
    assert ("elsewhere/" in shared) != ("base_url=" in shared)


@pytest.mark.parametrize(
    "word",
    ["--configfile", "config/demo.yaml", "base=results/x", "survey={personas: 40}", "shards=2", "a=b=c", "{torn", ""],
)
def test_an_option_that_holds_no_place_stays_as_it_was_given(word: str):
    assert shareable_option(word) == word
