"""Glue of rule `anthropological_answers`."""

import json

from clca import artifacts, schemas
from clca.engines.factory import journaled
from clca.models import ModelSpec
from clca.progress import start_logging
from clca.survey.answers import anthropological_answers
from clca.survey.questionnaire import load

start_logging(snakemake.log[0])
given, params = snakemake.input, snakemake.params
answers = anthropological_answers(
    artifacts.read(given.personas, schemas.Persona).head(params.personas),
    **json.loads(params.culture),
    questionnaire=load(given.questionnaire),
    engine=journaled(
        given.model,
        ModelSpec(**json.loads(params.model)),
        params.journal,
        gpus=snakemake.resources.tensor_parallel,
    ),
    form=snakemake.wildcards.form,
)
artifacts.write(answers, snakemake.output[0], schemas.Answer)
