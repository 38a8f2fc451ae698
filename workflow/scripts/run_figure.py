"""Glue of rule `run_figure`."""

from clca.progress import start_logging
from clca.study.run_table import of_runs

start_logging(snakemake.log[0])
of_runs(snakemake.output, dict(snakemake.params.items()), snakemake.config["pathvars"])
