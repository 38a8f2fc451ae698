"""Glue of rule `quality_limits`."""

import json
import logging

from clca import artifacts
from clca.progress import start_logging
from clca.quality import Held, Quality, hold

start_logging(snakemake.log[0])
(path,) = snakemake.input
held = hold(artifacts.read_record(path, Quality), json.loads(snakemake.params.limits), path)
if held["above"]:
    logging.getLogger("clca").warning("no training on these data: %s", held["above"])
artifacts.write_record(held, snakemake.output[0], Held)
