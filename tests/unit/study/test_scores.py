"""Scorecards as long tables: a row a number, each once, and two that disagree are told."""

import polars as pl
import pytest
from scorecards import scorecard

from clca.errors import InputError
from clca.schemas import Contrast, Score
from clca.study.scores import MEASURES, gather, method_of, together


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("persona", ("persona", None, None)),
        ("anthropological", ("anthropological", None, None)),
        ("clca", ("clca", 7, "japan")),
        ("clca-seed43", ("clca", 43, "japan")),
        ("clca-seed43@mexico", ("clca", 43, "mexico")),
        ("dialogue_only-seed1@new-zealand", ("dialogue_only", 1, "new-zealand")),
        ("my-seeded-thing", ("my-seeded-thing", 7, "japan")),
        ("my-seed3-seed4", ("my-seed3", 4, "japan")),
    ],
)
def test_method_s_name_has_its_variant_seed_and_the_culture_of_its_adapter(name, parts):
    assert method_of(name, "japan", 7) == parts


def test_every_number_of_a_scorecard_is_a_row():
    card = scorecard("m", "japan", {"persona": {"jsd": 0.5}, "clca": {"jsd": 0.4, "kl": 0.2}})
    found = gather({"card": card})
    rows = found.scores.filter(kind="method", method="clca")
    assert len(rows) == 2 * len(MEASURES) + 2
    values = {(row["metric"], row["of"]): row["value"] for row in rows.to_dicts()}
    assert values["jsd", "choices"] == 0.4
    assert values["jsd", "expected"] == 0.5
    assert values["emd", "choices"] is None
    assert values["option_mass", "choices"] == 0.5
    assert set(rows["seed"]) == {42}
    assert len(found.scores.filter(kind="yardstick")) == 6 * len(MEASURES)
    Score.validate(found.scores)


def test_comparisons_stand_both_ways_round():
    card = scorecard("m", "japan", {"persona": {}, "clca": {}}, [("persona", "clca", "jsd", 0.1, 0.02)])
    found = Contrast.validate(gather({"card": card}).contrasts)
    assert found.select("method", "against", "difference", "p_value").rows() == [
        ("persona", "clca", 0.1, 0.02),
        ("clca", "persona", -0.1, 0.02),
    ]
    assert found["difference_low"].to_list() == pytest.approx([0.09, -0.11])
    assert found["difference_high"].to_list() == pytest.approx([0.11, -0.09])


def test_baseline_beside_every_ablation_counts_once_as_on_the_card_of_most_personas():
    few = scorecard("m", "japan", {"persona": {"jsd": 0.6}, "anthropological": {"jsd": 0.4}}, personas=50)
    many = scorecard("m", "japan", {"persona": {"jsd": 0.5}, "clca": {"jsd": 0.4}})
    same = scorecard("m", "japan", {"persona": {"jsd": 0.5}, "gsm8k-seed42": {"jsd": 0.7}})
    found = gather({"few": few, "many": many, "same": same}).scores.filter(metric="jsd", of="choices", kind="method")
    assert sorted(found.select("method", "value", "personas").rows()) == [
        ("anthropological", 0.4, 50),
        ("clca", 0.4, 1000),
        ("gsm8k", 0.7, 1000),
        ("persona", 0.5, 1000),
    ]


def test_few_personas_are_compared_with_the_same_few():
    few = scorecard("m", "japan", {"persona": {"jsd": 0.6}, "anthropological": {"jsd": 0.4}}, personas=50)
    many = scorecard("m", "japan", {"persona": {"jsd": 0.5}, "clca": {"jsd": 0.4}})
    found = together([gather({"few": few, "many": many}, fewest=True)], fewest=True).scores
    kept = found.filter(metric="jsd", of="choices")
    assert set(kept.filter(method="persona").select("value", "personas").rows()) == {(0.6, 50)}
    assert set(kept.filter(kind="yardstick")["personas"]) == {50}


@pytest.mark.parametrize("other", [0.6, None])
def test_two_scorecards_that_disagree_are_named(other):
    one = scorecard("m", "japan", {"persona": {"jsd": 0.5}})
    two = scorecard("m", "japan", {"persona": {} if other is None else {"jsd": other}})
    expected = rf"^one: jsd of persona against japan is 0\.5 there and {other} in two, from 1000 personas both; delete"
    with pytest.raises(InputError, match=expected):
        gather({"one": one, "two": two})


def test_the_same_method_elsewhere_or_otherwise_asked_is_another_number():
    cards = [scorecard("m", "japan", {"persona": {"jsd": 0.5}})]
    cards += [scorecard("n", "japan", {"persona": {"jsd": 0.1}}), scorecard("m", "uk", {"persona": {"jsd": 0.2}})]
    cards += [scorecard("m", "japan", {"persona": {"jsd": 0.3}}, language="ja")]
    cards += [scorecard("m", "japan", {"persona": {"jsd": 0.4}}, form="reversed")]
    found = gather({str(index): card for index, card in enumerate(cards)}).scores
    values = found.filter(pl.col("kind") == "method", metric="jsd", of="choices")["value"]
    assert values.to_list() == [0.5, 0.1, 0.2, 0.3, 0.4]


def test_no_scorecard_is_no_row():
    assert [len(table) for table in gather({})] == [0, 0]
