"""Glue of rule `training_figure`."""

import json

from clca.progress import start_logging
from clca.study.figure_tables import of_training

start_logging(snakemake.log[0])
of_training(
    snakemake.input,
    snakemake.output,
    {
        "model": snakemake.wildcards.model,
        "culture": json.loads(snakemake.params.culture)["name"],
        "variant": "clca",
        "seed": snakemake.params.seed,
    },
)
