"""The row of training: tokens a second, beside a plain `Trainer` without packing."""

from typing import Any

from bench_row import Done, Goal, Row, Side
from model_sides import MODEL, demo

BATCH, DIALOGUES = 4, 24
"""Examples a step, and dialogues that they are made of, three each."""


def examples() -> Any:
    """`Example` rows of made-up dialogues, as rule `examples` makes them."""
    import numpy as np
    from bench_dialogues import JAPAN, intents, scenarios, utterances

    from clca.training.examples import build

    played = scenarios(DIALOGUES)
    said = utterances(played)
    tasks = ["perspective", "intent"]
    # As little held out as can be: it is not what is measured.
    return build(played, said, intents(said), tasks, JAPAN.name, 1 / DIALOGUES, np.random.default_rng(1))


class Counted:
    """Counts the tokens of the trainer's batches, padding left out, and the time, both after the first step."""

    def __init__(self) -> None:
        from transformers import Trainer

        self.tokens = self.after = 0
        self.times: list[float] = []
        plain = Trainer.training_step

        def training_step(trainer: Any, model: Any, inputs: Any, *rest: Any, **named: Any) -> Any:
            mask = inputs.get("attention_mask")
            self.tokens += int(inputs["input_ids"].numel() if mask is None else mask.sum())
            return plain(trainer, model, inputs, *rest, **named)

        Trainer.training_step = training_step  # type: ignore[method-assign]

    def start(self) -> None:
        self.tokens, self.after, self.times = 0, 0, []

    def step(self) -> None:
        """Called after each optimiser step: the first one chooses kernels and is not counted."""
        from time import perf_counter

        self.times.append(perf_counter())
        if len(self.times) == 1:
            self.after = self.tokens

    def done(self) -> Done:
        return Done(self.tokens - self.after, seconds=self.times[-1] - self.times[0])


class Training(Side):
    """`size` steps of ours after the first, with the demo's settings."""

    def load(self) -> None:
        from clca import node

        node.settle({})
        self.counted = Counted()

    def prepare(self, size: int, number: int) -> Any:
        from clca.training.finetune import Settings

        config = {name: value for name, value in demo()["training"].items() if name in Settings.model_fields}
        config |= {"max_steps": size + 1, "save_steps": 1000, "seed": number}
        return examples(), Settings(**config), self.folder / f"{number}-{size}"

    def work(self, prepared: Any) -> Done:
        from clca.training.card import Origin
        from clca.training.finetune import finetune

        rows, settings, folder = prepared
        self.counted.start()
        origin = Origin(base="smollm2", culture="Japan")
        finetune(
            rows,
            MODEL.with_suffix(""),
            folder / "adapter",
            settings,
            folder / "checkpoints",
            origin,
            on_step=lambda *_: self.counted.step(),
        )
        return self.counted.done()


class TrainingPlainly(Training):
    """The same adapter, examples and examples a step with `transformers.Trainer`."""

    def work(self, prepared: Any) -> Done:
        from reference.plain_trainer import train

        rows, settings, folder = prepared
        self.counted.start()
        train(rows, MODEL.with_suffix(""), folder, settings, BATCH, self.counted.step)
        return self.counted.done()


ROWS = [
    Row(
        "training",
        "training, LoRA on all linear layers",
        "token",
        ours=Training,
        size=3,
        growth=(1, 2, 3),
        quick=1,
        reference=TrainingPlainly,
        goals=(Goal("ratio", ">=", 2),),
        model=True,
    )
]
