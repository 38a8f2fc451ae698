"""Loss masks: which tokens of a conversation the assistant itself writes, for any chat template.

The conversation is rendered once, the template's prompt up to each assistant turn tells where the turn starts, and
the tokenizer's offsets carry the characters over to tokens. No generation markers in the template are needed.
"""

import logging
from collections.abc import Sequence
from typing import Any

import polars as pl

from clca.chat import prepared, rendered, special_tokens
from clca.errors import InputError

log = logging.getLogger(__name__)

Messages = Sequence[dict[str, str]]
Row = dict[str, list[int]]


def tokenised(examples: pl.DataFrame, tokenizer: Any, max_length: int) -> tuple[dict[str, list[Row]], str]:
    """Rows to train on, by split, and a sentence on what did not fit.

    An example of more than `max_length` tokens loses turns from its end, back to an assistant's turn that fits; one
    whose first assistant turn does not fit is left out. Both are logged with their ids.

    Returns:
        `{"train": rows, "heldout": rows}`, a row with `input_ids` and `labels` (-100 where there is no loss).

    Raises:
        InputError: A split is empty.
    """
    rows: dict[str, list[Row]] = {"train": [], "heldout": []}
    cut: list[str] = []
    dropped: list[str] = []
    for example in examples.to_dicts():
        ends = [end for end, message in enumerate(example["messages"], start=1) if message["role"] == "assistant"]
        for end in reversed(ends):
            ids, mask = tokenise(example["messages"][:end], tokenizer)
            if len(ids) <= max_length:
                labels = [token if on else -100 for token, on in zip(ids, mask, strict=True)]
                rows[example["split"]].append({"input_ids": ids, "labels": labels})
                if end < ends[-1]:
                    cut.append(example["example_id"])
                break
        else:
            dropped.append(example["example_id"])
    for split, kept in rows.items():
        if not kept:
            raise InputError(
                f"examples: none of split {split!r} fits training.max_length = {max_length}; raise it or make more data"
            )
    for what, which in (("cut at a turn", cut), ("left out", dropped)):
        if which:
            log.warning("adapter: %d examples over %d tokens %s: %s", len(which), max_length, what, ", ".join(which))
    notes = f"Of {len(examples)} examples, {len(cut)} were cut at a turn to fit {max_length} tokens"
    return rows, f"{notes} and {len(dropped)} did not fit at all."


def tokenise(messages: Messages, tokenizer: Any) -> tuple[list[int], list[int]]:
    """Tokens of a conversation and the mask of those that the assistant writes.

    The mask covers each assistant turn from where the template's prompt ends, end-of-turn token included, role
    headers excluded.

    Args:
        messages: `role` and `content` of each; at most one system message, first.
        tokenizer: A fast tokenizer of `transformers` with a chat template.

    Returns:
        `input_ids` and `assistant_mask` (0 or 1), of equal length.

    Raises:
        InputError: The tokenizer has no template, or one that does not show the turns as they are.
    """
    shown = prepared(messages, tokenizer)
    text = rendered(shown, tokenizer)
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    ids, offsets = encoded["input_ids"], encoded["offset_mapping"]
    closing = set(special_tokens(tokenizer).values())
    mask = [0] * len(ids)
    for start, end in _turns(shown, text, tokenizer):
        for index, (left, right) in enumerate(offsets):
            if right > start and left < end:
                mask[index] = 1
        # The next special token ends the turn: what a server stops at.
        stop = next((i for i, (left, _) in enumerate(offsets) if left >= end and ids[i] in closing), None)
        if stop is not None and not text[end : offsets[stop][0]].strip():
            mask[stop] = 1
    return ids, mask


def _turns(messages: Messages, text: str, tokenizer: Any) -> list[tuple[int, int]]:
    """Characters of `text` that each assistant turn takes: from the end of its prompt to the end of its content."""
    spans = []
    for number, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        prompt = rendered(messages[:number], tokenizer, add_generation_prompt=True)
        found = text.find(message["content"], len(prompt))
        if not text.startswith(prompt) or found < 0:
            raise InputError(
                f"model {tokenizer.name_or_path}: its chat template does not repeat message {number + 1} as it was "
                "prompted; use another template"
            )
        spans.append((len(prompt), found + len(message["content"])))
    return spans
