"""`clca audit`: a page that shows how results came to be, `<results>/study/audit.html`.

The workflow as a drawing, each node with its command, parameters, log, times and hashes; what changed since the last
run and why a job would run. The page loads nothing, and its own script and style are the only ones it lets run.
"""

import json
import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clca import artifacts
from clca.audit import carried, circumstances, drawing
from clca.audit.jobs import Job, Workflow, planned, split
from clca.audit.settings import leaves, parameters, shareable_option
from clca.audit.why import Reason, by_rule, in_order, reasons
from clca.html import policy_hash, templates


def write(arguments: Sequence[str], svg_only: str | None = None) -> str:
    """Write the page of a results folder.

    Args:
        arguments: As for `snakemake`.
        svg_only: A path to write the drawing of the targets to, and no page.

    Returns:
        A line that sums it up.

    Raises:
        InputError: Snakemake refuses the configuration, or a target that no rule makes.
    """
    if svg_only is not None:
        workflow = planned(arguments)
        drawing.save(workflow.jobs, Path(svg_only))
        return f"{svg_only}: {len(workflow.jobs)} jobs"
    workflow = planned(["--present", *arguments])
    path = carried.folder(workflow) / "audit.html"
    artifacts.write_text(page(workflow, arguments), path)
    pending = sum(job.runs for job in workflow.jobs)
    return f"{path}: {len(workflow.jobs)} jobs, {pending} of them would run"


def page(workflow: Workflow, arguments: Sequence[str]) -> str:
    """The page's HTML.

    Args:
        workflow: The configuration and its jobs.
        arguments: With which it was asked for: they stand in the commands.
    """
    found = reasons(workflow, carried.told)
    told = {one.job.outputs[0]: one.text for one in found}
    environment = templates("clca.audit")
    style, script = (environment.get_template(name).render() for name in ("audit.css.j2", "audit.js.j2"))
    named = {carried.told(job.outputs[0]) for job in workflow.jobs}
    made = [job for job in workflow.jobs if job.ended]
    return environment.get_template("audit.html.j2").render(
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src '{policy_hash(style)}'; script-src '{policy_hash(script)}'; "
        "base-uri 'none'; form-action 'none'",
        results=carried.told(workflow.results),
        graph=_drawn(drawing.svg(workflow.jobs, lambda name: f"#{anchor(name, name in named)}", told)),
        folded=drawing.folded(workflow.jobs),
        jobs=len(workflow.jobs),
        pending=len(found),
        last=_read(circumstances.times(made).get("endTime")),
        reasons={rule: _rows(group) for rule, group in by_rule(found).items()},
        rules=_rules(workflow, arguments, told),
        settings=leaves(workflow),
        models=[circumstances.model(job) for job in workflow.jobs if _made(job) and job.rule == "model"],
        versions=circumstances.versions(circumstances.metas([job for job in workflow.jobs if _made(job)])),
    )


def anchor(name: str, is_job: bool) -> str:
    """The id of a job's place on the page, of its first output; or a rule's."""
    return f"{'job' if is_job else 'rule'}-{re.sub('[^A-Za-z0-9_.@-]', '-', carried.told(name))}"


def _rules(workflow: Workflow, arguments: Sequence[str], told: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    """What the page tells of each job, by rule in their order in the workflow."""
    surveys = carried.survey_files(workflow.jobs)
    found: dict[str, list[dict[str, Any]]] = {}
    for job in in_order(workflow.jobs):
        found.setdefault(job.rule, []).append(_job(job, workflow, arguments, told, surveys))
    return found


def _job(
    job: Job, workflow: Workflow, arguments: Sequence[str], told: dict[str, str], surveys: set[str]
) -> dict[str, Any]:
    options, _ = split(arguments)
    folder = carried.folder(workflow)
    return {
        "anchor": anchor(job.outputs[0], True),
        "name": " ".join(job.wildcards.values()) or carried.told(job.outputs[0]),
        "state": "would run" if job.runs else "made" if _made(job) else "not made",
        "why": told.get(job.outputs[0]),
        "command": shlex.join(["snakemake", *map(shareable_option, options), "--", carried.told(job.outputs[0])]),
        "script": os.path.relpath(job.script) if job.script else None,
        "parameters": {name: _text(value) for name, value in parameters(job, workflow).items()},
        "logs": [(carried.told(path), _link(path, folder)) for path in job.log],
        "times": [_read(moment) for moment in circumstances.times([job]).values()],
        "took": _took(job.ended - job.started) if job.started and job.ended else None,
        "resources": {name: job.resources[name] for name in ("gpu", "mem_mb") if name in job.resources},
        "inputs": [_file(path, workflow, surveys) for path in dict.fromkeys(job.inputs)],
        "outputs": [_file(path, workflow, surveys) for path in job.outputs],
    }


def _file(path: str, workflow: Workflow, surveys: set[str]) -> dict[str, Any]:
    there = Path(path).is_file()
    return {
        "name": carried.told(path),
        "link": None if carried.private(path, workflow, surveys) else _link(path, carried.folder(workflow)),
        "size": f"{os.stat(path).st_size:,}" if there else None,
        "sha256": _digest(path, os.stat(path).st_mtime_ns) if there else None,
    }


_DIGESTS: dict[tuple[str, int], str] = {}


def _digest(path: str, changed: int) -> str:
    """A file's hash; many jobs read the same."""
    if (path, changed) not in _DIGESTS:
        _DIGESTS[path, changed] = carried.digest(path)
    return _DIGESTS[path, changed]


def _link(path: str, folder: Path) -> str | None:
    """Where a file is from the page, if it is below the Snakefile and there."""
    if not Path(path).is_file() or carried.told(path).startswith("elsewhere/"):
        return None
    return os.path.relpath(path, folder)


def _made(job: Job) -> bool:
    return all(Path(path).is_file() for path in job.outputs)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True)


def _took(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def _read(moment: str | None) -> str | None:
    """A moment as people read it."""
    return moment and moment.replace("T", " ").replace("+00:00", " UTC")


def _rows(group: Sequence[Reason]) -> list[dict[str, Any]]:
    return [
        {"name": carried.told(one.job.outputs[0]), "anchor": anchor(one.job.outputs[0], True), "text": one.text}
        for one in group
    ]


def _drawn(svg: str) -> str:
    """The drawing with a size of the page's own: it is scaled by its view box."""
    head, _, rest = svg.partition(">")
    return re.sub(r'\s(width|height)="[^"]*"', "", head) + ' id="graph" role="group" aria-label="The workflow">' + rest
