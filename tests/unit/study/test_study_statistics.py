"""Summaries over cultures: each replicate and each swap is what it says, items are shared, cultures are not drawn."""

from itertools import product

import numpy as np
import polars as pl
import pytest
from scorecards import as_cells, drawn_options
from survey_engines import SHARES

from clca.schemas import Contrast, Score
from clca.study.scores import Gathered
from clca.study.statistics import COMPARED, Sample, gathered, holm_within, over_cultures
from clca.survey.columns import ITEMS
from clca.survey.metrics import shares_of
from clca.survey.scorecard import Resampler, method_card
from clca.survey.statistics import item_draws, persona_weights
from clca.survey.yardsticks import DISTANCES

CULTURES = ("japan", "mexico")
UNIFORM = {item: np.full(len(shares), 1 / len(shares)) for item, shares in SHARES["japan"].items()}


def options_of(personas, seed):
    """Two methods' options in two cultures, which agree in part and leave some answers invalid, and people's own."""
    rng, found = np.random.default_rng(seed), {}
    for culture in CULTURES:
        one = drawn_options(UNIFORM, personas, rng)
        other = np.where(rng.random(one.shape) < 0.5, one, drawn_options(SHARES[culture], personas, rng))
        one[rng.random(one.shape) < 0.1] = 0
        own = drawn_options(SHARES[culture], personas, rng)
        own[rng.random(own.shape) < 0.1] = 0
        found[culture] = (one, one.copy() if seed % 10 == 0 else other, own)
    return found


def samples_of(options, single=False):
    samples = {}
    for culture, (one, other, own) in options.items():
        second = as_cells(other[:1] if single else other, SHARES[culture], own, single)
        samples[culture] = Sample({"a": as_cells(one, SHARES[culture], own), "b": second}, SHARES[culture])
    return samples


def score_of(options, culture, metric, own=None):
    """One culture's mean over items, item by item."""
    if metric == "accuracy":
        return float(np.mean((options == own) & (own > 0)))
    people = SHARES[culture]
    shares = [shares_of(options[:, i], len(people[item])) for i, item in enumerate(people)]
    return float(np.mean([DISTANCES[metric](*pair) for pair in zip(shares, people.values(), strict=True)]))


@pytest.mark.parametrize("case", range(20))
def test_value_is_the_mean_of_the_cultures_and_replicates_are_of_drawn_people_and_shared_items(case):
    options, replicates = options_of(5, case), 6
    found = over_cultures(samples_of(options), replicates, 9, np.random.default_rng(case))
    # The same draws again: items first, once; then each culture's personas.
    draws, people, _, _ = np.random.default_rng(case).spawn(4)
    items = item_draws(44, replicates, draws)
    weights = [persona_weights(5, replicates, people).astype(int) for _ in CULTURES]
    for metric in ("jsd", "accuracy"):
        means, by_replicate = [], np.zeros(replicates)
        for times, (culture, (one, _, own)) in zip(weights, options.items(), strict=True):
            means.append(score_of(one, culture, metric, own))
            for index in range(replicates):
                rows = np.repeat(np.arange(5), times[index])
                values = []
                for item in items[index]:
                    shares = SHARES[culture][ITEMS[item]]
                    hits = (one[rows, item] == own[rows, item]) & (own[rows, item] > 0)
                    drawn = shares_of(one[rows, item], len(shares))
                    values.append(hits.mean() if metric == "accuracy" else DISTANCES[metric](drawn, shares))
                by_replicate[index] += np.mean(values) / 2
        number = found.values["a", "choices", metric]
        assert number["value"] == pytest.approx(np.mean(means), abs=1e-12)
        ends = np.percentile(by_replicate, [2.5, 97.5])
        assert (number["low"], number["high"]) == pytest.approx(tuple(ends), abs=1e-12)


@pytest.mark.parametrize("case", range(20))
def test_p_is_that_of_all_swaps_of_whole_rows_in_every_culture(case):
    options = options_of(3, case)
    found = over_cultures(samples_of(options), 2, 4000, np.random.default_rng(case))
    for metric in ("emd", "accuracy"):
        by_culture = []
        for culture, (one, other, own) in options.items():
            differences = []
            for swap in product([False, True], repeat=3):
                rows = np.array(swap)[:, None]
                both = np.where(rows, other, one), np.where(rows, one, other)
                a, b = (score_of(answers, culture, metric, own) for answers in both)
                differences.append(a - b)
            by_culture.append(differences)
        every = np.array([(a + b) / 2 for a, b in product(*by_culture)])
        (row,) = (row for row in found.contrasts if row["metric"] == metric)
        assert row["value"] == pytest.approx(every[0], abs=1e-12)
        assert row["p_value"] == pytest.approx(np.mean(np.abs(every) >= abs(every[0]) - 1e-9), abs=0.035)


def test_methods_with_the_same_answers_do_not_differ_over_cultures():
    for row in over_cultures(samples_of(options_of(6, 0)), 50, 99, np.random.default_rng(0)).contrasts:
        assert (row["value"], row["low"], row["high"], row["p_value"]) == (0, 0, 0, 1)


