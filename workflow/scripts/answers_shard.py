"""Glue of rules `answers_shard` and `adapter_answers_shard`."""

import json

from clca import artifacts, schemas
from clca.progress import start_logging
from clca.shards import Shard
from clca.survey.answers import cultural_answers, persona_answers
from clca.survey.questionnaire import load
from job_engine import engines_of

shard = Shard.of(snakemake.wildcards.scatteritem)
start_logging(snakemake.log[0], str(shard))
given = snakemake.input
names, questionnaire = json.loads(snakemake.params.culture), load(given.questionnaire)
# Two personas alike are one question: their respondents are all that tells them apart.
personas = shard.of_rows(artifacts.read(given.personas, schemas.Persona), without="respondent")
for form, engine in zip(snakemake.params.forms, engines_of(snakemake), strict=True):
    persona_answers("shard", personas, names["name"], questionnaire, engine, form)
    if shard.number == 1 and given.get("adapter") is None:
        cultural_answers(**names, questionnaire=questionnaire, engine=engine, form=form)
