"""Glue of rule `respondents`."""

import numpy as np

from clca import artifacts, schemas
from clca.progress import start_logging
from clca.survey.respondents import demographics, marginals, synthesise

start_logging(snakemake.log[0])
culture, params = snakemake.wildcards.culture, snakemake.params
respondents = synthesise(
    marginals(snakemake.input.marginals, culture),
    demographics(snakemake.input.demographics, culture),
    params.countries,
    culture,
    params.respondents,
    np.random.default_rng(params.seed),
)
artifacts.write(respondents, snakemake.output[0], schemas.Respondent)
