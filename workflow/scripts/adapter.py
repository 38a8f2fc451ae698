"""Glue of rule `adapter`."""

import json
from pathlib import Path

from clca import artifacts, node
from clca.progress import start_logging
from clca.training.card import Origin
from clca.training.finetune import Settings
from clca.training.launch import Job, train

start_logging(snakemake.log[0])
node.settle(snakemake.resources)
given, params, machine = snakemake.input, snakemake.params, snakemake.resources
facts = artifacts.read_json(given.model)
job = Job(
    examples=given.examples,
    model_dir=node.staged(given.model.removesuffix(".json")),
    out_dir=Path(snakemake.output.weights).parent,
    settings=Settings(
        **json.loads(params.config),
        save_steps=machine.save_steps,
        gradient_checkpointing=bool(machine.gradient_checkpointing),
    ),
    checkpoint_dir=params.checkpoints,
    origin=Origin(
        base=facts["name"],
        revision=facts["revision"],
        license=facts["license"],
        culture=params.culture,
        tasks=json.loads(params.variant)["tasks"],
    ),
    log=snakemake.log[0],
)
train(job, machine.processes)
