"""Loss masks: which tokens of a conversation the assistant itself writes, for any chat template.

The conversation is rendered once, the template's prompt up to each assistant turn tells where the turn starts, and
the tokenizer's offsets carry the characters over to tokens. No generation markers in the template are needed.
"""

import logging
from collections.abc import Sequence
from functools import cache
from typing import Any

import polars as pl
from jinja2.exceptions import TemplateError

from clca.errors import InputError

log = logging.getLogger(__name__)

# Llama 3.2's template writes today's date where none is given: training on another day would be other training.
TEMPLATE_VALUES = {"date_string": "26 Jul 2024"}

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
    headers excluded. Where a template takes no system message, it is put before the first user message.

    Args:
        messages: `role` and `content` of each; at most one system message, first.
        tokenizer: A fast tokenizer of `transformers` with a chat template.

    Returns:
        `input_ids` and `assistant_mask` (0 or 1), of equal length.

    Raises:
        InputError: The tokenizer has no template, or one that does not show the turns as they are.
    """
    if not tokenizer.chat_template:
        raise InputError(
            f"model {tokenizer.name_or_path}: its tokenizer has no chat template; use an instruction-tuned model"
        )
    specials = _specials(tokenizer)
    shown = _fold([message | {"content": _plain(message["content"], specials)} for message in messages], tokenizer)
    text = _render(shown, tokenizer)
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    ids, offsets = encoded["input_ids"], encoded["offset_mapping"]
    closing = set(specials.values())
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
        prompt = _render(messages[:number], tokenizer, add_generation_prompt=True)
        found = text.find(message["content"], len(prompt))
        if not text.startswith(prompt) or found < 0:
            raise InputError(
                f"model {tokenizer.name_or_path}: its chat template does not repeat message {number + 1} as it was "
                "prompted; use another template"
            )
        spans.append((len(prompt), found + len(message["content"])))
    return spans


def _fold(messages: list[dict[str, str]], tokenizer: Any) -> list[dict[str, str]]:
    """The messages as the template can show them: a system message it refuses or drops joins the first user's."""
    if messages[0]["role"] != "system" or _takes_system(tokenizer, tokenizer.chat_template):
        return messages
    system, first, *rest = messages
    return [first | {"content": f"{system['content']}\n\n{first['content']}"}, *rest]


@cache
def _takes_system(tokenizer: Any, template: str) -> bool:
    """Whether `template`, the tokenizer's, keeps a system message in a conversation that goes on."""
    system, user, assistant = ({"role": role, "content": f"{role}-probe"} for role in ("system", "user", "assistant"))
    try:
        # Mistral's shows it in the last message only if that is the user's: in training it would be lost.
        return "system-probe" in _render([system, user, assistant, user, assistant], tokenizer)
    except TemplateError:
        return False


def _render(messages: Messages, tokenizer: Any, add_generation_prompt: bool = False) -> str:
    text: str = tokenizer.apply_chat_template(
        list(messages), tokenize=False, add_generation_prompt=add_generation_prompt, **TEMPLATE_VALUES
    )
    return text


def _specials(tokenizer: Any) -> dict[str, int]:
    """Special tokens by their text."""
    return {token.content: index for index, token in tokenizer.added_tokens_decoder.items() if token.special}


def _plain(content: str, specials: dict[str, int]) -> str:
    """The text without special tokens that a model wrote into it, which would end the turn early."""
    # What is left after a removal may form another.
    while any(token in content for token in specials):
        for token in specials:
            content = content.replace(token, "")
    return content.strip()
