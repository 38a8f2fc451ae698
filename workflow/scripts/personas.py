"""Glue of rule `personas`."""

from clca import artifacts, schemas
from clca.progress import start_logging
from clca.survey.personas import draw
from clca.survey.respondents import generator

start_logging(snakemake.log[0])
respondents = artifacts.read(snakemake.input[0], schemas.Respondent)
rng = generator(snakemake.params.seed, snakemake.wildcards.culture, "personas")
personas = draw(respondents, snakemake.params.personas, rng)
artifacts.write(personas, snakemake.output[0], schemas.Persona)
