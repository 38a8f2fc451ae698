"""Glue of rule `model`."""

import json
from pathlib import Path

from clca import artifacts
from clca.models import ModelSpec, fetch
from clca.progress import start_logging

start_logging(snakemake.log[0])
spec = ModelSpec(**json.loads(snakemake.params.spec))
target = Path(snakemake.output[0].removesuffix(".json"))
artifacts.write_json(fetch(spec, target), snakemake.output[0])
