"""`clca verify`: whether results are what the configuration, the code and the journal make of them.

Nothing is taken on trust from a time stamp. Artifacts are made again from their inputs and the journal and compared
(`clca.audit.rebuild`), adapters and weights are held against the hashes that scorecards and models' files keep of
them, all files against the hashes in the study's crate where there is one, and Snakemake says what was made with
other settings or code than there are now.
"""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from clca import artifacts, schemas
from clca.audit.changes import difference
from clca.audit.crate_check import against_crate
from clca.audit.jobs import Job, planned
from clca.audit.rebuild import BACK, Finding, Kind, Rebuild, lines_of
from clca.audit.replay import volatile
from clca.errors import InputError
from clca.models import weights_hash
from clca.reading import schema_of
from clca.survey.card import Scorecard

TITLES: dict[Kind, str] = {
    "stale": "stale: made with another configuration, code or input than there is now",
    "missing": "missing",
    "changed": "changed by hand, or damaged",
}

SHOWN = 30


def verify(arguments: Sequence[str]) -> tuple[list[Finding], str]:
    """Check all that is in a results folder, and what the configuration's targets need.

    Args:
        arguments: As for `snakemake`.

    Returns:
        What was found, and a line that sums it up.
    """
    workflow = planned(["--present", *arguments])
    jobs, results = workflow.jobs, workflow.results
    made = [path for job in jobs for path in job.outputs if Path(path).is_file()]
    own = [path for path in made if Path(path).is_relative_to(results)]
    if not own and not (results / "journal").is_dir():
        return [], f"{results}: nothing has been made yet; `make plan` says what it will cost"
    found = [*invalid(own), *missing(jobs), *weights(jobs)]
    known = {finding.path for finding in found if finding.kind == "changed"}
    # What is known to be wrong is told once.
    rebuild = Rebuild(workflow, known)
    found += [finding for finding in rebuild.run() if finding.path not in known]
    found += stale(jobs, {finding.path for finding in found if finding.kind == "changed"})
    found += [
        Finding(
            "stale", path, "no rule of this configuration makes it", "name its model and culture again, or delete it"
        )
        for path in workflow.strays
        if schema_of(path) is not None
    ]
    found += against_crate(workflow, {finding.path for finding in found})
    found = sorted(set(found), key=lambda one: (list(TITLES).index(one.kind), one.path))
    if found:
        counts = ", ".join(f"{sum(one.kind == kind for one in found)} {kind}" for kind in TITLES)
    else:
        checked = [path for path in own if path not in rebuild.first and not volatile(path)]
        counts = f"all {len(checked)} files that were checked are what configuration, code and journal make of them"
    return found, "; ".join([f"{results}: {counts}", *unchecked(jobs, rebuild.first)])


def unchecked(jobs: Sequence[Job], first: set[str]) -> list[str]:
    """What nothing was there to be held against, and is no finding."""
    lines = []
    if first:
        lines.append(f"{len(first)} that only fetching or training makes were seen for the first time, as they are")
    unknown = []
    for path in (job.outputs[0] for job in jobs if _local(job) and Path(job.outputs[0]).is_file()):
        with suppress(InputError):  # it is told as missing
            unknown += [path] if _kept_hash(path) is None else []
    if unknown:
        lines.append(f"weights not checked, fetched when no hash was kept of them: {', '.join(unknown)}")
    return lines


def told(findings: Sequence[Finding]) -> str:
    """Findings for people: a line each, in groups."""
    lines = []
    for kind, title in TITLES.items():
        group = [f"  {one.path}: {one.what}; {one.way_out}" for one in findings if one.kind == kind]
        # A study that is half done lacks hundreds of files.
        more = len(group) - SHOWN if kind == "missing" else 0
        group = [*group[:SHOWN], f"  and {more} more"] if more > 0 else group
        lines += [title, *group, ""] if group else []
    return "\n".join(lines)


def invalid(paths: Iterable[str]) -> list[Finding]:
    """Artifacts that do not fit their schema."""
    found = []
    for path in sorted(paths):
        schema = schema_of(path)
        try:
            if schema is not None and issubclass(schema, schemas.Table):
                artifacts.read(path, schema)
            elif schema is not None:
                artifacts.read_record(path, schema)
        except InputError as error:
            what = str(error).removeprefix(f"{path}: ").rpartition("; delete")[0] or str(error)
            found.append(Finding("changed", path, what, BACK))
    return found


