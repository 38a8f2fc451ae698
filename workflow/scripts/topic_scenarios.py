"""Glue of rule `topic_scenarios`."""

import json

from clca import artifacts, schemas
from clca.progress import start_logging
from clca.topics import scenarios

start_logging(snakemake.log[0])
params = snakemake.params
made = scenarios(
    artifacts.read(snakemake.input[0], schemas.AdaptedScenario),
    json.loads(params.topics),
    snakemake.wildcards.corpus,
    json.loads(params.culture)["name"],
    params.scenarios,
)
artifacts.write(made, snakemake.output[0], schemas.AdaptedScenario)
