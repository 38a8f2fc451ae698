"""Glue of rule `model_card`."""

from pathlib import Path

from clca import artifacts
from clca.audit.cards import model_card
from clca.progress import start_logging
from clca.survey.card import Scorecard

start_logging(snakemake.log[0])
given = snakemake.input
text = model_card(Path(given.card).read_text(encoding="utf-8"), artifacts.read_record(given.scores, Scorecard))
artifacts.write_text(text, snakemake.output[0])
