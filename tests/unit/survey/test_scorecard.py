"""The scorecard: answers that are right score so, methods are paired, and nothing is made up where nothing is known."""

from itertools import combinations, product

import numpy as np
import polars as pl
import pytest
from survey_engines import ENGLISH, SHARES, Mode, Survey, answered, arranged, draw_people

from clca.errors import InputError
from clca.schemas import Answer, ItemScore
from clca.survey.answers import cultural_answers
from clca.survey.columns import ITEMS
from clca.survey.metrics import METRICS, accuracy, jsd, shares_of
from clca.survey.scorecard import (
    Resampler,
    comparisons,
    item_scores,
    method_card,
    own_options,
    scores,
)
from clca.survey.statistics import holm
from clca.survey.yardsticks import yardsticks

JAPAN = SHARES["japan"]
TWO = ("japan", "mexico")
SCORED = (*METRICS, "accuracy")


@pytest.fixture(scope="module")
def people():
    return draw_people(30)


@pytest.fixture(scope="module")
def methods(people):
    """Two methods with personas and one with a single prompt, over the same 30 people."""
    uniform = {question: np.full(len(shares), 1 / len(shares)) for question, shares in JAPAN.items()}
    return {
        "persona": arranged(answered(people, Survey(uniform, 1)), people),
        "cultural": arranged(Answer.validate(cultural_answers("Japan", "Japanese", ENGLISH, Mode(JAPAN))), people),
        "clca": arranged(answered(people, Survey(JAPAN, 2)), people),
    }


def resampler(personas=30, replicates=200, seed=3):
    return Resampler(personas, replicates, np.random.default_rng(seed))


def compared(methods, names, seed=4):
    chosen = {name: methods[name] for name in names}
    return comparisons(chosen, JAPAN, resampler(), 199, np.random.default_rng(seed))


@pytest.mark.parametrize("culture", TWO)
def test_answers_drawn_from_the_marginals_of_1000_personas_are_as_good_as_the_marginals(culture):
    shares = SHARES[culture]
    respondents = draw_people(1000, culture, shares)
    method = arranged(answered(respondents, Survey(shares, 1)), respondents, shares)
    found = method_card(method, shares, resampler(1000))
    own = own_options(respondents, respondents)
    truth = yardsticks(shares, [shares], own, np.random.default_rng(0))["true_marginals"]
    assert found["kl"]["value"] < 0.005
    assert found["jsd"]["value"] < 0.03
    assert found["emd"]["value"] < 0.02
    assert found["kl_paper"]["value"] == pytest.approx(truth["kl_paper"], abs=0.003)
    assert found["accuracy"]["value"] == pytest.approx(truth["accuracy"], abs=0.01)
    assert found["invalid_rate"] == 0
    assert found["option_mass"] == pytest.approx(0.8)


def test_methods_with_personas_have_an_interval_in_every_metric(methods):
    for method in (methods["persona"], methods["clca"]):
        found = method_card(method, JAPAN, resampler())
        for metric in SCORED:
            assert found[metric]["low"] < found[metric]["high"]
            assert found[metric]["value"] < found[metric]["high"]
        assert found["accuracy"]["low"] < found["accuracy"]["value"]


def test_accuracy_is_that_of_the_answers(people):
    answers = answered(people, Survey(JAPAN, 1))
    given = answers["option"].to_numpy().reshape(30, 44)
    expected = accuracy(given, people.select(ITEMS).to_numpy()).mean()
    found = method_card(arranged(answers, people), JAPAN, resampler())
    assert found["accuracy"]["value"] == pytest.approx(expected, abs=1e-6)


def test_expected_accuracy_is_the_probability_of_the_respondent_s_own_option(people):
    answers = answered(people, Survey(JAPAN, 1))
    own = own_options(people, people)
    logprobs = answers["logprobs"].to_list()
    # What the engine leaves out of its mass does not matter: options are compared among themselves.
    quieter = answers.with_columns(pl.Series("logprobs", [[value - 3 for value in row] for row in logprobs]))
    mean = np.mean([np.exp(row[option - 1]) for row, option in zip(logprobs, own.ravel(), strict=True)])
    for table in (answers, quieter):
        found = method_card(arranged(table, people), JAPAN, resampler())
        assert found["expected"]["accuracy"]["value"] == pytest.approx(mean, abs=1e-6)


def test_order_of_rows_does_not_matter(people):
    answers = answered(people, Survey(JAPAN, 1))
    shuffled = answers.sample(fraction=1, shuffle=True, seed=1)
    one, other = (method_card(arranged(table, people), JAPAN, resampler()) for table in (answers, shuffled))
    assert one == other


def test_missing_answer_is_told_by_question_and_respondent(people):
    answers = answered(people, Survey(JAPAN, 1))
    without = answers.filter(~((pl.col("question") == "Q7") & (pl.col("respondent") == "japan-00003")))
    with pytest.raises(InputError, match="Q7 of respondent japan-00003 is missing"):
        arranged(without, people)
    one_prompt = cultural_answers("Japan", "Japanese", ENGLISH, Mode(JAPAN)).filter(pl.col("question") != "Q45")
    with pytest.raises(InputError, match="Q45"):
        arranged(one_prompt, people)


