"""Glue of rule `answers`."""

import json

from clca import artifacts, schemas
from clca.progress import start_logging
from clca.survey.answers import cultural_answers, persona_answers
from clca.survey.questionnaire import load
from job_engine import engine_of

start_logging(snakemake.log[0])
params = snakemake.params
names, questionnaire = json.loads(params.culture), load(snakemake.input.questionnaire)
form = snakemake.wildcards.form
engine = engine_of(snakemake)
personas = artifacts.read(snakemake.input.personas, schemas.Persona)
answers = persona_answers("persona", personas, names["name"], questionnaire, engine, form)
artifacts.write(answers, snakemake.output.persona, schemas.Answer)
answers = cultural_answers(**names, questionnaire=questionnaire, engine=engine, form=form)
artifacts.write(answers, snakemake.output.cultural, schemas.Answer)
