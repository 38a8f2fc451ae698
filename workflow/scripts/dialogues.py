"""Glue of rule `dialogues`."""

import json

from clca.culture import Culture

from clca import artifacts, schemas
from clca.dialogues import DialogueSettings, play
from clca.engines.factory import journaled
from clca.models import ModelSpec
from clca.progress import start_logging

start_logging(snakemake.log[0])
params = snakemake.params
dialogues = play(
    artifacts.read(snakemake.input.scenarios, schemas.AdaptedScenario),
    Culture(**json.loads(params.culture)),
    journaled(snakemake.input.model, ModelSpec(**json.loads(params.model)), params.journal),
    DialogueSettings(**json.loads(params.config)),
)
artifacts.write(dialogues, snakemake.output[0], schemas.Utterance)
