"""Rows with a language model: answers, dialogue turns, judgements, intents, beside one prompt at a time."""

from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from bench_row import Done, Goal, Row
from model_sides import MODEL, OneByOne, Ours, demo
from roofline import MatrixProducts, operations

if TYPE_CHECKING:
    from measure import Line, Measured

ROOT = Path(__file__).parents[2]
ITEMS = 44
TOLD = 2200
"""Answers of the line with load: 50 personas."""


def personas(count: int, seed: int) -> Any:
    """`Persona` rows, drawn from published shares; of another seed they are others."""
    import numpy as np

    from clca.survey.personas import draw
    from clca.survey.summary import from_shares

    about = [ROOT / f"workflow/resources/{name}.csv" for name in ("wvs7_marginals", "demographics")]
    respondents, _ = from_shares(*about, "japan", ["JPN"], max(count, 100), seed)
    return draw(respondents, count, np.random.default_rng(seed))


def conversations(people: Any) -> list[list[dict[str, str]]]:
    """Every persona's 44 prompts, as `clca.survey.answers` asks them."""
    from clca.survey.personas import render
    from clca.survey.questionnaire import render_question

    shown = questionnaire()
    return [
        [
            {"role": "system", "content": render(row, shown, country_name="Japan")},
            {"role": "user", "content": render_question(item, shown)},
        ]
        for row in people.to_dicts()
        for item in shown.items
    ]


def questionnaire() -> Any:
    """The English one."""
    from clca.survey.questionnaire import load

    return load(ROOT / "config/questionnaire/en.yaml")


class Answers(Ours):
    """All items of `size` personas, the likeliest option each."""

    def prepare(self, size: int, number: int) -> Any:
        return personas(size, number), self.fresh(size, number)

    def work(self, prepared: Any) -> Done:
        from clca.survey.answers import persona_answers

        people, engine = prepared
        return Done(len(persona_answers("persona", people, "Japan", questionnaire(), engine)))

    def facts(self, prepared: Any) -> dict[str, float]:
        from roofline import unshared
        from transformers import AutoTokenizer

        from clca.chat import prepared as shown
        from clca.chat import rendered

        tokenizer = AutoTokenizer.from_pretrained(MODEL.with_suffix(""))
        texts = [rendered(shown(one, tokenizer), tokenizer, True) for one in conversations(prepared[0])]
        prompts = tokenizer(texts, add_special_tokens=False)["input_ids"]
        new = unshared(prompts)[0]
        figures = {"bounded": operations(prompts, MODEL.with_suffix("")), "unshared tokens": new / len(prompts)}
        return figures | {"prompt tokens": sum(map(len, prompts)) / len(prompts)}


