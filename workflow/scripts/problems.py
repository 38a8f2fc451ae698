"""Glue of rule `problems`."""

import json
from pathlib import Path

import numpy as np

from clca import artifacts, schemas
from clca.progress import start_logging
from clca.training.control_files import download, read
from clca.training.problems import generate

start_logging(snakemake.log[0])
control, source = snakemake.wildcards.control, json.loads(snakemake.params.source)
if "source" in source:
    table = read(download(source["source"], source["revision"], source["file"]), control)
elif snakemake.input:
    table = read(Path(snakemake.input[0]), control)
else:
    table = generate(control, source["problems"], np.random.default_rng(source["seed"]))
artifacts.write(table, snakemake.output[0], schemas.Problem)
