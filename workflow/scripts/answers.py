"""Glue of rules `answers` and `answers_in`."""

import json

from clca import artifacts, schemas
from clca.progress import start_logging
from clca.survey.answers import cultural_answers, persona_answers
from clca.survey.questionnaire import load
from job_engine import engines_of

start_logging(snakemake.log[0])
given, output, params = snakemake.input, snakemake.output, snakemake.params
names, questionnaire = json.loads(params.culture), load(given.questionnaire)
personas = artifacts.read(given.personas, schemas.Persona)
for form, engine, persona, cultural in zip(
    params.forms, engines_of(snakemake), output.persona, output.cultural, strict=True
):
    answers = persona_answers("persona", personas, names["name"], questionnaire, engine, form)
    artifacts.write(answers, persona, schemas.Answer)
    answers = cultural_answers(**names, questionnaire=questionnaire, engine=engine, form=form)
    artifacts.write(answers, cultural, schemas.Answer)
