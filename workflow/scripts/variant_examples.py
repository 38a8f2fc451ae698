"""Glue of rule `variant_examples`."""

import json

import numpy as np
import polars as pl

from clca import artifacts, schemas
from clca.config import CONTROLS
from clca.progress import start_logging
from clca.quality import QualitySettings, check
from clca.survey import questionnaire
from clca.training.examples import build
from clca.training.variants import Data, Training, matched, problems

start_logging(snakemake.log[0])
given, params, name = snakemake.input, snakemake.params, snakemake.wildcards.variant
variant = json.loads(params.variant)
corpus, (task, *_), joined = variant["corpus"], variant["tasks"], variant.get("joined", 1)
rng = np.random.default_rng(int(snakemake.wildcards.seed))
if corpus in CONTROLS:
    table = artifacts.read(given.problems, schemas.Problem)
    made = problems(table, task, joined, params.heldout_share, rng)
else:
    none = pl.DataFrame(schema=schemas.Intent.dtypes())
    played = (
        artifacts.read(given.scenarios, schemas.AdaptedScenario),
        artifacts.read(given.dialogues, schemas.Utterance),
        artifacts.read(given.intents, schemas.Intent) if given.intents else none,
    )
    survey = [questionnaire.load(path) for path in given.questionnaires]
    check(*played, survey, QualitySettings(**snakemake.config["quality"]), given.dialogues)
    made = build(
        *played,
        variant["tasks"],
        json.loads(params.culture)["name"],
        params.heldout_share,
        rng,
    )
data = Data(
    examples="examples.jsonl",
    corpus=corpus,
    origin=params.origin,
    filtered=variant.get("filter", True),
    joined=joined,
)
if given.clca:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(given.model.removesuffix(".json"))
    clca = artifacts.read(given.clca, schemas.Example)
    training = Training(tokenizer, **json.loads(params.training))
    made, found, wanted = matched(made, task, clca, training, params.heldout_share, rng, name)
    data = data.model_copy(
        update={
            "cut": found.turns,
            "accumulation": found.accumulation,
            "matched": {
                "seed": params.clca_seed,
                "wanted_tokens": wanted.tokens,
                "tokens": found.tokens,
                "steps": wanted.steps,
            },
        }
    )
artifacts.write(made, snakemake.output.examples, schemas.Example)
artifacts.write_record(data.model_dump(), snakemake.output.data, Data)
