"""Glue of rule `adapter_answers`."""

import json

from clca import artifacts, schemas
from clca.progress import start_logging
from clca.survey.answers import persona_answers
from clca.survey.questionnaire import load
from job_engine import engine_of

start_logging(snakemake.log[0])
given, params, wildcards = snakemake.input, snakemake.params, snakemake.wildcards
answers = persona_answers(
    f"{wildcards.variant}-seed{wildcards.seed}",
    artifacts.read(given.personas, schemas.Persona),
    json.loads(params.culture)["name"],
    load(given.questionnaire),
    engine_of(snakemake),
    wildcards.form,
)
artifacts.write(answers, snakemake.output[0], schemas.Answer)
