"""Glue of rule `judgements`."""

import json

from clca.culture import Culture

from clca import artifacts, schemas
from clca.engines.factory import journaled
from clca.judging import JudgeSettings, judge
from clca.models import ModelSpec
from clca.progress import start_logging

start_logging(snakemake.log[0])
params = snakemake.params
judgements = judge(
    artifacts.read(snakemake.input.scenarios, schemas.AdaptedScenario),
    artifacts.read(snakemake.input.dialogues, schemas.Utterance),
    Culture(**json.loads(params.culture)),
    params.judge,
    journaled(snakemake.input.model, ModelSpec(**json.loads(params.model)), params.journal),
    JudgeSettings(**json.loads(params.config)),
)
artifacts.write(judgements, snakemake.output[0], schemas.Judgement)
