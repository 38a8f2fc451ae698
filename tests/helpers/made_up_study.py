"""A study's folder with all that models would make, made up: what follows from it is Snakemake's and ours."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import polars as pl

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from clca import artifacts, schemas  # noqa: E402
from clca.survey.columns import ITEMS  # noqa: E402
from clca.survey.questionnaire import OPTION_COUNTS  # noqa: E402

# Rules that ask a model or train, and those between them that need no model but what such rules made.
LEARNT = {"adapted_scenarios", "dialogues", "judgements", "filtered", "intents", "examples", "adapter", "model"}
# Files of these rules that have rows of their own.
TABLES = ("adapted_scenarios", "dialogues", "filtered", "dropped", "intents", "training_log")


def fill(records: list[dict], folder: Path, seed: int = 1) -> None:
    """Make up every output of planned jobs that a model is behind; the personas are there.

    Args:
        records: As `workflow/jobs.py` prints them.
        folder: Where the workflow runs.
        seed: Of the answers.
    """
    rng = np.random.default_rng(seed)
    made = [record for record in records if record["rule"] in LEARNT or "answers" in record["rule"]]
    paths = []
    for record in sorted(made, key=lambda record: record["output"]["values"]):
        for name in record["output"]["values"]:
            paths.append(folder / name)
            paths[-1].parent.mkdir(parents=True, exist_ok=True)
            _write(record, paths[-1], rng)
        if record["benchmark"]:
            paths.append(folder / record["benchmark"])
            paths[-1].parent.mkdir(parents=True, exist_ok=True)
            paths[-1].write_text(json.dumps({"s": 60.0}) + "\n")
    # All as old: nothing is newer than what was made of it.
    times = max(path.stat().st_mtime for path in paths)
    for path in paths:
        os.utime(path, (times, times))


def answers(method: str, respondents: list[str | None], rng: np.random.Generator) -> pl.DataFrame:
    """`Answer` rows, drawn from shares of the method's own that lean to the first option."""
    rows = []
    for question in ITEMS:
        k = OPTION_COUNTS[question]
        lean = rng.dirichlet(np.linspace(3, 1, k))
        for respondent in respondents:
            logprobs = np.log(lean) + rng.gumbel(size=k)
            option = int(np.argmax(logprobs)) + 1
            row = {"method": method, "respondent": respondent, "question": question, "option": option}
            rows.append(row | {"logprobs": logprobs.tolist(), "option_mass": 0.5})
    return pl.DataFrame(rows, schema=schemas.Answer.dtypes())


def _write(record: dict, path: Path, rng: np.random.Generator) -> None:
    culture, rule = record["wildcards"].get("culture"), record["rule"]
    if "answers" in rule:
        personas = pl.read_parquet(path.parents[3] / "survey" / culture / "personas.parquet")["respondent"].to_list()
        asked = record["params"]["names"].get("personas")
        respondents = [None] if path.parent.name == "cultural" else personas[:asked]
        artifacts.write(answers(path.parent.name, respondents, rng), path, schemas.Answer)
    elif rule == "model":
        artifacts.write_json({"name": "m", "revision": "r" * 40, "license": "l"}, path)
    elif path.suffix == ".jsonl" and path.stem in TABLES:
        path.write_text("".join(json.dumps(row) + "\n" for row in _rows(path.stem, culture)))
    else:
        path.write_text("made up\n")


def _rows(kind: str, culture: str) -> list[dict]:
    key = {"culture": culture, "scenario_id": "s1"}
    if kind == "adapted_scenarios":
        person = {
            "name": "n",
            "age": 30,
            "gender": "g",
            "occupation": "o",
            "background": "b",
            "goal": "g",
            "secret": "s",
        }
        both = {f"{side}_{name}": value for side in "ab" for name, value in person.items()}
        about = {"source": "seed", "source_id": "x", "author": "m", "topic": "t", "setting": "s", "relationship": "r"}
        return [key | about | both]
    if kind == "training_log":
        held_out = [{"step": step, "heldout_loss": 3 - step / 20} for step in (5, 10)]
        return [{"step": step, "loss": 3 - step / 10, "learning_rate": 0.1} for step in range(1, 11)] + held_out
    if kind == "dropped":
        return [{"scenario_id": "s1", "take": 2, "reason": "quality bad"}]
    takes = (1, 2) if kind == "dialogues" else (1,)
    turns = [key | {"take": take, "turn": turn} for take in takes for turn in (1, 2)]
    if kind == "intents":
        return [row | {"intent": "to greet", "relation": "generic"} for row in turns]
    said = {"exchange": 1, "name": "n", "action": "speak", "utterance": "Good morning to you.", "ended": "limit"}
    return [row | {"speaker": "ab"[row["turn"] - 1]} | said for row in turns]