@pytest.mark.parametrize(("column", "value"), [("option", 4), ("logprobs", [-1.0] * 4)])
def test_answer_that_is_none_of_the_item_s_options_is_refused(people, column, value):
    rows = answered(people, Survey(JAPAN, 1)).to_dicts()
    (row,) = (row for row in rows if (row["question"], row["respondent"]) == ("Q7", "japan-00003"))
    row[column] = value
    with pytest.raises(InputError, match="Q7 of respondent japan-00003 is not of its 2 options"):
        arranged(Answer.validate(pl.DataFrame(rows)), people)


def test_one_prompt_has_no_interval_for_choices_and_one_for_expectations(methods):
    found = method_card(methods["cultural"], JAPAN, resampler())
    for metric in SCORED:
        assert (found[metric]["low"], found[metric]["high"]) == (None, None)
        assert found[metric]["value"] is not None
    for metric in ("kl_paper", "kl", "accuracy"):
        assert found["expected"][metric]["low"] < found["expected"][metric]["value"] < found["expected"][metric]["high"]


def test_one_prompt_that_knows_the_marginals_is_the_mode_in_choices_and_the_truth_in_expectations(people, methods):
    found = method_card(methods["cultural"], JAPAN, resampler())
    known = yardsticks(JAPAN, [JAPAN], own_options(people, people), np.random.default_rng(0))
    for metric in SCORED:
        assert found[metric]["value"] == pytest.approx(known["modal"][metric], abs=1e-5)
        assert found["expected"][metric]["value"] == pytest.approx(known["true_marginals"][metric], abs=1e-5)


def test_respondent_s_missing_answers_are_nobody_s(people):
    none = people.with_columns(pl.lit(None, pl.Int64).alias(question) for question in ITEMS)
    found = method_card(arranged(answered(people, Survey(JAPAN, 1)), none), JAPAN, resampler())
    assert found["accuracy"]["value"] == found["expected"]["accuracy"]["value"] == 0


def test_own_options_follow_the_personas(people):
    some = people.with_columns(pl.when(pl.col("respondent") != "japan-00002").then(pl.col("Q3")).alias("Q3"))
    own = own_options(some, some[[4, 1]])
    expected = some.select(ITEMS).fill_null(0).to_numpy()
    assert own.tolist() == [expected[4].tolist(), expected[1].tolist()]
    assert own[1, 2] == 0


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_only_invalid_answers_are_worst_and_leave_kl_unknown(people, methods):
    silent = answered(people, Survey(JAPAN, 1)).with_columns(pl.lit(None, pl.Int64).alias("option"))
    silenced = arranged(Answer.validate(silent), people)
    found = method_card(silenced, JAPAN, resampler())
    assert found["invalid_rate"] == 1
    assert found["kl"] == {"value": None, "low": None, "high": None}
    assert found["kl_paper"]["value"] == pytest.approx(0.9615, abs=0.0001)
    assert found["jsd"]["value"] == pytest.approx(np.sqrt(np.log(2)), abs=1e-6)
    assert found["emd"]["value"] == pytest.approx(1)
    assert found["accuracy"]["value"] == 0
    of_kl = next(row for row in compared(methods | {"silent": silenced}, ["silent", "clca"]) if row["metric"] == "kl")
    assert of_kl["difference"] == {"value": None, "low": None, "high": None}
    assert of_kl["p_value"] == of_kl["p_holm"] == 1


@pytest.mark.parametrize("expected", [False, True])
@pytest.mark.parametrize("metric", METRICS)
def test_replicate_is_the_distance_of_its_drawn_personas_on_its_drawn_items(methods, metric, expected):
    method, drawn = methods["clca"], resampler(replicates=3)
    found = drawn.distances(method, JAPAN, metric, expected)
    for value, times, items in zip(found, drawn.personas.astype(int), drawn.items, strict=True):
        rows = [np.repeat(block, times, axis=0) for block in (method.expected if expected else method.chosen)]
        assert value == pytest.approx(scores(rows, JAPAN, metric)[items].mean(), abs=1e-12)


@pytest.mark.parametrize("expected", [False, True])
def test_replicate_is_the_accuracy_of_its_drawn_personas_on_its_drawn_items(methods, expected):
    method, drawn = methods["clca"], resampler(replicates=3)
    found = drawn.accuracies(method, expected)
    right = method.right_expected if expected else method.right
    for value, times, items in zip(found, drawn.personas.astype(int), drawn.items, strict=True):
        assert value == pytest.approx(np.repeat(right, times, axis=0)[:, items].mean(), abs=1e-12)


def test_comparisons_are_of_all_pairs_in_all_metrics(methods):
    rows = compared(methods, methods)
    expected = [(a, b, metric) for metric in SCORED for a, b in combinations(methods, 2)]
    assert [(row["a"], row["b"], row["metric"]) for row in rows] == expected


