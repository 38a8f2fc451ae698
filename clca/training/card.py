"""The model card of an adapter: what it was trained on, how, how far it got, and what it must not be used for."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict, Field


class Origin(BaseModel):
    """What an adapter belongs to: names for its card and configuration, never a path of a machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: str = Field(min_length=1, pattern="^[^/]")
    revision: str | None = None
    license: str | None = None
    culture: str = Field(min_length=1)
    tasks: tuple[str, ...] = ("perspective", "intent")


def card(
    origin: Origin, counts: pl.DataFrame, settings: Mapping[str, Any], log: Sequence[Mapping[str, Any]], notes: str
) -> str:
    """The card's Markdown, with the hub's metadata first; the same for the same training.

    Args:
        origin: Base model and culture.
        counts: Columns `task`, `split`, `examples`.
        settings: Hyperparameters by name.
        log: Lines of the training log, in order.
        notes: One sentence on examples that were cut or left out.
    """
    metadata = {"base_model": origin.base, "library_name": "peft", "tags": ["lora", "trl", "sft"]}
    if origin.license:
        metadata["license"] = origin.license
    # JSON values are YAML, so a name with a colon cannot break the metadata.
    head = "\n".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in metadata.items())
    return f"""---
{head}
---

# {origin.base} adapted to the culture of {origin.culture}

A LoRA adapter made by Cultural Learning-Based Culture Adaptation (CLCA, ACL 2025, arXiv 2504.02953): supervised
fine-tuning on simulated social dialogues and on the intents behind their turns.

- Base model: {origin.base}, revision {origin.revision or "not pinned"}
- Culture: {origin.culture}
- Tasks: {", ".join(origin.tasks)}

## Data

{_table(("task", "split", "examples"), counts.select("task", "split", "examples").rows())}

The dialogues were written by a language model and filtered by a language model; no person's answers to a survey are
among them. {notes}

## Losses

{_losses(log)}

Losses are means over the assistant's tokens, in nats. The held-out data are other scenarios than the training data.

## Hyperparameters

{_table(("name", "value"), [(key, json.dumps(value)) for key, value in sorted(settings.items())])}

## Licence

The adapter is a derivative of its base model: {_licence(origin)} The terms of the teacher model that wrote
the dialogues may also bind whoever shares it.

## Intended use

Research on how language models represent cultures: to be loaded with `peft.PeftModel.from_pretrained` and compared
with its base model on questions about values.

## Limits

- The culture is that of simulated dialogues in English: they can carry stereotypes of the models that wrote and
  judged them.
- A culture is no person. Do not use the model to predict, rank or decide about people, or to speak for a group.
- A closer match with survey answers is a proxy, and no proof that a culture is understood.
"""


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in lines)


def _losses(log: Sequence[Mapping[str, Any]]) -> str:
    """First and last training loss, and every held-out loss."""
    steps = [row for row in log if "loss" in row]
    shown = [("training", row["step"], f"{row['loss']:.4f}") for row in (steps[:1] + steps[1:][-1:])]
    shown += [("held-out", row["step"], f"{row['heldout_loss']:.4f}") for row in log if "heldout_loss" in row]
    return _table(("data", "step", "loss"), shown)


def _licence(origin: Origin) -> str:
    known = f"its licence ({origin.license})" if origin.license else "its licence"
    return f"{known} holds for the adapter too."
