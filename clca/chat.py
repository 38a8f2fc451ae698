"""Conversations as a model's chat template shows them: one way for training and for serving.

Templates differ in what they take. A system message that one refuses or drops joins the first user's, and what a model
wrote cannot end a turn early.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from jinja2.exceptions import TemplateError

from clca.errors import InputError

# Llama 3.2's template writes today's date where none is given: another day would be another prompt.
TEMPLATE_VALUES = {"date_string": "26 Jul 2024"}

Messages = Sequence[dict[str, str]]


def prepared(messages: Messages, tokenizer: Any) -> list[dict[str, str]]:
    """The messages as the tokenizer's template can show them, without special tokens in their content.

    Args:
        messages: `role` and `content` of each; at most one system message, first.
        tokenizer: One of `transformers`.

    Raises:
        InputError: The tokenizer has no template.
    """
    if not tokenizer.chat_template:
        raise InputError(
            f"model {tokenizer.name_or_path}: its tokenizer has no chat template; use an instruction-tuned model"
        )
    specials = special_tokens(tokenizer)
    plain = [message | {"content": _plain(message["content"], specials)} for message in messages]
    if plain[0]["role"] != "system" or _takes_system(tokenizer, tokenizer.chat_template):
        return plain
    system, first, *rest = plain
    return [first | {"content": f"{system['content']}\n\n{first['content']}"}, *rest]


def rendered(messages: Messages, tokenizer: Any, add_generation_prompt: bool = False) -> str:
    """Prepared messages as text; with `add_generation_prompt` up to where the assistant speaks."""
    text: str = tokenizer.apply_chat_template(
        list(messages), tokenize=False, add_generation_prompt=add_generation_prompt, **TEMPLATE_VALUES
    )
    return text


def special_tokens(tokenizer: Any) -> dict[str, int]:
    """Special tokens by their text."""
    return {token.content: index for index, token in tokenizer.added_tokens_decoder.items() if token.special}


@cache
def _takes_system(tokenizer: Any, template: str) -> bool:
    """Whether `template`, the tokenizer's, keeps a system message in a conversation that goes on."""
    system, user, assistant = ({"role": role, "content": f"{role}-probe"} for role in ("system", "user", "assistant"))
    try:
        # Mistral's shows it in the last message only if that is the user's: in training it would be lost.
        return "system-probe" in rendered([system, user, assistant, user, assistant], tokenizer)
    except TemplateError:
        return False


def _plain(content: str, specials: dict[str, int]) -> str:
    """The text without special tokens that a model wrote into it, which would end the turn early."""
    # What is left after a removal may form another.
    while any(token in content for token in specials):
        for token in specials:
            content = content.replace(token, "")
    return content.strip()
