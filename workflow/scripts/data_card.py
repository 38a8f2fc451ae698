"""Glue of rule `data_card`."""

import json

from clca import artifacts, schemas
from clca.audit.cards import Played, Writer, data_card
from clca.progress import start_logging
from clca.quality import Quality

start_logging(snakemake.log[0])
given, params = snakemake.input, snakemake.params
tables = {"dialogues": "Utterance", "dropped": "Dropped", "filtered": "Utterance", "intents": "Intent"}
played = [
    Played(
        teacher,
        **{name: artifacts.read(given[name][place], getattr(schemas, schema)) for name, schema in tables.items()},
        quality=artifacts.read_record(given.quality[place], Quality),
    )
    for place, teacher in enumerate(params.teachers)
]
writers = [
    Writer(role, slug, artifacts.read_json(path))
    for (role, slug), path in zip(params.writers, given.models, strict=True)
]
scenarios = artifacts.read(given.scenarios, schemas.AdaptedScenario)
name = json.loads(params.culture)["name"]
text = data_card(snakemake.wildcards.culture, name, writers, scenarios, played)
artifacts.write_text(text, snakemake.output[0])
