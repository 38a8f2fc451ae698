"""Glue of rule `quality`."""

import json
import logging

from clca import artifacts, schemas
from clca.progress import start_logging
from clca.quality import Quality, QualitySettings, report
from clca.survey import questionnaire

start_logging(snakemake.log[0])
given = snakemake.input
quality = report(
    artifacts.read(given.scenarios, schemas.AdaptedScenario),
    artifacts.read(given.filtered, schemas.Utterance),
    artifacts.read(given.intents, schemas.Intent),
    artifacts.read(given.dropped, schemas.Dropped),
    [questionnaire.load(path) for path in given.questionnaires],
    QualitySettings(**json.loads(snakemake.params.config)),
    given.filtered,
)
if quality["above"]:
    logging.getLogger("clca").warning("no training starts on these data: %s", quality["above"])
artifacts.write_record(quality, snakemake.output[0], Quality)
