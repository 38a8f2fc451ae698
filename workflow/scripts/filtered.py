"""Glue of rule `filtered`."""

import json

from clca import artifacts, schemas
from clca.filtering import FilterSettings, split
from clca.progress import start_logging

start_logging(snakemake.log[0])
kept, dropped = split(
    artifacts.read(snakemake.input.dialogues, schemas.Utterance),
    artifacts.read(snakemake.input.judgements, schemas.Judgement),
    FilterSettings(**json.loads(snakemake.params.config)),
)
artifacts.write(kept, snakemake.output.filtered, schemas.Utterance)
artifacts.write(dropped, snakemake.output.dropped, schemas.Dropped)