def test_method_of_one_prompt_is_compared_in_expectations_and_has_no_interval_of_choices():
    found = over_cultures(samples_of(options_of(6, 1), single=True), 50, 99, np.random.default_rng(0))
    assert {row["of"] for row in found.contrasts} == {"expected"}
    assert {of for name, of, _ in found.values if name == "b"} == {"expected"}
    assert all(0 < row["p_value"] <= 1 for row in found.contrasts)
    for row in found.contrasts:
        a, b = (found.values[name, "expected", row["metric"]]["value"] for name in "ab")
        assert row["value"] == pytest.approx(a - b, abs=1e-12)


def test_interval_over_cultures_is_wider_than_if_each_had_items_of_its_own():
    """Japan twice: an item drawn is drawn in both, so that averaging takes no chance of items away."""
    rng = np.random.default_rng(3)
    methods = {"a": as_cells(drawn_options(UNIFORM, 60, rng), SHARES["japan"])}
    twice = {name: Sample(methods, SHARES["japan"]) for name in ("one", "other")}
    found = over_cultures(twice, 1500, 9, rng).values["a", "choices", "emd"]
    alone = method_card(methods["a"], SHARES["japan"], Resampler(60, 1500, rng))["emd"]
    assert found["high"] - found["low"] == pytest.approx(alone["high"] - alone["low"], rel=0.12)


def test_one_culture_is_its_scorecard():
    (one, _, own) = options_of(40, 2)["japan"]
    method = as_cells(one, SHARES["japan"], own)
    found = over_cultures({"japan": Sample({"a": method}, SHARES["japan"])}, 4000, 9, np.random.default_rng(0))
    card = method_card(method, SHARES["japan"], Resampler(40, 4000, np.random.default_rng(1)))
    for metric in (*COMPARED, "accuracy_answered"):
        for of, theirs in (("choices", card), ("expected", card["expected"])):
            number, near = found.values["a", of, metric], 0.05 * (theirs[metric]["high"] - theirs[metric]["low"])
            assert number["value"] == pytest.approx(theirs[metric]["value"], abs=1e-6)
            assert (number["low"], number["high"]) == pytest.approx(
                (theirs[metric]["low"], theirs[metric]["high"]), abs=near
            )


def test_items_that_one_culture_was_not_asked_count_in_the_others():
    options = options_of(6, 4)
    full = samples_of(options)
    some = {item: shares for item, shares in SHARES["mexico"].items() if item not in ("Q1", "Q30")}
    kept = [i for i, item in enumerate(ITEMS) if item in some]
    one, other, own = (answers[:, kept] for answers in options["mexico"])
    less = full | {"mexico": Sample({"a": as_cells(one, some, own), "b": as_cells(other, some, own)}, some)}
    found = over_cultures(less, 200, 99, np.random.default_rng(0))
    japan = score_of(options["japan"][0], "japan", "jsd")
    mexico = np.mean([DISTANCES["jsd"](shares_of(one[:, i], len(p)), p) for i, p in enumerate(some.values())])
    number = found.values["a", "choices", "jsd"]
    assert number["value"] == pytest.approx((japan + mexico) / 2, abs=1e-12)
    assert number["low"] < number["value"] < number["high"] + 0.1


def test_respondents_are_drawn_again_where_their_rows_are_known():
    rng = np.random.default_rng(5)
    people = drawn_options(SHARES["japan"], 30, rng)
    method = {"a": as_cells(drawn_options(SHARES["japan"], 400, rng), SHARES["japan"])}
    widths = []
    for rows in (None, (people, np.ones(30))):
        found = over_cultures({"japan": Sample(method, SHARES["japan"], rows)}, 500, 9, np.random.default_rng(0))
        number = found.values["a", "expected", "jsd"]
        widths.append(number["high"] - number["low"])
    assert widths[1] > widths[0]


def test_summary_s_rows_are_scores_and_contrasts_of_the_average():
    summary = over_cultures(samples_of(options_of(6, 1)), 50, 99, np.random.default_rng(0))
    renamed = {
        ("clca" if name == "b" else "persona", of, metric): v for (name, of, metric), v in summary.values.items()
    }
    contrasts = [row | {"a": "persona", "b": "clca-seed8"} for row in summary.contrasts]
    found = gathered(summary._replace(values=renamed, contrasts=contrasts), "m", "en", 6, True, adapter_seed=7)
    assert isinstance(found, Gathered)
    Score.validate(found.scores)
    Contrast.validate(found.contrasts)
    assert set(found.scores["culture"]) == {"average"}
    assert found.scores.select("method", "seed", "adapter").unique().sort("method").rows() == [
        ("clca", 7, "average"),
        ("persona", None, None),
    ]
    assert set(found.contrasts["seed"]) == {8, None}
    assert len(found.contrasts) == 2 * len(COMPARED)


def test_the_same_generator_gives_the_same_summary():
    samples = samples_of(options_of(6, 1))
    one, same, other = (over_cultures(samples, 50, 99, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_holm_leaves_untested_rows_alone_and_keeps_the_order():
    table = pl.DataFrame(
        {"metric": ["b", "a", "b", "a", "b"], "p_value": [0.04, None, 0.01, 0.5, 0.04]},
        schema_overrides={"p_value": pl.Float64},
    )
    found = holm_within(table, ["metric"])
    assert found["p_holm"].to_list() == pytest.approx([0.08, None, 0.03, 0.5, 0.08])
    assert found.drop("p_holm").equals(table)
    untested = table.with_columns(p_value=pl.lit(None, pl.Float64))
    assert holm_within(untested, ["metric"])["p_holm"].null_count() == 5
