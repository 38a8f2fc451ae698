"""Whether artifacts are what their rules make of inputs and journal: each is made again, or known from hashes.

What was right is remembered in `<journal>/verified.json`: the hashes of all that it was made from, and its own. Where
they are still the same, nothing is made again. Weights are only remembered: training them again would not be free.
"""

import hashlib
import json
import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from graphlib import TopologicalSorter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ValidationError

from clca.artifacts import write_json
from clca.audit.jobs import Job, Workflow
from clca.audit.replay import NOT_REPLAYED, only_replies, replay, volatile
from clca.engines.journal import NotKept
from clca.errors import InputError

Kind = Literal["stale", "missing", "changed"]

BACK = "delete it, then name it as snakemake's target: it comes back from the journal and no model is asked"


# Each takes some hundred megabytes, and a login node is shared.
MOST_PROCESSES = 8


class Finding(NamedTuple):
    """Something that is not as it should be, and the way out."""

    kind: Kind
    path: str
    what: str
    way_out: str


class Seen(BaseModel):
    """Hashes: of all that decides what a job makes, of its journal, and of what it made, by path."""

    source: str
    journal: str
    outputs: dict[str, str]


class Hashes:
    """SHA-256 of files, each read once, and of jobs."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._files: dict[str, str] = {}
        self._temporary = {path: job for job in jobs if job.temporary for path in job.outputs}

    def file(self, path: str | os.PathLike[str]) -> str:
        """Hash of a file's content; of none where it is not there."""
        name = os.fspath(path)
        if name not in self._files:
            try:
                with open(name, "rb") as file:
                    self._files[name] = hashlib.file_digest(file, "sha256").hexdigest()
            except OSError:
                self._files[name] = ""
        return self._files[name]

    def seen(self, job: Job) -> Seen:
        """A job as it is now."""
        outputs = {path: self.file(path) for path in job.outputs if not volatile(path)}
        return Seen(source=self._source(job), journal=self._journal(job), outputs=outputs)

    def _source(self, job: Job) -> str:
        decides: list[Any] = [job.rule, job.wildcards, job.params.values]
        for path in job.inputs:
            # A part that is gone stands for what it was made from.
            part = None if self.file(path) else self._temporary.get(path)
            decides.append([path, self.file(path) if part is None else [self._source(part), self._journal(part)]])
        # Of what is never made again, when it was: trained anew, it is another.
        decides += [job.started] if job.rule in NOT_REPLAYED else []
        return _digest(decides)

    def _journal(self, job: Job) -> str:
        return _digest([[path.name, self.file(path)] for path in lines_of(job)])


