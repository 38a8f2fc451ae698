"""Glue of rule `adapter`."""

import json
from pathlib import Path

from clca import artifacts, node, schemas
from clca.progress import start_logging
from clca.training.card import Origin
from clca.training.finetune import Settings, finetune

start_logging(snakemake.log[0])
node.settle(snakemake.resources)
given, params = snakemake.input, snakemake.params
facts = artifacts.read_json(given.model)
finetune(
    artifacts.read(given.examples, schemas.Example),
    node.staged(given.model.removesuffix(".json")),
    Path(snakemake.output.weights).parent,
    Settings(
        **json.loads(params.config),
        save_steps=snakemake.resources.save_steps,
        gradient_checkpointing=bool(snakemake.resources.gradient_checkpointing),
    ),
    params.checkpoints,
    Origin(
        base=facts["name"],
        revision=facts["revision"],
        license=facts["license"],
        culture=params.culture,
        tasks=json.loads(params.variant)["tasks"],
    ),
)
