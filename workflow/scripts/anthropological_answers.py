"""Glue of rule `anthropological_answers`."""

import json

from clca import artifacts, schemas
from clca.progress import start_logging
from clca.survey.answers import anthropological_answers
from clca.survey.questionnaire import load
from job_engine import engine_of

start_logging(snakemake.log[0])
given, params = snakemake.input, snakemake.params
answers = anthropological_answers(
    artifacts.read(given.personas, schemas.Persona).head(params.personas),
    **json.loads(params.culture),
    questionnaire=load(given.questionnaire),
    engine=engine_of(snakemake),
    form=snakemake.wildcards.form,
    reasoning_tokens=params.reasoning_tokens,
)
artifacts.write(answers, snakemake.output[0], schemas.Answer)
