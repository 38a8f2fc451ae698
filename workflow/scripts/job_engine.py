"""The engine behind a job: what all rules that ask a model have in common."""

import json

from clca import node
from clca.engines.factory import journaled
from clca.engines.hosting import Hosting
from clca.engines.journal import Journaled
from clca.models import ModelSpec


def engine_of(job) -> Journaled:
    """The engine that the inputs, params and resources of a job's `snakemake` object describe."""
    node.settle(job.resources)
    return journaled(
        job.input.model,
        ModelSpec(**json.loads(job.params.model)),
        job.params.journal,
        job.input.get("adapter"),
        job.resources.tensor_parallel,
        Hosting.of(job.config, job.input.model, job.log[0]),
    )
