"""Glue of rule `data_figure`."""

from clca.progress import start_logging
from clca.study.figure_tables import of_data

start_logging(snakemake.log[0])
of_data(dict(snakemake.input.items()), snakemake.output, dict(snakemake.params.items()))
