"""Glue of rule `examples`."""

import json

import numpy as np

from clca import artifacts, schemas
from clca.progress import start_logging
from clca.quality import Held, require
from clca.training.examples import build

start_logging(snakemake.log[0])
given, params = snakemake.input, snakemake.params
require(artifacts.read_record(given.quality, Held))
examples = build(
    artifacts.read(given.scenarios, schemas.AdaptedScenario),
    artifacts.read(given.filtered, schemas.Utterance),
    artifacts.read(given.intents, schemas.Intent),
    json.loads(params.variant)["tasks"],
    json.loads(params.culture)["name"],
    params.heldout_share,
    np.random.default_rng(int(snakemake.wildcards.seed)),
)
artifacts.write(examples, snakemake.output[0], schemas.Example)
