"""`clca why`: Snakemake's reasons in plain words, a line a job, grouped by rule."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from clca.audit.changes import explained
from clca.audit.jobs import Job, Workflow, planned

SHOWN = 20
"""Lines a rule: a new study has thousands of jobs that all lack their outputs."""


class Reason(NamedTuple):
    """Why a job would run; what is its own, and not only that another runs before it, comes first."""

    job: Job
    text: str
    own: bool


def why(arguments: Sequence[str]) -> str:
    """The reasons of all jobs that would run.

    Args:
        arguments: As for `snakemake`.

    Raises:
        InputError: Snakemake refuses the configuration, or a target that no rule makes.
    """
    workflow = planned(arguments)
    found = reasons(workflow)
    if not found:
        return f"{workflow.results}: nothing would run; `make verify` says whether all is as it was made"
    lines = [f"{workflow.results}: {len(found)} of {len(workflow.jobs)} jobs would run"]
    for rule, group in by_rule(found).items():
        lines += ["", f"{rule} ({len(group)} {'job' if len(group) == 1 else 'jobs'})"]
        lines += [f"  {one.job.outputs[0]}: {one.text}" for one in group[:SHOWN]]
        lines += [f"  and {len(group) - SHOWN} more"] if len(group) > SHOWN else []
    return "\n".join(lines)


def reasons(workflow: Workflow, told: Callable[[str], str] = str) -> list[Reason]:
    """Why each job that would run would, what comes first in the workflow first.

    Args:
        workflow: The configuration and its jobs.
        told: What a path is called.
    """
    makers = {path: job for job in workflow.jobs for path in job.outputs}
    return [reason(job, workflow, makers, told) for job in in_order(workflow.jobs) if job.runs]


def in_order(jobs: Sequence[Job]) -> list[Job]:
    """Jobs by how far they are from the workflow's inputs, then by rule and output."""
    makers = {path: job for job in jobs for path in job.outputs}
    depths: dict[str, int] = {}

    def depth(job: Job) -> int:
        name = job.outputs[0]
        if name not in depths:
            depths[name] = 1 + max((depth(makers[path]) for path in job.inputs if path in makers), default=0)
        return depths[name]

    return sorted(jobs, key=lambda job: (depth(job), job.rule, job.outputs[0]))


def by_rule(found: Sequence[Reason]) -> dict[str, list[Reason]]:
    """Reasons by rule, those of a job's own first."""
    groups: dict[str, list[Reason]] = {}
    for one in sorted(found, key=lambda one: not one.own):
        groups.setdefault(one.job.rule, []).append(one)
    return {rule: groups[rule] for rule in dict.fromkeys(one.job.rule for one in found)}


def reason(job: Job, workflow: Workflow, makers: Mapping[str, Job], told: Callable[[str], str] = str) -> Reason:
    """Why one job would run, in plain words."""
    parts = []
    if job.incomplete:
        parts.append(f"{told(job.incomplete[0])} was being written when its run was killed")
    if job.changed:
        parts.append(explained(job, workflow))
    newer = [path for path in job.newer if not (path in makers and makers[path].runs)]
    if newer:
        parts.append(f"{_some(newer, told)} changed since")
    if job.software:
        parts.append("its software environment changed (envs/)")
    there = any(Path(path).is_file() for path in job.outputs)
    if job.missing and not there:
        parts.append("not made yet" if not job.started else "was made, and is gone")
    elif job.missing:
        parts.append(f"{_some(job.missing, told)} is gone")
    own = bool(parts)
    before = sorted({makers[path].rule for path in job.follows if path in makers})
    if before and not parts:
        parts.append(f"follows {' and '.join(before)}")
    return Reason(job, "; ".join(parts) or _reworded(job, told) or "Snakemake gives no reason", own)


def _some(paths: Sequence[str], told: Callable[[str], str]) -> str:
    return told(paths[0]) if len(paths) == 1 else f"{told(paths[0])} and {len(paths) - 1} more"


def _reworded(job: Job, told: Callable[[str], str]) -> str:
    """Snakemake's reason, with the job's files as they are called."""
    text = job.reason
    for path in sorted({*job.inputs, *job.outputs}, key=len, reverse=True):
        text = text.replace(path, told(path))
    return text
