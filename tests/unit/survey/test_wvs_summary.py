"""What is said of respondents, and the chance in their shares."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import survey_files as files

from clca import artifacts
from clca.errors import InputError
from clca.schemas import Respondent
from clca.survey.columns import ITEMS
from clca.survey.respondents import SHIPPED, demographics, generator, marginals, synthesise
from clca.survey.scorecard import Resampler, options_of
from clca.survey.statistics import answered_replicates, item_draws, persona_weights, share_replicates
from clca.survey.summary import Summary, from_file, from_shares, shares, weights_of

ROOT = Path(__file__).parents[3]
MARGINALS, FIELDS = "workflow/resources/wvs7_marginals.csv", "workflow/resources/demographics.csv"
GERMANS, JAPANESE, IRISH = (files.people(country, n) for country, n in (("DEU", 30), ("JPN", 5), ("NIR", 20)))


def germany(rows, folder, weights="none", **layout):
    path = files.cross_national(rows, folder / "survey.csv", **layout)
    return from_file(path, "germany", ["DEU"], weights)


def test_summary_counts_what_was_read_dropped_and_answered(tmp_path):
    footer = dict.fromkeys(files.HEADER, "") | {"version": "Avg"}
    respondents, about = germany([*GERMANS, *JAPANESE, footer], tmp_path)
    artifacts.write_record(about, tmp_path / "summary.json", Summary)
    assert (about["source"], about["synthetic"], about["weighted"]) == ("survey.csv", False, True)
    assert about["sha256"] == sha256((tmp_path / "survey.csv").read_bytes()).hexdigest()
    assert (about["rows"], about["dropped"]) == (36, {"other countries": 5, "no country": 1})
    assert (about["respondents"], about["countries"]) == (30, {"DEU": 30})
    assert about["valid"] == {item: sum(row[item] > 0 for row in GERMANS) for item in ITEMS}
    assert about["valid"]["Q1"] == len(respondents["Q1"].drop_nulls()) < 30
    assert (about["not_asked"], about["not_asked_in"]) == ([], {"DEU": []})


def test_items_not_asked_are_told_by_culture_and_country(tmp_path):
    rows = [row | {"Q7": -4, "Q36": -4} for row in files.people("GBR", 20)] + [row | {"Q7": -4} for row in IRISH]
    path = files.cross_national(rows, tmp_path / "uk.csv")
    respondents, about = from_file(path, "uk", ["GBR", "NIR"], "none")
    assert about["not_asked"] == ["Q7"]
    assert about["not_asked_in"] == {"GBR": ["Q7", "Q36"], "NIR": ["Q7"]}
    assert about["countries"] == {"GBR": 20, "NIR": 20}
    found = shares(respondents, weighted=False)
    assert list(found) == [item for item in ITEMS if item != "Q7"]
    # Asked in one country, an item has the shares of its people.
    there = [row["Q36"] for row in IRISH if row["Q36"] > 0]
    assert found["Q36"] == pytest.approx(np.bincount(there, minlength=6)[1:] / len(there))


def test_three_points_of_five_are_told(tmp_path):
    rows = [row | {"Q33": 2 + number % 3, "Q35": 2 + number % 4} for number, row in enumerate(GERMANS)]
    respondents, about = germany(rows, tmp_path)
    assert about["three_points"] == {"DEU": ["Q33"]}
    assert shares(respondents, weighted=False)["Q33"] == pytest.approx([0, 1 / 3, 1 / 3, 1 / 3, 0])


def test_shares_are_of_valid_answers_and_weighted_if_asked(tmp_path):
    rows = [
        row | {"Q1": value, "W_WEIGHT": w} for row, value, w in zip(GERMANS, [1, 2, 2, -1], [4, 1, 1, 9], strict=False)
    ]
    respondents, _ = germany(rows, tmp_path)
    assert shares(respondents, weighted=False)["Q1"] == pytest.approx([1 / 3, 2 / 3, 0, 0])
    assert shares(respondents, weighted=True)["Q1"] == pytest.approx([4 / 6, 2 / 6, 0, 0])
    assert weights_of(respondents, weighted=False).tolist() == [1] * 4


def test_weights_that_the_file_lacks_are_missed_at_once(tmp_path):
    header = [name for name in files.HEADER if name != "W_WEIGHT"]
    assert germany(GERMANS, tmp_path, header=header)[1]["weighted"] is False
    with pytest.raises(InputError, match=r"survey\.weights = 'W_WEIGHT', but survey\.csv has no column W_WEIGHT"):
        germany(GERMANS, tmp_path, "W_WEIGHT", header=header)


def test_synthetic_respondents_are_those_drawn_without_a_summary(monkeypatch):
    monkeypatch.chdir(ROOT)
    drawn, about = from_shares(MARGINALS, FIELDS, "japan", ["JPN"], 50, 42)
    rng = generator(42, "japan", "respondents")
    again = synthesise(marginals(MARGINALS, "japan"), demographics(FIELDS, "japan"), ["JPN"], "japan", 50, rng)
    assert drawn.equals(again)
    assert (about["source"], about["synthetic"], about["rows"], about["dropped"]) == (SHIPPED, True, 50, {})
    assert about["sha256"] == sha256(Path(MARGINALS).read_bytes()).hexdigest()
    assert Summary.model_validate(about).valid == dict.fromkeys(ITEMS, 50)


def test_people_of_two_cultures_are_drawn_independently(monkeypatch):
    monkeypatch.chdir(ROOT)
    china, japan = (
        from_shares(MARGINALS, FIELDS, name, [code], 2000, 42)[0] for name, code in (("china", "CHN"), ("japan", "JPN"))
    )
    # Both are men and women about half and half; of the same draws nearly all rows agreed.
    assert 0.45 < (china["Q260"] == japan["Q260"]).mean() < 0.55
    picked = [generator(42, name, "personas").permutation(2000)[:1000] for name in ("china", "japan")]
    assert (picked[0] == picked[1]).mean() < 0.01


@pytest.fixture
def options():
    rng = np.random.default_rng(0)
    return np.column_stack([rng.integers(0, k + 1, size=200) for k in (2, 4)]), [2, 4]


def test_replicates_of_shares_scatter_around_the_shares(options):
    rows, counts = options
    weights = np.linspace(0.5, 1.5, len(rows))
    drawn = share_replicates(rows, counts, weights, 1000, np.random.default_rng(1))
    for item, k in enumerate(counts):
        sums = np.bincount(rows[:, item], weights=weights, minlength=k + 1)[1:]
        share = sums / sums.sum()
        assert drawn[item].shape == (1000, k)
        assert drawn[item].sum(axis=1) == pytest.approx(np.ones(1000))
        assert drawn[item].mean(axis=0) == pytest.approx(share, abs=0.01)
        expected = np.sqrt(share * (1 - share) / (rows[:, item] > 0).sum())
        assert drawn[item].std(axis=0) == pytest.approx(expected, rel=0.2)


def test_a_replicate_without_an_answer_has_the_shares_of_all():
    rows = np.zeros((50, 1), dtype=np.int64)
    rows[0] = 2
    (drawn,) = share_replicates(rows, [2], np.ones(50), 200, np.random.default_rng(1))
    assert drawn.tolist() == [[0, 1]] * 200


def test_respondents_are_resampled_with_the_seed_and_leave_other_draws_alone(options):
    rows, counts = options
    human = {f"Q{item}": np.full(k, 1 / k) for item, k in enumerate(counts)}

    def resampler(people):
        return Resampler(10, 30, np.random.default_rng(3), 2, people, human)

    one, same, without = resampler((rows, np.ones(200))), resampler((rows, np.ones(200))), resampler(None)
    assert all((one.human[name] == same.human[name]).all() for name in human)
    assert without.human is None
    assert (one.personas == without.personas).all()
    assert (one.items == without.items).all()


def test_replicate_of_the_answered_accuracy_is_that_of_its_personas_and_items():
    rng = np.random.default_rng(5)
    answered = (rng.random((9, 6)) < 0.7).astype(float)
    answered[2] = 0
    right = answered * rng.random((9, 6))
    weights, draws = persona_weights(9, 20, rng), item_draws(6, 20, rng)
    found = answered_replicates(right, answered, weights, draws)
    for value, times, items in zip(found, weights.astype(int), draws, strict=True):
        hits, asked = right[:, items].sum(axis=1), answered[:, items].sum(axis=1)
        people = [hits[i] / asked[i] for i in range(9) for _ in range(times[i]) if asked[i]]
        assert value == pytest.approx(np.mean(people))


def test_options_of_respondents_are_their_rows(tmp_path):
    respondents, _ = germany(GERMANS, tmp_path)
    expected = [[max(row[item], 0) for item in ("Q3", "Q45")] for row in GERMANS]
    assert options_of(Respondent.validate(respondents), ["Q3", "Q45"]).tolist() == expected
    assert isinstance(respondents, pl.DataFrame)
