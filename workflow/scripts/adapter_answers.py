"""Glue of rules `adapter_answers`, `adapter_answers_in` and `adapter_answers_abroad`."""

import json

from clca import artifacts, schemas
from clca.progress import start_logging
from clca.survey.answers import persona_answers
from clca.survey.questionnaire import load
from job_engine import engines_of

start_logging(snakemake.log[0])
given, params, wildcards = snakemake.input, snakemake.params, snakemake.wildcards
method = f"{wildcards.variant}-seed{wildcards.seed}"
if origin := wildcards.get("origin"):
    method += f"@{origin}"
name, questionnaire = json.loads(params.culture)["name"], load(given.questionnaire)
personas = artifacts.read(given.personas, schemas.Persona)
for form, engine, path in zip(params.forms, engines_of(snakemake), snakemake.output, strict=True):
    artifacts.write(persona_answers(method, personas, name, questionnaire, engine, form), path, schemas.Answer)
