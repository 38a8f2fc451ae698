"""Glue of rule `judgements`."""

import json

from clca import artifacts, schemas
from clca.culture import Traits
from clca.judging import JudgeSettings, judge
from clca.progress import start_logging
from job_engine import engine_of

start_logging(snakemake.log[0])
params = snakemake.params
judgements = judge(
    artifacts.read(snakemake.input.scenarios, schemas.AdaptedScenario),
    artifacts.read(snakemake.input.dialogues, schemas.Utterance),
    Traits.model_validate_json(params.culture),
    params.judge,
    engine_of(snakemake),
    JudgeSettings(**json.loads(params.config)),
)
artifacts.write(judgements, snakemake.output[0], schemas.Judgement)
