"""Glue of rule `quality_passed`."""

import json

from clca import artifacts
from clca.progress import start_logging
from clca.quality import Passed, Quality, check

start_logging(snakemake.log[0])
(path,) = snakemake.input
passed = check(artifacts.read_record(path, Quality), json.loads(snakemake.params.limits), path)
artifacts.write_record(passed, snakemake.output[0], Passed)
