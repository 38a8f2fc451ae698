"""Glue of rule `specificity_figure`."""

from clca.progress import start_logging
from clca.study.figure_tables import of_specificity

start_logging(snakemake.log[0])
of_specificity(snakemake.input[0], snakemake.output)
