"""Who ran a study, when, with which software and models, as far as records and files tell."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from clca import artifacts
from clca.audit.carried import moment
from clca.audit.jobs import Job
from clca.audit.licences import of_model

UNNAMED = "whoever ran the workflow, not named"


def times(jobs: Sequence[Job]) -> dict[str, str]:
    """When jobs began and ended, as `startTime` and `endTime`, as far as Snakemake has a record."""
    started = [job.started for job in jobs if job.started]
    ended = [job.ended for job in jobs if job.ended]
    begun = {"startTime": moment(min(started))} if started else {}
    return begun | ({"endTime": moment(max(ended))} if ended else {})


def metas(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """The records of machines and versions beside scorecards, the newest last."""
    paths = sorted(path for job in jobs for path in job.outputs if path.endswith(".meta.json"))
    return sorted((artifacts.read_json(path) for path in paths), key=lambda meta: str(meta["written"]))


def versions(found: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Versions of software by name, of the newest record; without one, that of Snakemake as it is installed."""
    known = dict(found[-1]["versions"]) | {"python": found[-1]["python"]} if found else {}
    return dict(sorted(({"snakemake": version("snakemake")} | known).items()))


def model(job: Job) -> tuple[str, dict[str, Any]]:
    """A model's name in the configuration, and what its file tells of it: `name`, `version`, `license`."""
    facts, slug = artifacts.read_json(job.outputs[0]), job.wildcards["model"]
    name = str(facts["name"])
    shown = Path(name).name if name.startswith("/") else name
    return slug, {"name": f"{slug}: {shown}", "version": str(facts["revision"]), **of_model(facts)}


def agent(text: str | None) -> tuple[str, str]:
    """An `@id` and a name, of a name with or without an ORCID's address after it."""
    *name, last = (text or UNNAMED).split() or UNNAMED.split()
    if last.startswith("https://orcid.org/") and name:
        return last, " ".join(name)
    return "#agent", " ".join([*name, last])
