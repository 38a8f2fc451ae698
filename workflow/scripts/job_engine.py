"""The engine behind a job: what all rules that ask a model have in common."""

import json

from clca import node
from clca.engines.factory import journaled
from clca.engines.hosting import Hosting
from clca.engines.journal import Journal, Journaled
from clca.models import ModelSpec


def engine_of(job) -> Journaled:
    """The engine that the inputs, params and resources of a job's `snakemake` object describe."""
    return _engine(job, job.params.journal)


def engines_of(job) -> list[Journaled]:
    """The same with a journal for each form that the job takes answers in; they share one load of the model."""
    first, *others = job.params.journal
    engine = _engine(job, first)
    return [engine, *(engine.keeping(Journal(path)) for path in others)]


def _engine(job, journal) -> Journaled:
    node.settle(job.resources)
    return journaled(
        job.input.model,
        ModelSpec(**json.loads(job.params.model)),
        journal,
        job.input.get("adapter"),
        job.resources.tensor_parallel,
        Hosting.of(job.config, job.input.model, job.log[0]),
    )
