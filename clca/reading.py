"""Every artifact as a polars frame, by its file's name: `clca.read`."""

import os
import re
from pathlib import Path
from typing import Any

import polars as pl

from clca import artifacts, schemas
from clca.errors import InputError
from clca.quality import Quality
from clca.study import LANGUAGE_TABLES, METHOD_TABLES, scores
from clca.survey.card import Scorecard
from clca.survey.summary import Summary
from clca.training.variants import Data

SCHEMAS: tuple[tuple[str, Any], ...] = (
    (r"(adapted|wiki|concepts)_scenarios\.jsonl", schemas.AdaptedScenario),
    (r"(dialogues|filtered)\.jsonl", schemas.Utterance),
    (r"judgements\.jsonl", schemas.Judgement),
    (r"dropped\.jsonl", schemas.Dropped),
    (r"intents\.(unfiltered\.)?jsonl", schemas.Intent),
    (r"examples\.jsonl", schemas.Example),
    (r"training_data\.json", Data),
    (r"(gsm8k|mathchat)\.jsonl", schemas.Problem),
    (r"respondents\.parquet", schemas.Respondent),
    (r"personas\.parquet", schemas.Persona),
    (r"answers\.\w+\.\w+\.parquet", schemas.Answer),
    (r"wvs\.(\w+\.)?items\.parquet", schemas.ItemScore),
    (r"wvs\.(?!meta\.)(\w+\.)?json", Scorecard),
    (r"forms\.\w+\.jsonl", schemas.FormComparison),
    (r"summary\.json", Summary),
)
"""Schemas by the names of files."""

STUDY_SCHEMAS: tuple[tuple[str, Any], ...] = (
    (r"quality\.json", Quality),
    (r"[\w-]+\.\w+\.(all|few)\.json", Scorecard),
    (r"[\w-]+\.\w+\.(all|few)\.items\.parquet", schemas.ItemScore),
    (r".+\.(en|own)\.(all|few)\.scores\.parquet", schemas.Score),
    (r".+\.(en|own)\.(all|few)\.contrasts\.parquet", schemas.Contrast),
    (rf"({'|'.join(METHOD_TABLES + LANGUAGE_TABLES)})\.csv", schemas.StudyCell),
    (r"data\.csv", schemas.DataCell),
)
"""The same of what else can be read: a report, and the study's scorecards, averages and tables."""

PLAIN = (
    r"(diagnostics|specificity|specificity_tests|power)\.csv",
    r".+\.(items|nearest|methods)\.csv",
    r"training_log\.jsonl",
)
"""Files that people read, whose columns no schema describes."""

_NAMES = (
    "adapted_scenarios.jsonl, dialogues.jsonl, judgements.jsonl, filtered.jsonl, dropped.jsonl, intents.jsonl, "
    "quality.json, examples.jsonl, training_log.jsonl, respondents.parquet, summary.json, personas.parquet, "
    "answers.en.constrained.parquet, wvs.json, wvs.items.parquet, and those in study/"
)


def schema_of(path: str | os.PathLike[str]) -> Any | None:
    """The schema of an artifact that a headline scorecard is made of, by its name; None for what has none."""
    name = Path(path).name
    return next((schema for like, schema in SCHEMAS if re.fullmatch(like, name)), None)


def read(path: str | os.PathLike[str]) -> pl.DataFrame:
    """Read any artifact; `clca.read` is this function, and says more.

    Raises:
        InputError: No artifact is called so, the file is missing or broken, or a row does not fit its schema.
    """
    source = Path(path)
    schema = next((kind for like, kind in SCHEMAS + STUDY_SCHEMAS if re.fullmatch(like, source.name)), None)
    if schema is Scorecard:
        return scores.read([source]).scores
    if source.suffix in (".jsonl", ".parquet") and schema is not None:
        return artifacts.read(source, schema)
    if source.suffix == ".json" and schema is not None:
        # A record is one row; what it has by name, such as counts by item, are structs.
        return pl.DataFrame([artifacts.read_record(source, schema)])
    if schema is not None or any(re.fullmatch(like, source.name) for like in PLAIN):
        return _plain(source, schema)
    raise InputError(f"{source}: no artifact is called {source.name!r}; there are {_NAMES}")


def _plain(source: Path, schema: type[schemas.Table] | None) -> pl.DataFrame:
    """A table for people: its columns as they are, of the types that a schema gives them."""
    if not source.is_file():
        raise InputError(f"{source}: no such file; run the workflow's rule that makes it")
    try:
        if source.suffix == ".jsonl":
            return pl.read_ndjson(source, infer_schema_length=None)
        return pl.read_csv(source, schema_overrides=schema.dtypes() if schema else None, infer_schema_length=None)
    except pl.exceptions.PolarsError as error:
        first = str(error).strip().splitlines()[0][:120]
        raise InputError(f"{source}: cannot be read ({first}); delete the file and run again") from None
