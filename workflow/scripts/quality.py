"""Glue of rule `quality`."""

from clca import artifacts, schemas
from clca.progress import start_logging
from clca.quality import Quality, measure
from clca.survey import questionnaire

start_logging(snakemake.log[0])
given, params = snakemake.input, snakemake.params
quality = measure(
    artifacts.read(given.scenarios, schemas.AdaptedScenario),
    artifacts.read(given.filtered, schemas.Utterance),
    artifacts.read(given.intents, schemas.Intent),
    artifacts.read(given.dropped, schemas.Dropped),
    [questionnaire.load(path) for path in given.questionnaires],
    params.similarity,
    params.survey_words,
)
artifacts.write_record(quality, snakemake.output[0], Quality)
