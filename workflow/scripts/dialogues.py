"""Glue of rule `dialogues`."""

import json

from clca import artifacts, schemas
from clca.culture import Traits
from clca.dialogues import DialogueSettings, play
from clca.progress import start_logging
from job_engine import engine_of

start_logging(snakemake.log[0])
params = snakemake.params
dialogues = play(
    artifacts.read(snakemake.input.scenarios, schemas.AdaptedScenario),
    Traits.model_validate_json(params.culture),
    engine_of(snakemake),
    DialogueSettings(**json.loads(params.config)),
)
artifacts.write(dialogues, snakemake.output[0], schemas.Utterance)
