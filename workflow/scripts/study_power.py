"""Glue of rule `study_power`."""

from clca.progress import start_logging
from clca.study.power_note import build

start_logging(snakemake.log[0])
build(dict(snakemake.input.items()), dict(snakemake.output.items()), dict(snakemake.params.items()))
