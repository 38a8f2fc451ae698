"""The checked configuration, the wildcards' constraints, and the slices of both that rules read."""

import json
import re
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError
from snakemake.utils import validate

from clca.config import canonical, check
from clca.culture import Traits, load
from clca.errors import InputError
from clca.fingerprint import fingerprint
from clca.models import ModelSpec, require_key

ROOT = Path(workflow.basedir)


def told(function, *arguments):
    """Call `function`; a user's mistake becomes one line without a traceback."""
    try:
        return function(*arguments)
    except InputError as error:
        raise WorkflowError(str(error))


told(
    check,
    config,
    yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text()),
)
validate(config, str(ROOT / "workflow/schemas/config.schema.yaml"))


def hosted(name):
    """Whether a model is served elsewhere, so that no weights are here."""
    return config["models"][name].get("engine") == "openai"


JOURNAL = f"{config['pathvars']['results']}/journal"


wildcard_constraints:
    # A hosted model cannot be trained, so it is nobody's student.
    model="|".join(re.escape(name) for name in config["models"] if not hosted(name)),
    teacher="|".join(map(re.escape, config["models"])),
    culture="|".join(map(re.escape, config["cultures"])),
    variant="|".join(map(re.escape, config["variants"])),
    corpus="social",
    seed=r"\d+",
    language="|".join(
        sorted(path.stem for path in ROOT.glob("config/questionnaire/*.yaml"))
    ),
    form="constrained|free_text|reversed",


# Of every rule that runs a model, cut to the cores there are; a rule that names none computes on one.
THREADS = 8


# Code that decides what is asked, behind every rule that asks a model to write.
ASKING = [
    "clca/engines/base.py",
    "clca/engines/structured.py",
    "clca/prompts/__init__.py",
    "clca/prompts/en/schema_reply.j2",
    "clca/chat.py",
]


def code(*patterns):
    """Fingerprint of what decides a rule's content: files under the repository, by pattern."""
    return fingerprint(
        path for pattern in patterns for path in sorted(ROOT.glob(pattern))
    )


def section(name, *without):
    """One section of the configuration with the study's seed, as the canonical text that Snakemake compares."""
    kept = {key: value for key, value in config[name].items() if key not in without}
    return canonical(kept | {"seed": config["seed"]})


# All files of the catalogue, so that a mistake in one is told before anything is planned.
CULTURES = {name: told(load, path) for name, path in config["cultures"].items()}


def culture(wildcards):
    """What the prompts know of a culture: all of its file but where the survey finds it."""
    return canonical(
        CULTURES[wildcards.culture].model_dump(
            mode="json", include=set(Traits.model_fields)
        )
    )


def sources(wildcards):
    """The corpora that seeds and norms are drawn from, each with what it calls this culture."""
    return canonical(
        [
            source | {"names": source.get("names", {}).get(wildcards.culture, [])}
            for source in config["scenarios"]["sources"]
        ]
    )


def total(wildcards):
    """At most how many scenarios a culture gets; null for all."""
    return canonical(config["scenarios"]["total"].get(wildcards.culture))


# Users' files that scenarios come from.
CORPORA = [
    source[key]
    for source in config["scenarios"]["sources"]
    for key in ("path", "agents")
    if key in source
]


def entry(name, keys):
    """Some keys of a model's entry in the catalogue, where it has them."""
    return canonical(
        {
            key: config["models"][name][key]
            for key in keys
            if key in config["models"][name]
        }
    )


# Family, GPUs, and what `Hosting` reads of an entry (by itself) say nothing of what a model replies.
ASKED = [
    "engine",
    "source",
    "revision",
    "max_model_len",
    "dtype",
    "structured",
    "base_url",
    "key_variable",
]
FETCHED = ["engine", "source", "revision"]


def spec(name):
    """What a rule that asks a model knows of it."""
    return entry(name, ASKED)


def fetched(wildcards):
    """What decides which weights are fetched."""
    return entry(wildcards.model, FETCHED)


def fetching(wildcards):
    """What fetching needs to know."""
    keys = [*FETCHED, "key_variable"] if hosted(wildcards.model) else FETCHED
    return entry(wildcards.model, keys)


def gpus(name):
    """GPUs that a model is spread over; one served elsewhere needs none here."""
    return 0 if hosted(name) else config["models"][name]["gpus"]


def capped(name):
    """1 where spending on a model is capped: its stages go one after the other, each counting what those before spent."""
    return int("spending_cap" in config["models"][name])


def teacher_capped(wildcards):
    return capped(wildcards.teacher)


def student_gpus(wildcards):
    return gpus(wildcards.model)


def teacher_gpus(wildcards):
    return gpus(wildcards.teacher)


def student(wildcards):
    return spec(wildcards.model)


