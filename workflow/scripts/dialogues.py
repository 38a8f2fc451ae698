"""Glue of rule `dialogues`."""

import json

from clca import artifacts, schemas
from clca.culture import Traits
from clca.dialogues import DialogueSettings, play
from clca.engines.factory import journaled
from clca.engines.hosting import Hosting
from clca.models import ModelSpec
from clca.progress import start_logging

start_logging(snakemake.log[0])
params = snakemake.params
dialogues = play(
    artifacts.read(snakemake.input.scenarios, schemas.AdaptedScenario),
    Traits.model_validate_json(params.culture),
    journaled(
        snakemake.input.model,
        ModelSpec(**json.loads(params.model)),
        params.journal,
        gpus=snakemake.resources.tensor_parallel,
        hosting=Hosting.of(snakemake.config, snakemake.input.model, snakemake.log[0]),
    ),
    DialogueSettings(**json.loads(params.config)),
)
artifacts.write(dialogues, snakemake.output[0], schemas.Utterance)
