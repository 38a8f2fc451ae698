"""Glue of rule `browser`."""

from clca.culture import Traits
from clca.progress import start_logging
from clca.study.browser import write

start_logging(snakemake.log[0])
params = snakemake.params
write(snakemake.input, snakemake.output[0], Traits.model_validate_json(params.culture), params.replies)
