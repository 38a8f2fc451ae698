"""Glue of rule `study_averages`."""

from clca.progress import start_logging
from clca.study.averages import build

start_logging(snakemake.log[0])
given, output, params = snakemake.input, snakemake.output, snakemake.params
build(dict(given.items()), dict(output.items()), dict(params.items()), snakemake.wildcards.model)
