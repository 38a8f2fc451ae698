"""Artifacts made again from their inputs and the journal, to be compared: no model is loaded, no file is replaced.

A rule's own script runs on a stand-in for Snakemake's object whose outputs lie in a scratch folder. Every rule but
those that fetch weights and train is a function of its inputs, its parameters and its journal, so what is made again
equals what is there, unless one of them was changed.
"""

import os
import runpy
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl

from clca.audit.jobs import Files, Job
from clca.engines.journal import Journaled

NOT_REPLAYED = ("model", "adapter")
"""Rules that cannot be made again at no cost."""


class Named(list[Any]):
    """Values with names, as scripts meet them under `snakemake.input` and its like."""

    def __init__(self, files: Files) -> None:
        super().__init__(files.values)
        self._named = files.names

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_named"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __getitem__(self, key: Any) -> Any:
        return self._named[key] if isinstance(key, str) else super().__getitem__(key)

    def get(self, name: str, default: Any = None) -> Any:
        """The value of that name."""
        return self._named.get(name, default)

    def keys(self) -> Any:
        """All names."""
        return self._named.keys()

    def items(self) -> Any:
        """Names and their values."""
        return self._named.items()


def volatile(path: str | os.PathLike[str]) -> bool:
    """Whether a file holds times and machines, which differ in every run."""
    name = Path(path).name
    return name.endswith("meta.json") or ".meta." in name


def only_replies() -> None:
    """Make this process one that asks no model and is silent: for those that replay."""
    Journaled.replies_only = True
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)


def replay(job: Job, config: Mapping[str, Any], scratch: Path) -> list[str]:
    """Make the outputs of `job` again below `scratch`; an input that differs from its like there is read from there.

    Returns:
        Outputs that are there and differ from what was made again; only these are left in `scratch`.

    Raises:
        NotKept: The journal lacks replies.
        InputError: An input is missing or broken.
    """
    assert job.script is not None

    def rebuilt(path: Any) -> Any:
        if isinstance(path, list):
            return [rebuilt(one) for one in path]
        other = scratch / str(path)
        return str(other) if other.is_file() else path

    def moved(path: Any) -> Any:
        return [moved(one) for one in path] if isinstance(path, list) else str(scratch / str(path))

    def each(files: Files, change: Any) -> Named:
        return Named(Files(values=change(files.values), names={k: change(v) for k, v in files.names.items()}))

    stand_in = SimpleNamespace(
        rule=job.rule,
        input=each(job.input, rebuilt),
        output=each(job.output, moved),
        params=Named(job.params),
        wildcards=Named(Files(values=list(job.wildcards.values()), names=dict(job.wildcards))),
        resources=Named(Files(values=[], names=dict(job.resources))),
        threads=job.threads,
        log=Named(Files(values=[str(scratch / path) for path in job.log])),
        config=config,
    )
    # Scripts import each other by name.
    folder = str(Path(job.script).parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    runpy.run_path(job.script, init_globals={"snakemake": stand_in})
    differ = []
    for path in job.outputs:
        made = scratch / path
        if Path(path).is_file() and not volatile(path):
            if _same(made, Path(path)):
                made.unlink()
            else:
                differ.append(path)
    return differ


def _same(made: Path, there: Path) -> bool:
    """Whether two files have equal bytes, or are tables with equal content written by different versions."""
    if made.read_bytes() == there.read_bytes():
        return True
    try:
        return there.suffix == ".parquet" and pl.read_parquet(made).equals(pl.read_parquet(there, memory_map=False))
    except (pl.exceptions.PolarsError, OSError):
        return False