def missing(jobs: Sequence[Job]) -> list[Finding]:
    """Files that a target needs and that are not there, and journals of what is there."""
    found = []
    for job in jobs:
        absent = [] if job.temporary else [path for path in job.outputs if not Path(path).is_file()]
        found += [Finding("missing", path, "not there", "name it as snakemake's target") for path in absent]
        # Parts are removed when they are used, their replies are not.
        used = [one for one in jobs if set(job.outputs) & set(one.inputs)] if job.temporary else [job]
        there = any(Path(path).is_file() for one in used for path in one.outputs)
        if job.journals and there and not lines_of(job):
            what = f"the replies behind {job.outputs[0]} are gone"
            way_out = "put the folder back from a copy; without it, a rerun asks the model for all of them again"
            found.append(Finding("missing", job.journal, what, way_out))
    return found


def weights(jobs: Sequence[Job]) -> list[Finding]:
    """Weights and adapters against the hashes that models' files and scorecards keep of them."""
    found = []
    hashes: dict[str, str] = {}
    for job in jobs:
        if _local(job) and Path(job.outputs[0]).is_file():
            found += _of_model(job.outputs[0])
        card, adapter = job.output.names.get("card"), job.input.names.get("adapter")
        # A card that is made anew names the adapter that is there then.
        if job.changed or not (card and adapter and Path(card).is_file() and Path(adapter).is_file()):
            continue
        try:
            provenance = artifacts.read_record(card, Scorecard)["provenance"]
            if adapter not in hashes:
                hashes[adapter] = weights_hash(Path(adapter).parent)
        except InputError:
            continue  # it is told as invalid
        if hashes[adapter] != provenance["adapter"]:
            what = f"it or its adapter_config.json is not what {card} names ({_short(provenance['adapter'])})"
            found.append(Finding("changed", adapter, what, "put it back from a copy, or delete it to train it again"))
    return found


def stale(jobs: Sequence[Job], changed: set[str]) -> list[Finding]:
    """Jobs that would run because of something else than a missing output; what only follows from them is counted.

    Args:
        changed: Files that were changed by hand: that they are newer than what was made of them is no news.
    """
    makers = {path: job for job in jobs for path in job.outputs}
    found = []
    for job in jobs:
        if not any(Path(path).is_file() for path in job.outputs):
            continue
        newer = [path for path in job.newer if path not in changed and not (path in makers and makers[path].runs)]
        if job.changed:
            what = f"made with other parameters: {difference(*job.changed)}"
        elif "Software environment" in job.reason:
            what = "made in another software environment"
        elif newer:
            what = f"{newer[0]} is newer"
        else:
            continue
        after = len(_after(job, jobs))
        more = f" ({after} more jobs follow)" if after else ""
        found.append(Finding("stale", job.outputs[0], what, f"run snakemake{more}, or undo the change"))
    return found


def _local(job: Job) -> bool:
    """Whether a job fetches weights: a model that is served elsewhere has none here."""
    return job.rule == "model" and json.loads(job.params.names["spec"]).get("engine") != "openai"


def _kept_hash(path: str) -> str | None:
    """The hash that a model's file has of the weights; None in one of a hub's model that was made before it had any."""
    facts = artifacts.read_json(path)
    revision = str(facts["revision"])
    return revision if revision.startswith("sha256:") else facts.get("weights")


def _of_model(path: str) -> list[Finding]:
    """A model's weights, where its file has a hash of them."""
    folder = Path(path.removesuffix(".json"))
    try:
        kept = _kept_hash(path)
        if kept is None or weights_hash(folder) == kept:
            return []
    except InputError as error:
        what, _, way_out = str(error).rpartition("; ")
        return [Finding("missing", path, what, f"{way_out}, or delete this file and run snakemake")]
    what = f"the weights in {folder} are not those that it names ({_short(kept)})"
    return [Finding("changed", path, what, "put the weights back, or delete it and run snakemake")]


def _after(job: Job, jobs: Sequence[Job]) -> set[str]:
    """Jobs that read what `job` makes, or what these make, by their first output."""
    after: set[str] = set()
    paths = set(job.outputs)
    while more := [one for one in jobs if one.outputs[0] not in after and paths & set(one.inputs)]:
        after.update(one.outputs[0] for one in more)
        paths.update(path for one in more for path in one.outputs)
    return after


def _short(digest: str) -> str:
    return f"{digest[:15]}..."
