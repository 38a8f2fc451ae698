"""Glue of rule `survey_figures`."""

from clca.progress import start_logging
from clca.study.figure_tables import of_culture

start_logging(snakemake.log[0])
of_culture(
    dict(snakemake.input.items()), dict(snakemake.output.items()), dict(snakemake.params.items()), snakemake.wildcards
)
