"""`clca crate`: a Workflow Run RO-Crate of a study, `<results>/study/ro-crate-metadata.json`, from Snakemake's records.

Profile: Workflow Run Crate 0.5 on RO-Crate 1.1 (https://w3id.org/ro/wfrun/workflow/0.5). One action is the run of the
workflow, the others are its jobs. Nothing in it is of the moment it is written: from the same files and records
follow the same bytes. What lies in the crate, and what is known by its hash alone, is told in `clca.audit.carried`.
"""

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rocrate.model import ContextEntity, File, SoftwareApplication
from rocrate.rocrate import ROCrate

from clca import artifacts
from clca.audit import carried, circumstances
from clca.audit.jobs import Job, Workflow, planned
from clca.audit.licences import CITED, licence
from clca.audit.settings import leaves, parameters
from clca.audit.verify import stale
from clca.errors import InputError

PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
BIOSCHEMAS = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
# RO-Crate 1.1 has no word for it; this is the one of the run profiles.
TERMS = {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}


def write(arguments: Sequence[str], agent: str | None = None) -> str:
    """Write the crate of a results folder.

    Args:
        arguments: As for `snakemake`.
        agent: Who ran the workflow: a name, or a name and an ORCID's address.

    Returns:
        A line that sums it up.

    Raises:
        InputError: Nothing has been made yet, or what is there was made with other settings, code or inputs than there
            are now, so that Snakemake's records do not tell how it came to be.
    """
    workflow = planned(["--present", *arguments])
    made = [job for job in workflow.jobs if not job.temporary and all(Path(path).is_file() for path in job.outputs)]
    if not any(Path(job.outputs[0]).is_relative_to(workflow.results) for job in made):
        raise InputError(f"{workflow.results}: nothing has been made yet; run snakemake first")
    for finding in stale(workflow.jobs, set()):
        raise InputError(
            f"{finding.path}: {finding.what}; a crate tells how files came to be: `make why` lists all, run snakemake "
            "or undo the change"
        )
    root = carried.folder(workflow)
    content = described(workflow, made, carried.carry(root), agent)
    path = root / carried.METADATA
    artifacts.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n", path)
    left = sum(not job.temporary for job in workflow.jobs) - len(made)
    more = f"; {left} jobs have not been run and are not in it" if left else ""
    return f"{path}: {len(made)} jobs, {len(content['@graph'])} entries{more}"


def described(workflow: Workflow, made: Sequence[Job], code: Sequence[str], agent: str | None) -> dict[str, Any]:
    """The crate's content.

    Args:
        workflow: The configuration and all its jobs.
        made: Jobs whose outputs are there.
        code: Copies of the workflow's code in the crate.
        agent: As for `write`.
    """
    crate = _Crate(workflow, sorted(made, key=lambda job: job.outputs[0]), agent)
    crate.add_code(code)
    for job in crate.made:
        crate.add_job(job)
    crate.add_run()
    content = crate.crate.metadata.generate()
    # As the specification wants it: one value is no list.
    single = [{key: _single(value) for key, value in entity.items()} for entity in content["@graph"]]
    return {"@context": content["@context"], "@graph": single}


