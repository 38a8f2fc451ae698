"""Glue of rule `examples`."""

import json

import numpy as np

from clca import artifacts, schemas
from clca.progress import start_logging
from clca.quality import QualitySettings, check
from clca.survey import questionnaire
from clca.training.examples import build

start_logging(snakemake.log[0])
given, params = snakemake.input, snakemake.params
data = (
    artifacts.read(given.scenarios, schemas.AdaptedScenario),
    artifacts.read(given.filtered, schemas.Utterance),
    artifacts.read(given.intents, schemas.Intent),
)
survey = [questionnaire.load(path) for path in given.questionnaires]
check(*data, survey, QualitySettings(**snakemake.config["quality"]), given.filtered)
examples = build(
    *data,
    json.loads(params.variant)["tasks"],
    json.loads(params.culture)["name"],
    params.heldout_share,
    np.random.default_rng(int(snakemake.wildcards.seed)),
)
artifacts.write(examples, snakemake.output[0], schemas.Example)
