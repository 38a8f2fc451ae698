"""Glue of rule `raters`."""

import json

from clca.progress import start_logging
from clca.study.raters import write

start_logging(snakemake.log[0])
names = {"culture": snakemake.wildcards.culture} | json.loads(snakemake.params.culture)
write(snakemake.input, snakemake.output, names, snakemake.params.dialogues, snakemake.params.seed)
