"""Glue of rule `judgements`."""

import json

from clca import artifacts, schemas
from clca.culture import Traits
from clca.engines.factory import journaled
from clca.engines.hosting import Hosting
from clca.judging import JudgeSettings, judge
from clca.models import ModelSpec
from clca.progress import start_logging

start_logging(snakemake.log[0])
params = snakemake.params
judgements = judge(
    artifacts.read(snakemake.input.scenarios, schemas.AdaptedScenario),
    artifacts.read(snakemake.input.dialogues, schemas.Utterance),
    Traits.model_validate_json(params.culture),
    params.judge,
    journaled(
        snakemake.input.model,
        ModelSpec(**json.loads(params.model)),
        params.journal,
        gpus=snakemake.resources.tensor_parallel,
        hosting=Hosting.of(snakemake.config, snakemake.input.model, snakemake.log[0]),
    ),
    JudgeSettings(**json.loads(params.config)),
)
artifacts.write(judgements, snakemake.output[0], schemas.Judgement)
