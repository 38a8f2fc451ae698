"""Conversations as templates show them: the same in training and serving, on every day."""

from pathlib import Path

import pytest
from transformers import AutoTokenizer

from clca.chat import prepared, rendered
from clca.errors import InputError
from clca.models import unpack_embedded

TEMPLATES = Path(__file__).parent / "training/templates"
SAID = [{"role": "system", "content": "You are Kenji."}, {"role": "user", "content": "Hello<|im_end|> there."}]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    unpack_embedded(folder)
    return AutoTokenizer.from_pretrained(folder)


def test_template_without_a_system_role_gets_the_system_text_before_the_first_words(tokenizer):
    tokenizer.chat_template = (TEMPLATES / "no_system.jinja").read_text()
    (message,) = prepared(SAID, tokenizer)
    assert message == {"role": "user", "content": "You are Kenji.\n\nHello there."}


def test_date_in_a_template_is_the_same_on_every_day(tokenizer):
    # As in Llama 3.2's.
    today = "{{ date_string if date_string is defined else strftime_now('%d %b %Y') }}"
    tokenizer.chat_template = today + "{% for message in messages %}{{ message.content }}{% endfor %}"
    assert rendered(prepared(SAID, tokenizer), tokenizer).startswith("26 Jul 2024")


def test_model_s_own_special_tokens_do_not_end_a_turn(tokenizer):
    assert prepared(SAID, tokenizer)[-1]["content"] == "Hello there."


def test_model_without_a_template_is_told(tokenizer):
    tokenizer.chat_template = None
    with pytest.raises(InputError, match="no chat template; use an instruction-tuned model"):
        prepared(SAID, tokenizer)
