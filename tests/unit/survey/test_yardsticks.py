"""Yardsticks of the shipped marginals: the table in which the paper's metric is explained, and what is right is 0."""

from pathlib import Path

import numpy as np
import pytest

from clca.survey.columns import ITEMS
from clca.survey.metrics import METRICS, SMOOTHING
from clca.survey.respondents import marginals
from clca.survey.yardsticks import yardsticks

MARGINALS = Path(__file__).parents[3] / "workflow/resources/wvs7_marginals.csv"
CULTURES = ("china", "germany", "uk", "mexico", "japan")
SHARES = {culture: marginals(MARGINALS, culture) for culture in CULTURES}
PREDICTORS = ["true_marginals", "marginals_sample", "modal", "uniform", "other_cultures", "first_option"]

# Mean kl_paper over the 44 items, computed from the marginals with other code; columns as in CULTURES.
KL_PAPER = {
    "true_marginals": (0.3693, 0.3569, 0.3542, 0.3099, 0.3626),
    "modal": (0.3208, 0.3195, 0.3330, 0.2828, 0.3170),
    "other_cultures": (0.4433, 0.4036, 0.4008, 0.3411, 0.4176),
    "uniform": (0.5249, 0.5208, 0.5043, 0.4201, 0.5117),
    "first_option": (0.6074, 0.6883, 0.6849, 0.5074, 0.6720),
}


def own_answers(culture, n, seed=0):
    """Respondents whose answers are drawn from the marginals."""
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.choice(len(p), size=n, p=p) + 1 for p in SHARES[culture].values()])


def scored(culture, own=None, seed=1):
    others = [SHARES[other] for other in CULTURES if other != culture]
    own = own_answers(culture, 200) if own is None else own
    return yardsticks(SHARES[culture], others, own, np.random.default_rng(seed))


def shared(culture, share):
    """Mean over items of a number that each item's shares give."""
    return np.mean([share(people) for people in SHARES[culture].values()])


@pytest.mark.parametrize("culture", CULTURES)
def test_kl_paper_of_simple_predictors_is_the_known_table(culture):
    found = scored(culture)
    for predictor, row in KL_PAPER.items():
        assert found[predictor]["kl_paper"] == pytest.approx(row[CULTURES.index(culture)], abs=0.001), predictor


def test_jsd_and_accuracy_of_guessing_and_of_the_mode_are_the_known_means():
    found = [scored(culture, own_answers(culture, 5000)) for culture in CULTURES]

    def mean(predictor, metric):
        return np.mean([of_culture[predictor][metric] for of_culture in found])

    assert mean("uniform", "jsd") == pytest.approx(0.254, abs=0.001)
    assert mean("modal", "jsd") == pytest.approx(0.373, abs=0.001)
    assert mean("uniform", "accuracy") == pytest.approx(0.359, abs=0.001)
    assert mean("modal", "accuracy") == pytest.approx(0.632, abs=0.003)


@pytest.mark.parametrize("culture", CULTURES)
def test_the_true_marginals_are_at_no_distance_but_for_smoothing(culture):
    found = scored(culture)["true_marginals"]
    assert found["jsd"] == pytest.approx(0, abs=1e-7)
    assert found["emd"] == pytest.approx(0, abs=1e-12)
    assert 0 < found["kl"] < shared(culture, lambda people: np.log(1 + len(people) * SMOOTHING))


@pytest.mark.parametrize("culture", CULTURES)
def test_a_sample_is_close_to_the_marginals_and_closer_than_other_predictors(culture):
    found = scored(culture, own_answers(culture, 1000))
    assert found["marginals_sample"]["kl_paper"] == pytest.approx(found["true_marginals"]["kl_paper"], abs=0.005)
    for metric in ("kl", "jsd", "emd"):
        ranked = sorted(PREDICTORS, key=lambda predictor: found[predictor][metric])
        assert ranked[:2] == ["true_marginals", "marginals_sample"], metric


def test_accuracy_to_be_expected_is_the_share_of_respondents_a_predictor_meets():
    found = scored("japan", own_answers("japan", 20_000))
    for predictor, expected in {
        "true_marginals": shared("japan", lambda people: (people**2).sum()),
        "marginals_sample": shared("japan", lambda people: (people**2).sum()),
        "modal": shared("japan", np.max),
        "first_option": shared("japan", lambda people: people[0]),
    }.items():
        assert found[predictor]["accuracy"] == pytest.approx(expected, abs=0.005), predictor


def test_missing_answers_count_as_wrong():
    own = own_answers("japan", 100)
    half = own.copy()
    half[::2] = 0
    assert all(row["accuracy"] == 0 for row in scored("japan", np.zeros_like(own)).values())
    assert scored("japan", half)["uniform"]["accuracy"] == pytest.approx(
        scored("japan", own)["uniform"]["accuracy"] / 2
    )


def test_missing_answers_are_left_out_of_the_other_accuracy():
    own = own_answers("japan", 100)
    half = own.copy()
    half[:, ::2] = 0
    for row in scored("japan", half).values():
        assert row["accuracy_answered"] == pytest.approx(row["accuracy"] * 2)
    assert all(row["accuracy_answered"] == pytest.approx(row["accuracy"]) for row in scored("japan", own).values())
    assert np.isnan(scored("japan", np.zeros_like(own))["modal"]["accuracy_answered"])


def test_every_predictor_has_every_score_and_a_seed_gives_the_same():
    found = scored("uk")
    assert list(found) == PREDICTORS
    assert all(set(row) == {*METRICS, "accuracy", "accuracy_answered"} for row in found.values())
    assert scored("uk") == found
    assert scored("uk", seed=2)["marginals_sample"] != found["marginals_sample"]


def test_the_sample_is_as_large_as_the_personas():
    # One persona: one answer an item, so shares of 0 and 1 and an accuracy in 44ths.
    found = scored("uk", own_answers("uk", 1))["marginals_sample"]
    assert found["accuracy"] * len(ITEMS) == pytest.approx(round(found["accuracy"] * len(ITEMS)))
    assert found["jsd"] > scored("uk", own_answers("uk", 5000))["marginals_sample"]["jsd"] + 0.2
