"""Glue of rule `intents`."""

import json

from clca import artifacts, schemas
from clca.culture import Traits
from clca.engines.factory import journaled
from clca.engines.hosting import Hosting
from clca.intents import IntentSettings, annotate
from clca.models import ModelSpec
from clca.progress import start_logging

start_logging(snakemake.log[0])
params = snakemake.params
intents = annotate(
    artifacts.read(snakemake.input.scenarios, schemas.AdaptedScenario),
    artifacts.read(snakemake.input.filtered, schemas.Utterance),
    Traits.model_validate_json(params.culture),
    journaled(
        snakemake.input.model,
        ModelSpec(**json.loads(params.model)),
        params.journal,
        gpus=snakemake.resources.tensor_parallel,
        hosting=Hosting.of(snakemake.config, snakemake.input.model, snakemake.log[0]),
    ),
    IntentSettings(**json.loads(params.config)),
)
artifacts.write(intents, snakemake.output[0], schemas.Intent)
