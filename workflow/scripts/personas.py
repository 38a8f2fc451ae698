"""Glue of rule `personas`."""

import numpy as np

from clca import artifacts, schemas
from clca.progress import start_logging
from clca.survey.personas import draw

start_logging(snakemake.log[0])
respondents = artifacts.read(snakemake.input[0], schemas.Respondent)
personas = draw(respondents, snakemake.params.personas, np.random.default_rng(snakemake.params.seed))
artifacts.write(personas, snakemake.output[0], schemas.Persona)
