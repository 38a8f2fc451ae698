"""What of vLLM's engine needs no model: options as tokens, and the choice that log-probabilities amount to."""

import copy
import math
from pathlib import Path

import pytest
from embedded_tokenizer import embedded

from clca.engines.vllm import VLLMEngine, choice_of

MISTRAL = (Path(__file__).parents[1] / "training/templates/mistral.jinja").read_text()


def asked(template):
    """An engine without a model, of the embedded tokenizer with a template."""
    engine = object.__new__(VLLMEngine)
    engine.path, engine._tokenizer = Path("model"), copy.deepcopy(embedded())
    engine._tokenizer.add_special_tokens({"additional_special_tokens": ["[INST]", "[/INST]"]})
    engine._tokenizer.chat_template = template
    return engine


@pytest.mark.parametrize("template", [embedded().chat_template, MISTRAL], ids=["embedded", "mistral"])
def test_an_option_is_looked_for_where_the_template_of_training_shows_it(template):
    engine, talk = asked(template), [{"role": "user", "content": "?"}, {"role": "assistant", "content": "2"}]
    shared, told = engine._option_tokens(("1", "2", "3"))
    whole = engine._tokenizer.apply_chat_template(talk, tokenize=True, return_dict=False)
    replied = [*engine._probe[1], *shared, told[1]]
    assert whole[: len(replied)] == replied
    assert engine._tokenizer.decode([*shared, told[1]]) == (" 2" if template == MISTRAL else "2")


def test_a_template_that_shows_replies_unlike_prompts_is_asked_right_after_the_prompt():
    engine = asked("{% for one in messages %}<{{ one.role }}>{{ one.content }}{% endfor %}{{ '<assistant>thinking:' }}")
    (one, two), bare = engine._option_tokens(("1", "2"))[1], engine._tokenizer.encode
    assert ([one], [two]) == (bare("1", add_special_tokens=False), bare("2", add_special_tokens=False))


def test_most_probable_option_is_chosen_with_all_log_probabilities_and_their_mass():
    choice = choice_of([math.log(0.1), math.log(0.5), math.log(0.2)])
    assert choice.option == 1
    assert choice.logprobs == (math.log(0.1), math.log(0.5), math.log(0.2))
    assert choice.mass == pytest.approx(0.8)


def test_first_of_equals_is_chosen():
    assert choice_of([-3.0, -1.0, -1.0]).option == 1


def test_mass_never_exceeds_one_and_may_vanish():
    assert choice_of([math.log(0.5), math.log(0.5) + 1e-6]).mass == 1.0
    assert choice_of([-9999.0, -9999.0]).mass == 0.0
