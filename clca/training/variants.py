"""Examples of the variants of `clca`: parts of its data, and other data that are matched with it.

What `clca` itself learns is made by `clca.training.examples` alone.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from clca import artifacts
from clca.errors import InputError
from clca.schemas import Example
from clca.training.matching import Candidate, Match, Target, match, target


class Data(BaseModel):
    """What a variant is trained on: beside its examples, for the training and the adapter's card.

    Attributes:
        examples: Name of the table of `Example` rows in the same folder.
        corpus: Where the conversations come from.
        origin: Of a control: `generated`, a file's name, or a data set of the hub and its commit.
        filtered: Whether a judge had its say.
        joined: Problems in one example.
        cut: Assistant turns after which conversations were cut to match; null where they are whole.
        accumulation: Batches a step; null for the configured number.
        matched: Tokens and steps of an epoch of `clca`, and the tokens here; null where nothing is matched.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    examples: str = Field(min_length=1, pattern="^[^/]+$")
    corpus: str
    origin: str | None = None
    filtered: bool = True
    joined: int = Field(default=1, ge=1)
    cut: int | None = Field(default=None, ge=1)
    accumulation: int | None = Field(default=None, ge=1)
    matched: dict[str, int] | None = None

    @classmethod
    def of(cls, variant: Mapping[str, Any], origin: str | None) -> Self:
        """What the configuration says of a variant."""
        return cls(
            examples="examples.jsonl",
            corpus=variant["corpus"],
            origin=origin,
            filtered=variant.get("filter", True),
            joined=variant.get("joined", 1),
        )

    def with_match(self, found: Match, wanted: Target, seed: int) -> Self:
        """The same, and what was matched with examples of `clca` that were drawn with a seed."""
        counts = {"seed": seed, "wanted_tokens": wanted.tokens, "tokens": found.tokens, "steps": wanted.steps}
        return self.model_copy(update={"cut": found.turns, "accumulation": found.accumulation, "matched": counts})


class Training(NamedTuple):
    """What matching has to know of a student's training."""

    tokenizer: Any
    max_length: int
    batch_size: int
    accumulation: int

    @classmethod
    def of(cls, model: str, settings: Mapping[str, int]) -> Self:
        """Of the student whose weights and tokeniser are in a folder."""
        from transformers import AutoTokenizer

        return cls(AutoTokenizer.from_pretrained(model), **settings)


def problems(
    table: pl.DataFrame, task: str, joined: int, heldout_share: float, rng: np.random.Generator
) -> tuple[list[Candidate], pl.DataFrame]:
    """A control's problems in random order as candidates, and those held out as `Example` rows.

    Args:
        table: `Problem` rows.
        task: Of the examples.
        joined: Problems in one example; what is left over is left out.
        heldout_share: Share of the examples that is held out; at least one is, and at least one is not.
        rng: Decides the order.

    Raises:
        InputError: There are fewer than two examples.
    """
    rows = [table.row(int(index), named=True) for index in rng.permutation(len(table))]
    groups = [rows[start : start + joined] for start in range(0, len(rows) - joined + 1, joined)]
    made = [
        Candidate("+".join(row["problem_id"] for row in group), [row["messages"] for row in group]) for group in groups
    ]
    if len(made) < 2:
        raise InputError(f"examples: {len(made)} examples of problems, and training and held-out data need one each")
    heldout = min(max(1, round(heldout_share * len(made))), len(made) - 1)
    told = [_row(one, task, "heldout", None) for one in made[:heldout]]
    return made[heldout:], pl.DataFrame(told, schema=Example.dtypes())


def matched(
    made: pl.DataFrame | tuple[list[Candidate], pl.DataFrame],
    task: str,
    clca: pl.DataFrame,
    training: Training,
    heldout_share: float,
    rng: np.random.Generator,
    name: str,
) -> tuple[pl.DataFrame, Match, Target]:
    """Examples with as many tokens and steps as `clca`, and as large a share of them held out.

    Args:
        made: `Example` rows, of which those for training are chosen from; or what `problems` gives.
        task: Of a control's examples.
        clca: The `Example` rows to match.
        training: How the student is trained.
        heldout_share: Of all examples.
        rng: Decides which are looked at first.
        name: The variant, for messages.

    Returns:
        `Example` rows, what was chosen, and what `clca` has.

    Raises:
        InputError: The data are too few, or cannot be matched.
    """
    if isinstance(made, pl.DataFrame):
        rows = {row["example_id"]: row for row in made.filter(pl.col("split") == "train").to_dicts()}
        order = [list(rows)[int(index)] for index in rng.permutation(len(rows))]
        candidates = [Candidate(name, [rows[name]["messages"]]) for name in order]
        heldout = made.filter(pl.col("split") == "heldout")
    else:
        rows = {}
        candidates, heldout = made
    wanted = target(clca, training.tokenizer, training.max_length, training.batch_size, training.accumulation)
    found = match(candidates, wanted, training.batch_size, training.tokenizer, training.max_length, name)
    chosen = [
        rows[one.example_id] | {"messages": one.messages(found.turns)}
        if rows
        else _row(one, task, "train", found.turns)
        for one in found.chosen
    ]
    count = max(1, round(heldout_share / (1 - heldout_share) * len(chosen)))
    return pl.concat([pl.DataFrame(chosen, schema=Example.dtypes()), heldout.head(count)]), found, wanted


def file_of(data: str | Path) -> tuple[Path, Data]:
    """The table that a variant's `Data` names, and the `Data`."""
    record = Data.model_validate(artifacts.read_record(data, Data))
    return Path(data).with_name(record.examples), record


def _row(one: Candidate, task: str, split: str, turns: int | None) -> dict[str, Any]:
    """An example of a control."""
    row = {"example_id": one.example_id, "task": task, "scenario_id": one.example_id, "take": 1, "side": None}
    return row | {"split": split, "messages": one.messages(turns)}
