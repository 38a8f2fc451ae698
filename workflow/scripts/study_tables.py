"""Glue of rule `study_tables`."""

from pathlib import Path

from clca.progress import start_logging
from clca.study.tabulation import build

start_logging(snakemake.log[0])
build(dict(snakemake.input.items()), Path(snakemake.output[0]).parent, dict(snakemake.params.items()))
