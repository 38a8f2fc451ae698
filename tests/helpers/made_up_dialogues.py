"""A culture's artifacts and journals as the real stages make them, of an engine that makes its replies up."""

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from clca import artifacts, schemas
from clca.culture import Traits
from clca.dialogues import DialogueSettings, Turn, play
from clca.engines.base import ChatRequest, Completion, OnDone, Sampling, ignore, one_by_one
from clca.engines.journal import Journal, Journaled
from clca.filtering import FilterSettings, split
from clca.intents import IntentSettings, TurnIntent, annotate
from clca.judging import JudgeSettings, MetaVerdict, Verdict, judge
from clca.schemas import CONFIDENCES
from clca.training.examples import build

LINES = """
tea garden meeting neighbour station letter promise morning gift shoes table elder apology train dinner manager
festival school bow silence umbrella visit harbour market lantern cousin paper window kitchen river bell winter
please perhaps today already quietly together before after with without because although soon never always again
bring wait ask thank offer refuse accept carry repair forget remember decide listen answer open close share keep
small late warm formal careful honest tired busy grateful sorry ready certain different proper quiet new old
"""
WORDS = LINES.split()
SETTINGS = {"attempts": 2, "sampling": Sampling(), "seed": 1}
Change = Callable[[ChatRequest, dict[str, Any]], Any]


class MadeUp:
    """An engine whose replies follow from each request's seed; `change` may give others, also such that do not fit."""

    def __init__(self, change: Change = lambda request, reply: reply, words: int = 12) -> None:
        self._change, self._words = change, words

    def chat(self, requests: Sequence[ChatRequest], on_done: OnDone = ignore) -> list[Completion]:
        return one_by_one(requests, on_done, self._reply)

    def _reply(self, request: ChatRequest) -> Completion:
        reply = self._change(request, _reply(request, random.Random(request.seed), self._words))
        return Completion(reply if isinstance(reply, str) else json.dumps(reply), "stop", 1, 1)

    def choose(self, requests, on_done=ignore):
        raise NotImplementedError


def sentence(rng: random.Random, words: int) -> str:
    """About so many words."""
    count = rng.randint(max(1, words // 2), words * 3 // 2)
    return " ".join(rng.choices(WORDS, k=count)).capitalize() + "."


def scenarios(number: int, culture: str = "japan", seed: int = 1) -> list[dict[str, Any]]:
    """`AdaptedScenario` rows."""
    rng = random.Random(seed)
    rows = []
    for place in range(1, number + 1):
        people = {}
        for side in schemas.SIDES:
            name = " ".join(rng.choices(WORDS, k=2)).title()
            people |= {f"{side}_name": name, f"{side}_age": rng.randint(20, 80), f"{side}_gender": "female"}
            people |= {f"{side}_occupation": rng.choice(WORDS)}
            people |= {f"{side}_{field}": sentence(rng, 12) for field in ("background", "goal", "secret")}
        name = f"{culture}-seed-{place:03}"
        head = {"culture": culture, "scenario_id": name, "source": "seed", "source_id": name, "author": "made-up"}
        about = {"topic": rng.choice(WORDS), "setting": sentence(rng, 30), "relationship": "neighbours"}
        rows.append(head | about | people)
    return rows


def make(
    folder: Path,
    rows: list[dict[str, Any]],
    culture: Traits,
    takes: int = 2,
    turns: int = 6,
    words: int = 12,
    change: Change = lambda request, reply: reply,
) -> dict[str, Path]:
    """Play, judge, filter and annotate scenarios, make examples, and write all of it and the journals.

    Returns:
        Paths by the names of the rule's inputs, and `journal`, that of the dialogues.
    """
    names = ("scenarios", "dialogues", "judgements", "filtered", "dropped", "intents", "examples")
    paths = {name: folder / f"{name}.jsonl" for name in names} | {"journal": folder / "journal/dialogues"}

    def engine(stage: str) -> Journaled:
        return Journaled(lambda: MadeUp(change, words), "made-up", Journal(folder / "journal" / stage))

    scenes = pl.DataFrame(rows)
    dialogues = play(scenes, culture, engine("dialogues"), DialogueSettings(takes=takes, turns=turns, **SETTINGS))
    judgements = judge(scenes, dialogues, culture, "made-up", engine("judgements"), JudgeSettings(**SETTINGS))
    confidence = ["very confident"]
    kept, dropped = split(
        dialogues, judgements, FilterSettings(quality=True, meta=True, confidence=confidence, min_kept=1)
    )
    intents = annotate(scenes, kept, culture, engine("intents"), IntentSettings(**SETTINGS))
    tasks = ("perspective", "intent")
    examples = build(scenes, kept, intents, tasks, culture.name, 0.1, np.random.default_rng(1))
    tables = (scenes, dialogues, judgements, kept, dropped, intents, examples)
    kinds = ("AdaptedScenario", "Utterance", "Judgement", "Utterance", "Dropped", "Intent", "Example")
    for name, table, kind in zip(names, tables, kinds, strict=True):
        artifacts.write(table, paths[name], getattr(schemas, kind))
    return paths


def _reply(request: ChatRequest, rng: random.Random, words: int) -> dict[str, Any]:
    sure, good = rng.choice(CONFIDENCES), rng.random() < 0.6
    if request.schema is Turn:
        action = rng.choices(
            ("speak", "non-verbal", "none", "leave"), (40, 4, 1, 1 if request.seed_parts[3] > 3 else 0)
        )
        # Models like to begin and end with a space.
        space = rng.choice(("", "", " ", "\n"))
        return {"action": action[0], "utterance": f"{space}{sentence(rng, words)}{space}"}
    if request.schema is Verdict:
        fits = "aligned" if rng.random() < 0.8 else "not aligned"
        labels = {"quality": "good" if good else "bad", "quality_confidence": sure}
        return {"reasons": sentence(rng, 20)} | labels | {"adherence": fits, "adherence_confidence": sure}
    if request.schema is MetaVerdict:
        return {"critique": sentence(rng, 15), "meta": "good" if good else "bad", "meta_confidence": sure}
    assert request.schema is TurnIntent
    return {"relation": rng.choices(("generic", "cultural"), (4, 1))[0], "intent": sentence(rng, words)}
