"""Glue of rule `table_pages`."""

from clca.progress import start_logging
from clca.study.pages import write_tables

start_logging(snakemake.log[0])
write_tables(snakemake.input, snakemake.output)
