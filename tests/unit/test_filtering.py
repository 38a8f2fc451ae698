"""Filtering: only what the judge is sure of is dropped, every drop has its reason, kept turns stay as they are."""

import polars as pl
import pytest

from clca import artifacts, schemas
from clca.errors import InputError
from clca.filtering import FilterSettings, split


def settings(**changed):
    return FilterSettings(**{"quality": True, "meta": True, "confidence": ["very confident"], "min_kept": 1} | changed)


def judgement(name="s1", take=1, **changed):
    row = {"culture": "japan", "scenario_id": name, "take": take, "judge": "j", "reasons": "r"}
    row |= {"quality": "good", "quality_confidence": "very confident"}
    row |= {"adherence": "aligned", "adherence_confidence": "confident", "critique": "c"}
    return row | {"meta": "good", "meta_confidence": "very confident"} | changed


def judged(*rows):
    columns = {name: column.dtype.type for name, column in schemas.Judgement.to_schema().columns.items()}
    return pl.DataFrame(rows, schema=columns)


@pytest.fixture
def outcome(utterance_rows):
    """The reason for which a dialogue with this judgement is dropped beside one that is kept; None: kept."""

    def run(changed, ended="limit", **options):
        spoken = pl.DataFrame(utterance_rows("s1", ended=ended) + utterance_rows("s2"))
        kept, dropped = split(spoken, judged(judgement(**changed), judgement("s2")), settings(**options))
        assert "s2" in kept["scenario_id"]
        assert ("s1" in kept["scenario_id"]) == (len(dropped) == 0)
        return dropped["reason"].to_list()[0] if len(dropped) else None

    return run


@pytest.mark.parametrize(
    ("changed", "options", "reason"),
    [
        ({}, {}, None),
        ({"quality": "bad"}, {}, "quality bad"),
        ({"quality": "bad", "quality_confidence": "confident"}, {}, None),
        ({"quality": "bad", "quality_confidence": "confident"}, {"confidence": ["confident"]}, "quality bad"),
        ({"quality": "bad"}, {"confidence": ["confident"]}, None),
        ({"quality": "bad"}, {"confidence": []}, None),
        ({"quality": "bad"}, {"quality": False}, None),
        ({"meta": "bad"}, {}, "meta bad"),
        ({"meta": "bad", "meta_confidence": "not sure"}, {}, None),
        ({"meta": "bad"}, {"meta": False}, None),
        ({"quality": "bad", "meta": "bad"}, {}, "quality bad"),
        ({"adherence": "not aligned", "adherence_confidence": "very confident"}, {}, None),
        ({"quality": None, "quality_confidence": None, "meta": None, "meta_confidence": None}, {}, "not judged"),
        ({"meta": None, "meta_confidence": None}, {}, "not judged"),
        ({"meta": None, "meta_confidence": None}, {"meta": False}, None),
    ],
)
def test_dialogue_is_dropped_for_this_reason(outcome, changed, options, reason):
    assert outcome(changed, **options) == reason


def test_dialogue_that_the_teacher_broke_off_is_dropped_before_anything_else(outcome):
    assert outcome({"quality": "bad"}, ended="failed") == "cut off"
    assert outcome({}, ended="leave") is None


def test_kept_turns_are_the_same_rows_in_the_same_order_and_drops_fit_their_schema(utterance_rows, tmp_path):
    spoken = pl.DataFrame([row for name in "cab" for take in (2, 1) for row in utterance_rows(name, take)])
    verdicts = [judgement(name, take) for name in "abc" for take in (1, 2)]
    verdicts[0] |= {"quality": "bad"}
    kept, dropped = split(spoken, judged(*verdicts), settings())
    assert kept.equals(spoken.filter(~((pl.col("scenario_id") == "a") & (pl.col("take") == 1))))
    assert dropped.rows() == [("a", 1, "quality bad")]
    artifacts.write(kept, tmp_path / "filtered.jsonl", schemas.Utterance)
    artifacts.write(dropped, tmp_path / "dropped.jsonl", schemas.Dropped)


def test_dialogue_without_a_judgement_counts_as_not_judged(utterance_rows):
    spoken = pl.DataFrame(utterance_rows("s1") + utterance_rows("s2"))
    _, dropped = split(spoken, judged(judgement("s2")), settings())
    assert dropped.rows() == [("s1", 1, "not judged")]


def test_too_few_kept_are_told_with_reasons_and_the_key_to_change(utterance_rows):
    spoken = pl.DataFrame(utterance_rows("s1") + utterance_rows("s2"))
    verdicts = judged(judgement(quality="bad"), judgement("s2", meta="bad"))
    with pytest.raises(InputError, match=r"0 of 2 dialogues kept, fewer than filter\.min_kept = 1; dropped: ") as told:
        split(spoken, verdicts, settings())
    assert "1 quality bad" in str(told.value)
    assert "1 meta bad" in str(told.value)
    assert len(split(spoken, judged(judgement(), judgement("s2")), settings(min_kept=2))[0]) == 4
