"""The workflow's jobs as a drawing: each a node, or folded by rule with counts where they are many."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pygraphviz

from clca.audit import carried
from clca.audit.jobs import Job

MOST_NODES = 30
"""Of more jobs than this, a drawing shows their rules: 54 jobs of a small study could not be read."""

# Shown as they are where no stylesheet says otherwise, such as in a README.
NODE = {
    "shape": "box",
    "style": "rounded,filled",
    "fontname": "Helvetica,Arial,sans-serif",
    "fontsize": "11",
    "margin": "0.16,0.08",
    "height": "0.3",
    "fillcolor": "#eef2f6",
    "color": "#4a6078",
    "fontcolor": "#10181f",
}
PENDING = {"fillcolor": "#fdebd0", "color": "#8a4b00", "style": "rounded,filled,dashed", "class": "pending"}


def folded(jobs: Sequence[Job]) -> bool:
    """Whether a drawing shows rules instead of jobs."""
    return len(jobs) > MOST_NODES


def svg(jobs: Sequence[Job], anchor: Callable[[str], str] | None = None, told: Mapping[str, str] | None = None) -> str:
    """The drawing as an `<svg>` element.

    Args:
        jobs: As Snakemake plans them.
        anchor: From a node's name (a rule's, or a job's first output as it is told) to its link; without it none.
        told: By a job's first output, why it would run; such nodes are marked. None to mark nothing.
    """
    graph = pygraphviz.AGraph(directed=True, rankdir="LR", bgcolor="transparent", nodesep="0.18", ranksep="0.35")
    graph.node_attr.update(NODE)
    graph.edge_attr.update(color="#7b8794", arrowsize="0.7")
    by_rule, pending = folded(jobs), told or {}
    names = {job.outputs[0]: job.rule if by_rule else carried.told(job.outputs[0]) for job in jobs}
    total, marked = Counter(names.values()), Counter(names[one] for one in pending if one in names)
    for job in jobs:
        name = names[job.outputs[0]]
        if graph.has_node(name):
            continue
        lines = _counted(job.rule, total[name], marked[name]) if by_rule else _label(job, bool(marked[name]))
        link = {"URL": anchor(name), "tooltip": ", ".join(lines)} if anchor else {"tooltip": " "}
        graph.add_node(name, label="\n".join(lines), **link, **(PENDING if marked[name] else {}))
    graph.add_edges_from(_edges(jobs, names))
    text = graph.draw(format="svg", prog="dot").decode()
    return str(text[text.index("<svg") :])


def save(jobs: Sequence[Job], path: Path) -> None:
    """Write the drawing as a file of its own."""
    from clca.artifacts import write_text

    write_text(svg(jobs), path)


def _edges(jobs: Sequence[Job], names: Mapping[str, str]) -> list[tuple[str, str]]:
    """From node to node, but where a longer way leads there too: everything reads the model."""
    makers = {path: names[job.outputs[0]] for job in jobs for path in job.outputs}
    after: dict[str, set[str]] = {name: set() for name in names.values()}
    for job in jobs:
        for path in job.inputs:
            if path in makers and makers[path] != names[job.outputs[0]]:
                after[makers[path]].add(names[job.outputs[0]])

    def reached(name: str) -> set[str]:
        found: set[str] = set()
        waiting = [name]
        while waiting:
            more = after[waiting.pop()] - found
            found |= more
            waiting += more
        return found

    beyond = {name: reached(name) for name in after}
    return sorted(
        (name, other)
        for name, others in after.items()
        for other in others
        if not any(other in beyond[one] for one in others - {other})
    )


def _counted(rule: str, count: int, pending: int) -> list[str]:
    jobs = "1 job" if count == 1 else f"{count} jobs"
    return [rule, f"{jobs}, {pending} would run" if pending else jobs]


def _label(job: Job, pending: bool) -> list[str]:
    """A rule with its wildcards, two a line so that nodes stay narrow."""
    values = list(job.wildcards.values())
    lines = [" ".join(values[start : start + 2]) for start in range(0, len(values), 2)]
    return [job.rule, *lines, *["would run"] * pending]
