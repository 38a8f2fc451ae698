"""The jobs behind a configuration's results, as Snakemake plans them: it is asked in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from clca.audit.measured import Measured
from clca.errors import InputError

SCRIPT = Path("workflow/jobs.py")


class Files(BaseModel):
    """Values of an input, output or params, and the names of those that have one."""

    values: list[Any]
    names: dict[str, Any] = {}


class Job(BaseModel):
    """One job.

    Attributes:
        runs: Whether Snakemake would run it now.
        changed: Parameters as they were and as they are, where they differ since its outputs were made.
        newer: Inputs that are newer than the outputs, and that no job before it makes again.
        missing: Outputs that are not there.
        incomplete: Outputs that a killed run left behind.
        follows: Inputs that jobs before it make again.
        software: Whether its software environment is another than it was.
        temporary: Whether its outputs are removed once they are used.
        started: When the job that made the outputs started, in seconds of the epoch.
        ended: When it ended.
    """

    model_config = ConfigDict(extra="ignore")

    rule: str
    wildcards: dict[str, str] = {}
    input: Files
    output: Files
    params: Files = Files(values=[])
    resources: dict[str, int | str] = {}
    threads: int = 1
    log: list[str] = []
    benchmark: str | None = None
    script: str | None = None
    temporary: bool = False
    runs: bool = False
    changed: tuple[list[str], list[str]] | None = None
    newer: list[str] = []
    missing: list[str] = []
    incomplete: list[str] = []
    follows: list[str] = []
    software: bool = False
    reason: str = ""
    started: float | None = None
    ended: float | None = None

    @property
    def inputs(self) -> list[str]:
        """Paths of all inputs."""
        return [str(path) for path in self.input.values]

    @property
    def outputs(self) -> list[str]:
        """Paths of all outputs."""
        return [str(path) for path in self.output.values]

    @property
    def over_shards(self) -> bool:
        """Whether shards ask before it, so that the job itself has nothing left to ask."""
        return bool(self.input.names.get("shards"))

    @property
    def journals(self) -> list[Path]:
        """Where the job's replies are kept, if it asks a model: one folder, or one a form of answers."""
        found = self.params.names.get("journal", [])
        return [Path(found)] if isinstance(found, str) else [Path(one) for one in found]

    @property
    def journal(self) -> str:
        """The same as people read it."""
        return " and ".join(map(str, self.journals))


class Log(BaseModel):
    """What logs of a rule are called, as a regular expression with the wildcards as groups."""

    rule: str
    pattern: str


class Workflow(BaseModel):
    """A configuration as Snakemake reads it, and its jobs.

    Attributes:
        strays: Files in the results folder that no rule makes.
        logs: Those of all rules, where no job was planned (`--logs`).
        code: By fingerprint, the files that it is of.
    """

    config: dict[str, Any]
    strays: list[str]
    code: dict[str, list[str]] = {}
    measured: list[Measured] = []
    logs: list[Log] = []
    jobs: list[Job] = []

    @property
    def results(self) -> Path:
        """The results folder."""
        return Path(self.config["pathvars"]["results"])


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Options of snakemake, and the targets after `--`."""
    given = list(arguments)
    if "--" not in given:
        return given, []
    place = given.index("--")
    return given[:place], given[place + 1 :]


def planned(arguments: Sequence[str]) -> Workflow:
    """What Snakemake says of its jobs; nothing is run.

    Args:
        arguments: As for `snakemake`: `--configfile`, targets; `--present` for all that is in the results folder too,
            `--logs` for the names of logs alone.

    Raises:
        InputError: This is not the workflow's folder, or Snakemake refuses; what it says is on the terminal.
    """
    if not SCRIPT.is_file():
        raise InputError(f"{SCRIPT}: no such file; run this in the folder of the Snakefile")
    command = [sys.executable, str(SCRIPT), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(done.stderr, file=sys.stderr, end="")
        raise InputError("Snakemake plans no jobs for this; its reason is above")
    head, *rows = done.stdout.splitlines()
    workflow = Workflow(**json.loads(head))
    workflow.jobs = [Job.model_validate_json(row) for row in rows]
    return workflow
