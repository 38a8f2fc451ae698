"""Glue of rule `intents`."""

import json

from clca import artifacts, schemas
from clca.culture import Traits
from clca.intents import IntentSettings, annotate
from clca.progress import start_logging
from job_engine import engine_of

start_logging(snakemake.log[0])
params = snakemake.params
intents = annotate(
    artifacts.read(snakemake.input.scenarios, schemas.AdaptedScenario),
    artifacts.read(snakemake.input.filtered, schemas.Utterance),
    Traits.model_validate_json(params.culture),
    engine_of(snakemake),
    IntentSettings(**json.loads(params.config)),
)
artifacts.write(intents, snakemake.output[0], schemas.Intent)
