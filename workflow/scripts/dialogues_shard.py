"""Glue of rule `dialogues_shard`."""

import json

from clca import artifacts, schemas
from clca.culture import Traits
from clca.dialogues import DialogueSettings, played
from clca.progress import start_logging
from clca.shards import Shard
from job_engine import engine_of

shard = Shard.of(snakemake.wildcards.scatteritem)
start_logging(snakemake.log[0], str(shard))
params = snakemake.params
played(
    shard.of_rows(artifacts.read(snakemake.input.scenarios, schemas.AdaptedScenario)),
    Traits.model_validate_json(params.culture),
    engine_of(snakemake),
    DialogueSettings(**json.loads(params.config)),
)