class AnswersOneByOne(OneByOne):
    """`size` answers as the published code takes them: greedy, up to 500 tokens, the option parsed from the reply."""

    def prepare(self, size: int, number: int) -> Any:
        return conversations(personas(-(-size // ITEMS), number))[:size]

    def work(self, prepared: Any) -> Done:
        from reference.one_by_one import survey_answers

        return Done(len(survey_answers(self.generator, prepared)))


class Turns(Ours):
    """`size` dialogues side by side, three turns each."""

    turns = 3

    def prepare(self, size: int, number: int) -> Any:
        from bench_dialogues import scenarios

        return scenarios(size, 100 * number), self.fresh(size, number)

    def work(self, prepared: Any) -> Done:
        from bench_dialogues import JAPAN

        from clca.dialogues import DialogueSettings, played

        config = demo()["dialogues"] | {"takes": 1, "turns": self.turns, "attempts": 4, "seed": 42}
        dialogues = played(prepared[0], JAPAN, prepared[1], DialogueSettings(**config))
        return Done(sum(len(dialogue.turns) for dialogue in dialogues))


class TurnsOneByOne(OneByOne):
    """`size` turns: one dialogue after the other, one turn at a time."""

    def prepare(self, size: int, number: int) -> Any:
        from bench_dialogues import scenarios

        return scenarios(-(-size // Turns.turns), 100 * number), size

    def work(self, prepared: Any) -> Done:
        from bench_dialogues import JAPAN
        from reference.role_play import play

        scenarios, size = prepared
        sampling = demo()["dialogues"]["sampling"]
        return Done(play(self.generator, scenarios.to_dicts(), JAPAN, Turns.turns, size, sampling))


class Judgements(Ours):
    """Both verdicts on `size` dialogues of eight turns."""

    replies = 2

    def prepare(self, size: int, number: int) -> Any:
        from bench_dialogues import scenarios, utterances

        played = scenarios(size, 100 * number)
        return played, utterances(played), self.fresh(size, number)

    def work(self, prepared: Any) -> Done:
        from bench_dialogues import JAPAN

        from clca.judging import JudgeSettings, judge

        scenarios, played, engine = prepared
        settings = JudgeSettings(**demo()["judging"] | {"attempts": 4, "seed": 42})
        verdicts = judge(scenarios, played, JAPAN, "smollm2", engine, settings)
        return Done(sum(len(verdicts) - verdicts[label].null_count() for label in ("quality", "meta")))


class Intents(Ours):
    """The intents behind all turns of `size` dialogues of eight turns."""

    replies = 8

    def prepare(self, size: int, number: int) -> Any:
        from bench_dialogues import scenarios, utterances

        played = scenarios(size, 100 * number)
        return played, utterances(played), self.fresh(size, number)

    def work(self, prepared: Any) -> Done:
        from bench_dialogues import JAPAN

        from clca.intents import IntentSettings, annotate

        scenarios, played, engine = prepared
        settings = IntentSettings(**demo()["intents"] | {"attempts": 4, "seed": 42})
        found = annotate(scenarios, played, JAPAN, engine, settings)
        return Done(len(found) - found["intent"].null_count())


class RepliesOneByOne(OneByOne):
    """`size` replies to the prompts of ours, free text of at most the same length, one at a time."""

    stage: type[Judgements] | type[Intents]
    section: str

    def prepare(self, size: int, number: int) -> Any:
        from reference.one_by_one import Recorder

        # Ours with an engine that only listens: the prompts are the same.
        recorder, side = Recorder(), self.stage(self.folder)
        side.fresh = lambda *_: recorder
        side.work(side.prepare(-(-size // side.replies), number))
        return recorder.asked[:size]

    def work(self, prepared: Any) -> Done:
        sampling = demo()[self.section]["sampling"]
        for messages in prepared:
            self.generator.sampled(messages, sampling)
        return Done(len(prepared))


class JudgementsOneByOne(RepliesOneByOne):
    """Of the judge."""

    stage, section = Judgements, "judging"


class IntentsOneByOne(RepliesOneByOne):
    """Of the teacher."""

    stage, section = Intents, "intents"


def with_load(measured: "Measured") -> list["Line"]:
    """The line of 2,200 answers from the start of the process: the load measured once, the rate of each round."""
    from measure import Line, ratio

    ours, reference = measured.ours, measured.reference
    assert reference is not None
    mine, theirs = ([ran.load + TOLD / call.rate for call in ran.calls] for ran in (ours, reference))
    figures = {"rate": TOLD / median(mine), "seconds": median(mine), "load": ours.load}
    figures |= {"reference rate": TOLD / median(theirs), "reference seconds": median(theirs)}
    figures |= {"reference load": reference.load} | ratio([b / a for a, b in zip(mine, theirs, strict=True)])
    return [
        Line(
            "answers_load",
            f"survey answers with model load, {TOLD:,} (load + rate)",
            "answer",
            figures,
            (Goal("ratio", ">=", 60),),
        )
    ]


ROWS = [
    Row(
        "answers",
        "survey answers, warm",
        "answer",
        ours=Answers,
        size=6,
        growth=(2, 3, 6),
        quick=1,
        reference=AnswersOneByOne,
        reference_size=7,
        goals=(Goal("ratio", ">=", 100, native=250), Goal("bound share", ">=", 0.85)),
        bound=MatrixProducts,
        model=True,
        derived=with_load,
    ),
    Row(
        "turns",
        "dialogue turns, 64 dialogues at a time",
        "turn",
        ours=Turns,
        size=64,
        growth=(16, 32, 64),
        quick=2,
        reference=TurnsOneByOne,
        reference_size=7,
        goals=(Goal("ratio", ">=", 10),),
        model=True,
    ),
    Row(
        "judgements",
        "judgements, 64 dialogues of eight turns",
        "verdict",
        ours=Judgements,
        size=64,
        growth=(16, 32, 64),
        quick=1,
        reference=JudgementsOneByOne,
        reference_size=7,
        goals=(Goal("ratio", ">=", 10),),
        model=True,
    ),
    Row(
        "intents",
        "intents, 16 dialogues of eight turns",
        "intent",
        ours=Intents,
        size=16,
        growth=(4, 8, 16),
        quick=1,
        reference=IntentsOneByOne,
        reference_size=7,
        goals=(Goal("ratio", ">=", 10),),
        model=True,
    ),
]
