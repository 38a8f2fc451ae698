"""Settings as an auditor reads them: the configuration by dotted names, and parameters, without a machine's paths."""

import ast
import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from clca.audit import carried
from clca.audit.jobs import Job, Workflow

HIDDEN = "base_url"
"""Where a server is: of no use to others, and maybe secret."""

_ASSIGNED = re.compile(r"(-{0,2}[\w.:-]+=|-\w(?=[/~.]))(.*)", re.DOTALL)
_WORD = re.compile(r"[^\s,;:]+")


def value_of(text: str) -> Any:
    """A parameter as Snakemake records it: Python's notation, in which sections of the configuration are JSON."""
    try:
        return opened(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return text


def opened(value: Any) -> Any:
    """A parameter; a section of the configuration as what it holds."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def shareable(value: Any) -> Any:
    """A setting without what only this machine knows: paths from elsewhere are cut to names, servers are left out."""
    if isinstance(value, Mapping):
        return {key: "(set)" if key == HIDDEN and one else shareable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [shareable(one) for one in value]
    return carried.told(value) if isinstance(value, str) and carried.elsewhere(value) else value


def shareable_option(word: str) -> str:
    """The same of a word of a command line, in the settings that it gives too: `--config` takes YAML."""
    if assigned := _ASSIGNED.fullmatch(word):
        name, value = assigned.groups()
        return name + ("(set)" if name == f"{HIDDEN}=" else shareable_option(value))
    try:
        given = yaml.safe_load(word)
    except (yaml.YAMLError, ValueError):
        given = word
    if isinstance(given, dict | list):
        cut = shareable(given)
        flow = yaml.safe_dump(cut, default_flow_style=True, sort_keys=False, width=math.inf).strip()
        return word if cut == given else flow
    if isinstance(given, str) and carried.elsewhere(given):
        return carried.told(given)
    return _WORD.sub(lambda one: str(shareable(one[0])), word)


def parameters(job: Job, workflow: Workflow) -> dict[str, Any]:
    """What decides a job's outputs besides its inputs, by the names that its rule gives; not where replies are kept."""
    journal = str(workflow.results / "journal")
    return {
        name: shareable(opened(value))
        for name, value in job.params.names.items()
        if not str(value[0] if isinstance(value, list) and value else value).startswith(journal)
    }


def leaves(workflow: Workflow) -> dict[str, Any]:
    """The configuration by dotted names; of the catalogues only what the jobs have to do with, nothing that is null."""
    used = {value for job in workflow.jobs for value in job.wildcards.values()}
    used |= {workflow.config["author"], workflow.config["judge"]}
    used |= {workflow.config["models"][name].get("family") for name in used & workflow.config["models"].keys()}
    kept = dict(workflow.config)
    kept.pop("pathvars")
    for name in ("models", "cultures", "variants", "families", "controls"):
        kept[name] = {key: entry for key, entry in kept.get(name, {}).items() if key in used}
    return dict(sorted(_leaves(shareable(kept), "")))


def _leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _leaves(one, f"{name}.{key}" if name else str(key))
    elif value is not None:
        yield name, value