def teacher(wildcards):
    return spec(wildcards.teacher)


def corpus(file):
    """Input function: `file` among the dialogues that a variant learns from."""

    def path(wildcards):
        variant = config["variants"][wildcards.variant]
        return f"<results>/data/{wildcards.culture}/{variant['teacher']}/{variant['corpus']}/{file}"

    return path


def variant(wildcards):
    """What a variant learns, and from whom; not its seeds, each of which has an adapter of its own."""
    kept = ("teacher", "corpus", "tasks")
    return canonical({key: config["variants"][wildcards.variant][key] for key in kept})


def settings_of(wildcards):
    """The training settings of a student: the study's, with its family's own."""
    family = config["models"][wildcards.model].get("family")
    return config["training"] | config["families"].get(family, {})


def heldout_share(wildcards):
    return settings_of(wildcards)["heldout_share"]


# How a machine gets there, and not where: resources, which rerun nothing.
KNOBS = ("save_steps", "gradient_checkpointing")


def training(wildcards):
    """The settings that decide an adapter."""
    kept = {
        key: value
        for key, value in settings_of(wildcards).items()
        if key not in (*KNOBS, "heldout_share")
    }
    return canonical(kept | {"seed": int(wildcards.seed)})


def save_steps(wildcards):
    return settings_of(wildcards)["save_steps"]


def gradient_checkpointing(wildcards):
    return int(settings_of(wildcards)["gradient_checkpointing"])


SHIPPED = ["china", "germany", "uk", "mexico", "japan"]
SHARES = "workflow/resources/wvs7_marginals.csv"
# The scorecard's `clca` is the first seed of that variant.
SEED = config["variants"]["clca"]["seeds"][0]
ANSWERING = [
    "clca/survey/answers.py",
    "clca/survey/parsing.py",
    "clca/survey/personas.py",
    "clca/survey/questionnaire.py",
    "clca/chat.py",
]


def questionnaire(wildcards):
    """Content of a language's questionnaire, comments left out."""
    return code(f"config/questionnaire/{wildcards.language}.yaml")


def countries(wildcards):
    """The survey's codes for a culture."""
    return list(CULTURES[wildcards.culture].countries)


def marginals(wildcards):
    """Published shares of a culture: a file of its own, or the study's."""
    return CULTURES[wildcards.culture].marginals or config["survey"]["marginals"]


def demographics(wildcards):
    """Shares of the persona fields of a culture: a file of its own, or the study's."""
    return CULTURES[wildcards.culture].demographics or config["survey"]["demographics"]


def survey_files():
    """The files that respondents are read from, none where published shares stand in for them."""
    name, weights = config["survey"].get("file"), config["survey"]["weights"]
    if name is None:
        if weights != "none":
            raise InputError(
                f"config: survey.weights = {weights!r}, but published shares have no weights; "
                "name a survey.file, or write none"
            )
        return []
    path = Path(name)
    if path.is_dir():
        return sorted(map(str, path.glob("*.tsv"))) or [name]
    if not path.is_file():
        raise InputError(
            f"config: survey.file = {name!r}: no such file; config/README.md says where to fetch it"
        )
    # WorldValuesBench is a pair of tables: either is named, both are read.
    pair = path.parent.glob("*_qa.tsv") if path.name.endswith("_qa.tsv") else []
    return sorted({name, *map(str, pair)})


SURVEY_FILES = told(survey_files)


def without_file(value):
    """What only synthetic respondents depend on: with a survey file, changing it reruns nothing."""
    return None if SURVEY_FILES else value


def published_marginals(wildcards):
    """Shares that stand in for the respondents' answers; none with a survey file."""
    return [] if SURVEY_FILES else marginals(wildcards)


def published_demographics(wildcards):
    """Shares that stand in for the respondents' persona fields; none with a survey file."""
    return [] if SURVEY_FILES else demographics(wildcards)


def card_language(wildcards):
    """The language that a scorecard's answers were given in; `wvs.json` is the English one."""
    return getattr(wildcards, "language", "en")


def names(wildcards):
    """What the survey's prompts know of a culture."""
    file = CULTURES[wildcards.culture]
    return canonical({"name": file.name, "people": file.people})


def others(wildcards):
    """The shipped cultures that the yardstick `other_cultures` is the mean of."""
    return [name for name in SHIPPED if name != wildcards.culture]


def require_keys():
    """A key that a hosted model of a planned job needs is missed before anything runs, not hours later."""
    for job in workflow.dag.needrun_jobs():
        if hasattr(job.params, "model"):
            require_key(ModelSpec(**json.loads(job.params.model)))


def scorecards():
    """Every scorecard of the study."""
    study = config["study"]
    return collect(
        "<results>/{model}/{culture}/wvs.json",
        model=study["models"],
        culture=study["cultures"],
    )
