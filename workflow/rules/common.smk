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

JOURNAL = f"{config['pathvars']['results']}/journal"


wildcard_constraints:
    model="|".join(map(re.escape, config["models"])),
    teacher="|".join(map(re.escape, config["models"])),
    culture="|".join(map(re.escape, config["cultures"])),
    variant="|".join(map(re.escape, config["variants"])),
    corpus="social",
    seed=r"\d+",
    language="en",
    form="constrained",


# Code that decides what is asked, behind every rule that asks a model to write.
ASKING = [
    "clca/engines/base.py",
    "clca/engines/structured.py",
    "clca/prompts/__init__.py",
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


def culture_file(wildcards):
    """A culture's file, checked."""
    return told(load, config["cultures"][wildcards.culture])


def culture(wildcards):
    """What the prompts know of a culture: all of its file but where the survey finds it."""
    return canonical(
        culture_file(wildcards).model_dump(
            mode="json", include=set(Traits.model_fields)
        )
    )


def spec(name):
    """A model as the catalogue has it; its weights' hash is in resources/models/{model}.json."""
    return canonical(config["models"][name])


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


def tasks(wildcards):
    """What a variant is trained to do."""
    return config["variants"][wildcards.variant]["tasks"]


def training(wildcards):
    """The training settings of a student: the study's, with its family's own."""
    family = config["models"][wildcards.model].get("family")
    settings = config["training"] | config["families"].get(family, {})
    settings.pop("heldout_share")
    return canonical(settings | {"seed": int(wildcards.seed)})


SHIPPED = ["china", "germany", "uk", "mexico", "japan"]
# The scorecard's `clca` is the first seed of that variant.
SEED = config["variants"]["clca"]["seeds"][0]
ANSWERING = [
    "clca/survey/answers.py",
    "clca/survey/personas.py",
    "clca/survey/questionnaire.py",
]


def countries(wildcards):
    """The survey's codes for a culture."""
    return list(culture_file(wildcards).countries)


def marginals(wildcards):
    """Published shares of a culture: a file of its own, or the study's."""
    return culture_file(wildcards).marginals or config["survey"]["marginals"]


def demographics(wildcards):
    """Shares of the persona fields of a culture: a file of its own, or the study's."""
    return culture_file(wildcards).demographics or config["survey"]["demographics"]


def names(wildcards):
    """What the survey's prompts know of a culture."""
    file = culture_file(wildcards)
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
