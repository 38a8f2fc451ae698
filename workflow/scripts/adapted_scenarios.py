"""Glue of rule `adapted_scenarios`."""

import json
from pathlib import Path

import numpy as np

from clca import artifacts, schemas
from clca.corpora import Source, draw, generator
from clca.culture import Traits
from clca.progress import start_logging
from clca.scenarios import ScenarioSettings, adapt, load_sources
from job_engine import engine_of

start_logging(snakemake.log[0])
given, params = snakemake.input, snakemake.params
settings = ScenarioSettings(**json.loads(params.config))
culture = Traits.model_validate_json(params.culture)
sources = [Source(**source) for source in json.loads(params.sources)]
scenarios = adapt(
    load_sources(Path(given.seeds), "seed_id"),
    load_sources(Path(given.norms), "norm_id"),
    culture,
    snakemake.wildcards.culture,
    params.author,
    engine_of(snakemake),
    settings,
    np.random.default_rng(settings.seed),
    [item for source in sources for item in draw(source, culture, generator(source, settings.seed))],
    json.loads(params.total),
)
artifacts.write(scenarios, snakemake.output[0], schemas.AdaptedScenario)
