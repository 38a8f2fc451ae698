"""Glue of rule `adapter_answers`."""

import json

from clca import artifacts, schemas
from clca.engines.factory import journaled
from clca.models import ModelSpec
from clca.progress import start_logging
from clca.survey.answers import persona_answers
from clca.survey.questionnaire import load

start_logging(snakemake.log[0])
given, params, wildcards = snakemake.input, snakemake.params, snakemake.wildcards
answers = persona_answers(
    f"{wildcards.variant}-seed{wildcards.seed}",
    artifacts.read(given.personas, schemas.Persona),
    json.loads(params.culture)["name"],
    load(given.questionnaire),
    journaled(
        given.model,
        ModelSpec(**json.loads(params.model)),
        params.journal,
        given.adapter,
        snakemake.resources.tensor_parallel,
    ),
    wildcards.form,
)
artifacts.write(answers, snakemake.output[0], schemas.Answer)