class _Crate:
    """A crate as it grows: an entity is made when it is first named."""

    def __init__(self, workflow: Workflow, made: Sequence[Job], agent: str | None) -> None:
        self.workflow, self.made = workflow, made
        self.folder = carried.folder(workflow)
        self._surveys = carried.survey_files(workflow.jobs)
        self._files: dict[str, Any] = {}
        metas = circumstances.metas(made)
        self._versions = circumstances.versions(metas)
        self._machines = sorted({str(meta["machine"]) for meta in metas})
        self.crate = ROCrate(version="1.1")
        self.crate.metadata.extra_terms.update(TERMS)
        identifier, name = circumstances.agent(agent)
        self.agent = self._entity(identifier, "Person", name=name)
        self._describe_root()

    def _describe_root(self) -> None:
        """What the crate is, under which licences, and what it conforms to."""
        root, made = self.crate.root_dataset, self.made
        ended = [job.ended for job in made if job.ended]
        # Of files without a record there is no other date than their own.
        newest = max(ended) if ended else max(os.stat(job.outputs[0]).st_mtime for job in made)
        root["datePublished"] = carried.moment(newest)
        root["author"] = self.agent
        root["name"] = f"Cultural adaptation of language models: {carried.told(self.workflow.results)}"
        root["description"] = (
            "A run of the workflow clca: what was made, from what, with which settings, models and code. Files outside "
            "this folder are known by size and hash; respondents of the survey by hash alone."
        )
        root["license"] = self._entity(
            "#licence",
            "CreativeWork",
            name="Licences of this crate",
            description=(
                "The workflow's code is under Apache-2.0. What models wrote, and adapters, are bound by the licences "
                "of the models that made them, each named in its entry; shares of answers are aggregates of the World "
                "Values Survey, to be cited."
            ),
        )
        root["citation"] = [self._entity(url, "ScholarlyArticle", **facts) for url, facts in CITED.items()]
        profiles = [
            self._entity(url, "CreativeWork", name=name, version=number) for url, (name, number) in PROFILES.items()
        ]
        root["conformsTo"] = profiles

    def add_code(self, copies: Iterable[str]) -> None:
        """The Snakefile as the main workflow, and the files that it is made of."""
        parts = []
        # More exact than a number: the version of code that a user changed too.
        whole = carried.short("".join(carried.digest(path) for path in copies))
        for path in copies:
            facts = self._facts(path) | {"license": "https://spdx.org/licenses/Apache-2.0"}
            name = Path(path).relative_to(self.folder).as_posix()
            if Path(path) == self.folder / carried.CODE / "Snakefile":
                facts |= {"version": f"sha256:{whole}"}
                self.workflow_entity = self.crate.add_workflow(
                    dest_path=name,
                    properties=facts,
                    main=True,
                    lang="snakemake",
                    lang_version=self._versions["snakemake"],
                )
            else:
                if "/scripts/" in name:
                    facts |= {"@type": ["File", "SoftwareSourceCode"], "version": f"sha256:{facts['sha256'][:12]}"}
                parts.append(self.crate.add_file(dest_path=name, properties=facts))
        self.workflow_entity["hasPart"] = parts
        self.workflow_entity["conformsTo"] = {"@id": BIOSCHEMAS}
        # The library says it by itself, of another version.
        self.crate.metadata["conformsTo"] = [
            {"@id": "https://w3id.org/ro/crate/1.1"},
            self.crate.get("https://w3id.org/workflowhub/workflow-ro-crate/1.0"),
        ]

    def add_job(self, job: Job) -> None:
        """A job as an action of its rule's script."""
        facts = {
            "name": " ".join([job.rule, *(f"{key}={value}" for key, value in sorted(job.wildcards.items()))]),
            "description": f"A job of Snakemake's rule `{job.rule}`.",
            **circumstances.times([job]),
        }
        action = self._entity(f"#job/{carried.told(job.outputs[0])}", "CreateAction", **facts)
        action["instrument"], action["agent"] = self._script(job), self.agent
        action["object"] = [self.file(path) for path in job.inputs if Path(path).is_file()] + [
            self._value(f"#parameter/{job.rule}", name, value)
            for name, value in parameters(job, self.workflow).items()
            if value not in (None, [], "")
        ]
        action["result"] = [self.file(path) for path in job.outputs]
        if job.log:
            action["description"] += f" Its log: {', '.join(map(carried.told, job.log))}."
        self.crate.root_dataset.append_to("mentions", action)

    def add_run(self) -> None:
        """The run of the whole workflow: from files that no job made, with the configuration, to what no job reads."""
        made = {path for job in self.made for path in job.outputs}
        read = {path for job in self.made for path in job.inputs}
        taken = sorted(path for path in read - made if Path(path).is_file())
        final = sorted(path for path in made - read if Path(path).is_file())
        settings = []
        for name, value in leaves(self.workflow).items():
            setting = self._value("#value", name, value)
            self._formal("input", f"#setting/{name}", name, setting, _type(value))
            settings.append(setting)
        # A parameter has to be shown by a file, which those with rows of respondents are not.
        for path in [one for one in taken if not self._private(one)]:
            self._formal("input", f"#input/{carried.told(path)}", carried.told(path), self.file(path), "File")
        for rule in sorted({job.rule for job in self.made}):
            shown = [path for job in self.made if job.rule == rule for path in job.outputs if path in final]
            results = [self.file(path) for path in shown if not self._private(path)]
            if results:
                self._formal("output", f"#output/{rule}", rule, results, "File")
        self.workflow_entity["softwareRequirements"] = [
            self._software(name, number) for name, number in self._versions.items()
        ]
        models = [circumstances.model(job) for job in self.made if job.rule == "model"]
        action = self._entity("#run", "CreateAction", name="Run of the workflow", **circumstances.times(self.made))
        scored = f", scored on {', '.join(self._machines)}" if self._machines else ""
        action["description"] = f"Snakemake, all jobs behind {carried.told(self.workflow.results)}{scored}."
        action["instrument"] = self.workflow_entity
        action["agent"] = self.agent
        action["object"] = [self.file(path) for path in taken] + settings
        action["object"] += [self._entity(f"#model/{name}", "CreativeWork", **facts) for name, facts in models]
        action["result"] = [self.file(path) for path in final]
        self.crate.root_dataset.append_to("mentions", action)

    def file(self, path: str) -> Any:
        """The entry of a file, in the crate or outside; of one with rows of respondents no more than that it exists."""
        if path not in self._files:
            facts = self._facts(path)
            if self._private(path):
                facts.pop("encodingFormat")
                facts["conditionsOfAccess"] = "Rows of respondents: never shared, known by its hash."
                self._files[path] = self._entity(f"#private/{carried.told(path)}", "CreativeWork", **facts)
            else:
                name = carried.identifier(path, self.folder)
                facts |= licence(path)
                inside = not name.startswith(carried.OUTSIDE)
                place = {"dest_path": name} if inside else {"source": name}
                self._files[path] = self.crate.add(File(self.crate, **place, properties=facts))
        return self._files[path]

    def _private(self, path: str) -> bool:
        return carried.private(path, self.workflow, self._surveys)

    def _facts(self, path: str) -> dict[str, Any]:
        """Name, size and hash of a file."""
        return {
            "name": carried.told(path),
            "contentSize": str(os.stat(path).st_size),
            "sha256": carried.digest(path),
            "encodingFormat": carried.encoding(path),
        }

    def _entity(self, identifier: str, kind: str, **facts: Any) -> Any:
        found = self.crate.get(identifier)
        return found or self.crate.add(ContextEntity(self.crate, identifier, properties={"@type": kind, **facts}))

    def _software(self, name: str, number: str) -> Any:
        identifier, facts = f"pkg:pypi/{name}@{number}", {"name": name, "softwareVersion": number}
        return self.crate.add(SoftwareApplication(self.crate, identifier, properties=facts))

    def _script(self, job: Job) -> Any:
        """The copy of a rule's script; the workflow itself where a rule has none."""
        name = os.path.relpath(job.script) if job.script else "Snakefile"
        return self.crate.get(f"{carried.CODE}/{name}") or self.workflow_entity

    def _value(self, prefix: str, name: str, value: Any) -> Any:
        """A setting with its value: text, or a number; jobs with the same share one."""
        plain = value if isinstance(value, str | int | float) else json.dumps(value, sort_keys=True, ensure_ascii=False)
        shared = "" if prefix == "#value" else f"/{carried.short(f'{name}={plain}')}"
        return self._entity(f"{prefix}/{name}{shared}", "PropertyValue", name=name, value=plain)

    def _formal(self, way: str, identifier: str, name: str, examples: Any, kind: str) -> None:
        """A parameter of the workflow, with what it was in this run."""
        formal = self._entity(identifier, "FormalParameter", name=name, additionalType=kind, workExample=examples)
        for example in examples if isinstance(examples, list) else [examples]:
            example.append_to("exampleOfWork", formal)
        self.workflow_entity.append_to(way, formal)


def _single(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _type(value: Any) -> str:
    """The type of a setting, as the profile names it."""
    if isinstance(value, bool):
        return "Boolean"
    return {int: "Integer", float: "Float", str: "Text"}.get(type(value), "PropertyValue")