class Rebuild:
    """Looks at every job once, those first whose outputs others read.

    Args:
        known: Paths that are known to be changed.
    """

    def __init__(self, workflow: Workflow, known: set[str]) -> None:
        self.workflow, self.jobs = workflow, workflow.jobs
        self.findings: list[Finding] = []
        # What is never made again, and was not here the last time: there is nothing to hold it against.
        self.first: set[str] = set()
        self._hashes = Hashes(self.jobs)
        self._known = set(known)
        # Not right, or made from what is not: what follows is made again, and not remembered.
        self._doubtful = set(known)
        self._unsettled: set[str] = set()
        self._readers = {job.outputs[0]: [one for one in self.jobs if _meet(job, one)] for job in self.jobs}
        self._memory = workflow.results / "journal" / "verified.json"
        self._before = _remembered(self._memory)
        self._now: dict[str, Seen] = {}

    def run(self) -> list[Finding]:
        """Replay what is not known to be right, one process a core; then remember what is right."""
        by_name = {job.outputs[0]: job for job in self.jobs}
        order: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(by_name, ()))
        for name, readers in self._readers.items():
            for reader in readers:
                order.add(reader.outputs[0], name)
        order.prepare()
        running: dict[Future[list[str]], str] = {}
        workers, context = min(MOST_PROCESSES, os.cpu_count() or 1), multiprocessing.get_context("spawn")
        # Among the results: respondents of the survey are to be nowhere else.
        with (
            TemporaryDirectory(prefix=".verify-", dir=self.workflow.results) as scratch,
            ProcessPoolExecutor(workers, mp_context=context, initializer=only_replies) as pool,
        ):
            while order.is_active():
                for name in order.get_ready():
                    if self._decided(by_name[name]):
                        order.done(name)
                    else:
                        running[pool.submit(replay, by_name[name], self.workflow.config, Path(scratch))] = name
                for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
                    name = running.pop(future)
                    self._settle(by_name[name], future)
                    order.done(name)
        # What was right once stays known: it may be put back.
        right = {name: seen for name, seen in self._before.items() if name in by_name} | self._now
        write_json({name: seen.model_dump() for name, seen in sorted(right.items())}, self._memory)
        return self.findings

    def _decided(self, job: Job) -> bool:
        """Whether a job needs no replay: it is right as it is, or it cannot be made again."""
        name, there = job.outputs[0], any(Path(path).is_file() for path in job.outputs)
        cannot = bool(job.changed or self._unsettled & set(job.inputs) or job.rule in NOT_REPLAYED)
        if not there:
            # Made again only for those that read it.
            self._unsettled |= set(job.outputs) if cannot else set()
            return cannot or not any(self._asks(reader) for reader in self._readers[name])
        if job.changed or self._unsettled & set(job.inputs):
            self._unsettled |= self._doubtful & set(job.outputs)
            return True
        doubted = bool(self._doubtful & {*job.inputs, *job.outputs})
        if not doubted:
            self._now[name] = self._hashes.seen(job)
            if self._now[name] == self._before.get(name):
                return True
        if job.rule in NOT_REPLAYED:
            self._compare(job)
            return True
        return job.script is None

    def _asks(self, job: Job) -> bool:
        """Whether a job that reads what is not there will be made again."""
        if not any(Path(path).is_file() for path in job.outputs):
            return any(self._asks(reader) for reader in self._readers[job.outputs[0]])
        return not job.changed and self._hashes.seen(job) != self._before.get(job.outputs[0])

    def _compare(self, job: Job) -> None:
        """Weights against what they were: made from the same by the same run, they are the same."""
        name = job.outputs[0]
        now, before = self._now.get(name), self._before.get(name)
        if self._known & set(job.outputs):
            # Models answer by the hash in their file, which is whole, whatever became of the weights beside it.
            self._unsettled |= set(job.outputs) if job.rule == "adapter" else set()
        elif now is not None and before is not None and before.source == now.source:
            differ = [path for path, content in now.outputs.items() if before.outputs.get(path) != content]
            for path in differ:
                self._find("changed", path, "not what it was when it was verified before", "put it back from a copy")
            self._unsettled |= set(job.outputs) if differ else set()
            self._now[name] = before
        elif now is not None:
            self.first |= {path for path, content in now.outputs.items() if content}

    def _settle(self, job: Job, future: "Future[list[str]]") -> None:
        """Say what a replay found."""
        name, journal, differ = job.outputs[0], job.journal, []
        now = self._now.pop(name, None)
        before = self._before.get(name)
        as_it_was = bool(now and before and now.outputs == before.outputs and now.journal != before.journal)
        try:
            differ = future.result()
        except NotKept as lacking:
            self._unsettled |= {path for path in job.outputs if not Path(path).is_file()}
            self._lacks(job, lacking, as_it_was)
            return
        except InputError as error:
            self._unsettled |= {path for path in job.outputs if not Path(path).is_file()}
            what, _, way_out = str(error).rpartition("; ")
            self._find("changed", journal if job.journal else name, what or str(error), way_out)
            return
        if differ and as_it_was:
            way_out = f"put it back from a copy, or take it as it is: delete {name} and name it as snakemake's target"
            self._find("changed", journal, f"its replies do not give {name} any more, which is as it was", way_out)
            return
        for path in differ:
            self._find("changed", path, "not what its rule makes of its inputs and the journal", BACK)
        self._doubtful |= set(differ)
        if not differ and now is not None:
            self._now[name] = now

    def _lacks(self, job: Job, lacking: NotKept, as_it_was: bool) -> None:
        """Say why a journal lacks replies; one that is not there at all is told elsewhere."""
        adapter, again = job.input.names.get("adapter"), "without it, a rerun asks for them again"
        if not lines_of(job):
            return
        if as_it_was:
            what = f"replies behind {job.outputs[0]} were changed or removed since it was verified"
            self._find("changed", job.journal, what, f"put it back from a copy; {again}")
        elif adapter is not None and lacking.lacking == lacking.wanted:
            what = f"not the adapter that gave {job.outputs[0]}"
            self._find("changed", adapter, what, "put it back from a copy, or delete it to train and ask again")
        else:
            what = f"{lacking.lacking} of the {lacking.wanted} replies behind {job.outputs[0]} are gone"
            self._find("missing", job.journal, what, f"put it back from a copy; {again}")

    def _find(self, kind: Kind, path: str, what: str, way_out: str) -> None:
        self.findings.append(Finding(kind, path, what, way_out))


def lines_of(job: Job) -> list[Path]:
    """The files of a job's journals."""
    return [path for folder in job.journals for path in sorted(folder.glob("*.jsonl"))]


def _meet(job: Job, other: Job) -> bool:
    return not set(job.outputs).isdisjoint(other.inputs)


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _remembered(path: Path) -> dict[str, Seen]:
    """What was right the last time; nothing where that cannot be read."""
    try:
        return {name: Seen(**seen) for name, seen in json.loads(path.read_text()).items()}
    except (OSError, ValueError, TypeError, AttributeError, ValidationError):
        return {}
