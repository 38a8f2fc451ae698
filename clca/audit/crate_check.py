"""Files against the hashes that the study's crate keeps of them, for `clca verify`."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from clca import artifacts
from clca.audit import carried
from clca.audit.jobs import Job, Workflow
from clca.audit.rebuild import Finding
from clca.errors import InputError

ANEW = "make it anew: make crate"


def against_crate(workflow: Workflow, known: Collection[str]) -> list[Finding]:
    """What is not as the crate tells; nothing where there is no crate.

    Args:
        workflow: The configuration and all its jobs.
        known: Files that something was found of already.

    Returns:
        A file that the same run of its job made and that differs was changed; what was made since, or is another
        input now, makes the crate outdated, which is told once.
    """
    path = carried.folder(workflow) / carried.METADATA
    if not path.is_file():
        return []
    try:
        entities = {entity["@id"]: entity for entity in artifacts.read_json(path)["@graph"]}
        hashes = {entity["name"]: entity["sha256"] for entity in entities.values() if "sha256" in entity}
    except (InputError, KeyError, TypeError):
        return [Finding("changed", str(path), "not a crate that `make crate` wrote", ANEW)]
    jobs = {output: job for job in workflow.jobs for output in job.outputs}
    here = {carried.told(one): one for one in {*jobs, *(one for job in workflow.jobs for one in job.inputs)}}
    found, outdated = [], []
    for name, kept in sorted(hashes.items()):
        file = here.get(name, name)
        if file in known or (Path(file).is_file() and carried.digest(file) == kept):
            continue
        if _as_it_ran(file, jobs.get(file), entities) or Path(file).is_relative_to(path.parent / carried.CODE):
            there = Path(file).is_file()
            what = f"not what {path} tells of it (sha256 {kept[:12]}...)" if there else f"not there, but in {path}"
            way_out = "put it back from a copy, or make it with snakemake and the crate anew: make crate"
            found.append(Finding("changed" if there else "missing", file, what, way_out))
        else:
            outdated.append(file)
    made = [file for job in workflow.jobs if not job.temporary for file in job.outputs if Path(file).is_file()]
    outdated += sorted(file for file in made if carried.told(file) not in hashes)
    if outdated:
        more = f" and {len(outdated) - 1} more files are" if len(outdated) > 1 else " is"
        found.append(Finding("stale", str(path), f"{outdated[0]}{more} not as it tells, or newer than it", ANEW))
    return found


def _as_it_ran(file: str, job: Job | None, entities: dict[str, Any]) -> bool:
    """Whether the job's last run is the one that the crate tells of."""
    if job is None:
        return False
    action = entities.get(f"#job/{carried.told(job.outputs[0])}", {})
    return bool(action.get("startTime") == (carried.moment(job.started) if job.started else None))
