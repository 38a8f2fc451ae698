"""The choice that log-probabilities amount to."""

import math

import pytest

from clca.engines.vllm import choice_of


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
