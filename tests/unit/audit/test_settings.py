"""What of settings is told to others."""

from clca.audit.jobs import Files, Job, Workflow
from clca.audit.settings import leaves, opened, parameters, shareable, value_of

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
        "models.llama.source": "elsewhere/weights",
        "study.models": ["llama"],
        "survey.file": "elsewhere/WVS.zip",
        "survey.personas": 40,
    }


def test_parameters_are_opened_and_the_journal_s_place_is_none():
    workflow = Workflow(config=CONFIG, strays=[])
    one = job(
        config='{"turns": 8}', journal="results/journal/x", forms=["results/journal/y"], seed=42, file="/tmp/a.csv"
    )
    assert parameters(one, workflow) == {"config": {"turns": 8}, "seed": 42, "file": "elsewhere/a.csv"}


def test_values_come_out_of_snakemake_s_notation():
    assert value_of("""'{"a": [1]}'""") == {"a": [1]}
    assert (value_of("None"), value_of("42"), value_of("<no notation>")) == (None, 42, "<no notation>")
    assert opened("[torn") == "[torn"


def test_servers_stay_secret_wherever_they_stand():
    assert shareable([{"base_url": "http://x"}, {"base_url": None}]) == [{"base_url": "(set)"}, {"base_url": None}]
