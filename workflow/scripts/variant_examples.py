"""Glue of rule `variant_examples`."""

import json

import numpy as np

from clca import artifacts, schemas
from clca.config import CONTROLS
from clca.progress import start_logging
from clca.quality import QualitySettings, check
from clca.survey import questionnaire
from clca.training.examples import build
from clca.training.variants import Data, Training, matched, problems

start_logging(snakemake.log[0])
given, params, name = snakemake.input, snakemake.params, snakemake.wildcards.variant
variant, rng = json.loads(params.variant), np.random.default_rng(int(snakemake.wildcards.seed))
data, share, task = Data.of(variant, params.origin), params.heldout_share, variant["tasks"][0]
if variant["corpus"] in CONTROLS:
    made = problems(artifacts.read(given.problems, schemas.Problem), task, data.joined, share, rng)
else:
    intents = artifacts.read(given.intents, schemas.Intent) if given.intents else schemas.Intent.empty()
    played = (
        artifacts.read(given.scenarios, schemas.AdaptedScenario),
        artifacts.read(given.dialogues, schemas.Utterance),
        intents,
    )
    survey = [questionnaire.load(path) for path in given.questionnaires]
    check(*played, survey, QualitySettings(**snakemake.config["quality"]), given.dialogues)
    made = build(*played, variant["tasks"], json.loads(params.culture)["name"], share, rng)
if given.clca:
    training = Training.of(given.model.removesuffix(".json"), json.loads(params.training))
    clca = artifacts.read(given.clca, schemas.Example)
    made, found, wanted = matched(made, task, clca, training, share, rng, name)
    data = data.with_match(found, wanted, params.clca_seed)
artifacts.write(made, snakemake.output.examples, schemas.Example)
artifacts.write_record(data.model_dump(), snakemake.output.data, Data)
