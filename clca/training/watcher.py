"""What happens beside training's steps: held-out losses, checkpoints and their marks, progress."""

import logging
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from clca.errors import InputError
from clca.progress import Progress
from clca.training.deadline import Deadline

log = logging.getLogger(__name__)

COMPLETE = "complete"
"""File in a checkpoint that was written to its end."""

OnStep = Callable[[int, int], None]


def watcher(key: str, on_step: OnStep | None, deadline: Deadline) -> Any:
    """A callback that asks for held-out losses and a last checkpoint, marks complete ones and tells the progress.

    Args:
        key: What a checkpoint is marked with: hash of all that decides the run.
        on_step: Called with (step, of) after each optimiser step.
        deadline: When a last checkpoint is due.
    """
    from accelerate.utils import broadcast_object_list, wait_for_everyone
    from transformers import TrainerCallback

    progress: list[Progress] = []

    def on_train_begin(_: Any, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        deadline.lap()
        progress.append(Progress("adapter", state.max_steps - state.global_step, "step"))

    def on_step_end(_: Any, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        deadline.stepped()
        # The first process's clock decides for all: they save together.
        if deadline.end is not None and broadcast_object_list([deadline.due()])[0]:
            control.should_save = True
        # At the step, not at the epoch's end, so that a checkpoint of that step has the loss in its history.
        if float(state.epoch).is_integer() or state.global_step >= state.max_steps:
            control.should_evaluate = True
        if state.global_step >= state.max_steps:
            # The trainer takes a step too many when it goes on from the last one, and the adapter follows at once.
            control.should_save = False
        if state.is_world_process_zero:
            progress[0].advance()
        if on_step is not None:
            on_step(state.global_step, state.max_steps)

    def on_log(_: Any, args: Any, state: Any, control: Any, logs: Mapping[str, float], **kwargs: Any) -> None:
        deadline.lap()
        if not math.isfinite(logs.get("loss", 0.0)):
            raise InputError(
                f"adapter: the loss at step {state.global_step} is {logs['loss']}; lower training.learning_rate, "
                "or set training.precision to bf16 or fp32"
            )
        if "eval_loss" in logs and state.is_world_process_zero:
            log.info("adapter: step %d, held-out loss %.4f", state.global_step, logs["eval_loss"])

    def on_evaluate(_: Any, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        deadline.lap()

    def on_save(_: Any, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        # Each process writes the state of its random numbers.
        wait_for_everyone()
        if state.is_world_process_zero:
            (Path(args.output_dir) / f"checkpoint-{state.global_step}" / COMPLETE).write_text(key)
        deadline.saved()

    methods = {"on_train_begin": on_train_begin, "on_step_end": on_step_end, "on_log": on_log}
    return type("Watcher", (TrainerCallback,), methods | {"on_evaluate": on_evaluate, "on_save": on_save})()