def test_holm_s_family_is_the_pairs_of_one_metric(methods):
    rows = compared(methods, methods)
    for metric in SCORED:
        family = [row for row in rows if row["metric"] == metric]
        assert [row["p_holm"] for row in family] == pytest.approx(holm([row["p_value"] for row in family]))
        assert all(0 < row["p_value"] <= row["p_holm"] <= 1 for row in family)


def test_differences_are_those_of_the_methods_and_of_expectations_where_one_has_one_prompt(methods):
    found = {name: method_card(method, JAPAN, resampler()) for name, method in methods.items()}
    for row in compared(methods, methods):
        a, b = found[row["a"]], found[row["b"]]
        if "cultural" in (row["a"], row["b"]):
            a, b = a["expected"], b["expected"]
        difference = a[row["metric"]]["value"] - b[row["metric"]]["value"]
        assert row["difference"]["value"] == pytest.approx(difference, abs=2e-6)
        assert row["difference"]["low"] < row["difference"]["high"]


@pytest.mark.parametrize("pair", list(combinations(["persona", "cultural", "clca"], 2)))
def test_the_other_way_round_differences_change_their_sign_and_p_stays(methods, pair):
    for one, other in zip(compared(methods, pair), compared(methods, pair[::-1]), strict=True):
        assert (other["a"], other["b"]) == (one["b"], one["a"])
        there, back = one["difference"], other["difference"]
        assert back["value"] == pytest.approx(-there["value"], abs=1e-9)
        assert (back["low"], back["high"]) == pytest.approx((-there["high"], -there["low"]), abs=2e-6)
        assert other["p_value"] == one["p_value"]


def test_methods_with_the_same_answers_do_not_differ(methods):
    for name in ("clca", "cultural"):
        for row in compared(methods | {"twin": methods[name]}, [name, "twin"]):
            assert row["difference"] == {"value": 0, "low": 0, "high": 0}
            assert row["p_value"] == row["p_holm"] == 1


def test_p_of_choices_is_that_of_all_swaps_of_whole_rows():
    people = draw_people(7)
    first, second = (answered(people, Survey(JAPAN, seed)) for seed in (1, 2))
    one, other = (table["option"].to_numpy().reshape(7, 44) for table in (first, second))
    own = own_options(people, people)

    def differences(swap):
        a, b = np.where(swap, other, one), np.where(swap, one, other)
        distances = [
            jsd(shares_of(a[:, i], len(p)), p) - jsd(shares_of(b[:, i], len(p)), p)
            for i, p in enumerate(JAPAN.values())
        ]
        return np.mean(distances), accuracy(a, own).mean() - accuracy(b, own).mean()

    every = np.array([differences(np.array(swap)[:, None]) for swap in product([False, True], repeat=7)])
    exact = (np.abs(every) >= np.abs(every[0]) - 1e-9).mean(axis=0)
    both = {"a": arranged(first, people), "b": arranged(second, people)}
    rows = comparisons(both, JAPAN, resampler(7, 10), 8000, np.random.default_rng(5))
    found = {row["metric"]: row["p_value"] for row in rows}
    assert [found["jsd"], found["accuracy"]] == pytest.approx(exact, abs=0.02)


def test_the_same_seed_gives_the_same_numbers(methods):
    assert compared(methods, methods) == compared(methods, methods)
    assert compared(methods, methods, seed=9) != compared(methods, methods)
    one, same, other = (method_card(methods["clca"], JAPAN, resampler(seed=seed))["jsd"] for seed in (3, 3, 8))
    assert one == same
    assert (one["value"], one["low"]) != (other["value"], other["low"])
    assert one["value"] == other["value"]


def test_item_scores_are_what_the_means_are_made_of(methods):
    table = ItemScore.validate(item_scores(methods, JAPAN))
    assert table["method"].to_list() == [name for name in methods for _ in ITEMS]
    assert table["question"].to_list() == list(ITEMS) * 3
    means = {row["method"]: row for row in table.drop("question").group_by("method").mean().to_dicts()}
    for name, method in methods.items():
        found = method_card(method, JAPAN, resampler())
        for metric in METRICS:
            assert means[name][metric] == pytest.approx(found[metric]["value"], abs=1e-6)
        for rate in ("invalid_rate", "option_mass"):
            assert means[name][rate] == pytest.approx(found[rate], abs=1e-6)


def test_item_without_a_valid_answer_has_no_kl(people):
    silent = pl.when(pl.col("question") != "Q5").then(pl.col("option")).alias("option")
    method = arranged(answered(people, Survey(JAPAN, 1)).with_columns(silent), people)
    table = ItemScore.validate(item_scores({"persona": method}, JAPAN))
    assert table.filter(pl.col("kl").is_null())["question"].to_list() == ["Q5"]
    rest = table.filter(pl.col("question") != "Q5")["kl"].mean()
    assert method_card(method, JAPAN, resampler())["kl"]["value"] == pytest.approx(rest, abs=1e-6)
