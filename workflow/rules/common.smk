"""The checked configuration, the wildcards' constraints, and the slices of both that rules read."""

import gc
import json
import os
import re
import sys
import time
from functools import cache
from pathlib import Path

import smart_open
import snakemake.common
import snakemake.rules
import yaml
from snakemake.exceptions import WorkflowError
from snakemake.utils import validate

from clca.config import canonical, check
from clca.culture import Traits, load
from clca.errors import InputError
from clca.fingerprint import fingerprint, remember
from clca.models import ModelSpec, require_key

ROOT = Path(workflow.basedir)

# Plans are made of objects that stay: looking for garbage among them took a tenth of a dry run.
gc.set_threshold(100_000)
# Snakemake asks it of each job's script three times, and it makes a class each time: another tenth.
smart_open.parse_uri = cache(smart_open.parse_uri)
# So does reading the signature of each function of a rule anew for each job.
for reader in (snakemake.common, snakemake.rules):
    reader.get_function_params = cache(reader.get_function_params)


def told(function, *arguments):
    """Call `function`; a user's mistake becomes one line without a traceback."""
    try:
        return function(*arguments)
    except InputError as error:
        raise WorkflowError(str(error))


told(
    check,
    config,
    yaml.load(
        (ROOT / "workflow/schemas/config.schema.yaml").read_text(),
        Loader=yaml.CSafeLoader,
    ),
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
    corpus="social|wiki|concepts",
    seed=r"\d+",
    language="|".join(
        sorted(path.stem for path in ROOT.glob("config/questionnaire/*.yaml"))
    ),
    form="constrained|free_text|reversed",
    edition="[0-9a-f]{8}",
    # Whose adapter it is that answers as another culture's people.
    origin="|".join(map(re.escape, config["cultures"])),
    asked="en|own",
    sample="all|few",


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


# By fingerprint, the files that it is of.
CODE_FILES = {}


@cache  # input functions ask once a job, and files do not change while jobs are planned
def code(*patterns):
    """Fingerprint of what decides a rule's content: files under the repository, by pattern."""
    paths = [path for pattern in patterns for path in sorted(ROOT.glob(pattern))]
    found = fingerprint(paths)
    CODE_FILES[found] = [str(path.relative_to(ROOT)) for path in paths]
    return found


def remember_code():
    """Keep what each file of a fingerprint was, so that `make why` can name those that changed."""
    for found, paths in CODE_FILES.items():
        remember(found, {path: fingerprint([ROOT / path]) for path in paths})


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


# A function, for the report prints a rule's inputs.
def corpora(wildcards):
    """Users' files that scenarios come from."""
    return [
        source[key]
        for source in config["scenarios"]["sources"]
        for key in ("path", "agents")
        if key in source
    ]


def require_keys():
    """A key that a hosted model of a planned job needs is missed before anything runs, not hours later."""
    for job in workflow.dag.needrun_jobs():
        if hasattr(job.params, "model"):
            require_key(ModelSpec(**json.loads(job.params.model)))


def quality_reports():
    """The report on the data behind each adapter of the scorecards."""
    return collect(
        "<results>/data/{culture}/{teacher}/{corpus}/quality.json",
        culture=config["study"]["cultures"],
        teacher=config["variants"]["clca"]["teacher"],
        corpus=config["variants"]["clca"]["corpus"],
    )


def require_places():
    """A folder that cannot be written is told before anything runs, not when hours of work are to be kept there."""
    for job in workflow.dag.needrun_jobs():
        for path in [*job.output, *job.log]:
            folder = next(parent for parent in Path(path).parents if parent.exists())
            if not os.access(folder, os.W_OK | os.X_OK):
                raise InputError(
                    f"{folder}: cannot be written, and {path} is to be made there; let it be written, or choose "
                    "other `pathvars`"
                )


def date_back():
    """Files dated in the future, as when a clock was set back, are dated now: Snakemake fails jobs that read them."""
    files = {
        Path(path) for job in workflow.dag.jobs for path in [*job.input, *job.output]
    }
    dates = {path: path.stat().st_mtime for path in files if path.is_file()}
    # In their order, so that none is newly older than what it was made of.
    for path in sorted(dates, key=dates.get):
        if dates[path] > time.time():
            print(f"{path}: was dated in the future, is dated now", file=sys.stderr)
            os.utime(path)


def scorecards():
    """Every scorecard of the study."""
    study = config["study"]
    return collect(
        "<results>/{model}/{culture}/wvs.json",
        model=study["models"],
        culture=study["cultures"],
    )
