"""Judging: two steps, the second on the first, and null labels from the step on that failed."""

import polars as pl

from clca import artifacts, schemas
from clca.engines.base import Sampling
from clca.judging import JudgeSettings, MetaVerdict, Verdict, judge

VERDICT = {"reasons": "REASONS", "quality": "good", "quality_confidence": "confident"} | {
    "adherence": "not aligned",
    "adherence_confidence": "not sure",
}
META = {"critique": "CRITIQUE", "meta": "bad", "meta_confidence": "very confident"}
SETTINGS = JudgeSettings(attempts=2, sampling=Sampling(), seed=1)


def both(request):
    return VERDICT if request.schema is Verdict else META


def judged(engine, scenario_row, utterance_rows, japan):
    scenarios = pl.DataFrame([scenario_row("s1"), scenario_row("s2")])
    spoken = pl.DataFrame(utterance_rows("s2", 2) + utterance_rows("s1", 1))
    return judge(scenarios, spoken, japan, "gpt4", engine, SETTINGS)


def test_every_dialogue_gets_a_row_in_its_order(scripted, scenario_row, utterance_rows, japan, tmp_path):
    rows = judged(scripted(both), scenario_row, utterance_rows, japan)
    artifacts.write(rows, tmp_path / "judgements.jsonl", schemas.Judgement)
    assert rows.select("scenario_id", "take").rows() == [("s2", 2), ("s1", 1)]
    assert rows.row(0, named=True) == {"culture": "japan", "scenario_id": "s2", "take": 2, "judge": "gpt4"} | (
        VERDICT | META
    )


def test_judge_sees_the_dialogue_and_then_its_own_verdict_and_nothing_private(
    scripted, scenario_row, utterance_rows, japan
):
    engine = scripted(both)
    judged(engine, scenario_row, utterance_rows, japan)
    assert [request.schema for request in engine.asked] == [Verdict, MetaVerdict, Verdict, MetaVerdict]
    first, second = engine.asked[:2]
    assert second.messages[:2] == first.messages
    assert [message["role"] for message in second.messages] == ["system", "user", "assistant", "user"]
    assert "REASONS" in second.messages[2]["content"]
    assert "1. Kenji: line 1" in first.messages[1]["content"]
    assert "A teahouse s2." in first.messages[1]["content"]
    assert len({request.seed for request in engine.asked}) == 4
    for request in engine.asked:
        assert "SECRET" not in str(request.messages)
        assert "GOAL" not in str(request.messages)


def test_failed_verdict_leaves_all_labels_null_and_asks_no_second_step(
    scripted, scenario_row, utterance_rows, japan, tmp_path
):
    engine = scripted(lambda request: "torn" if request.seed_parts[1] == "s2" else both(request))
    rows = judged(engine, scenario_row, utterance_rows, japan)
    artifacts.write(rows, tmp_path / "judgements.jsonl", schemas.Judgement)
    assert set(rows.row(0)[4:]) == {None}
    assert rows.row(1, named=True)["meta"] == "bad"
    assert [request.seed_parts[1] for request in engine.asked if request.schema is MetaVerdict] == ["s1"]


def test_failed_second_step_keeps_the_first(scripted, scenario_row, utterance_rows, japan):
    engine = scripted(lambda request: VERDICT if request.schema is Verdict else {"meta": "maybe"})
    rows = judged(engine, scenario_row, utterance_rows, japan)
    assert rows["quality"].to_list() == ["good", "good"]
    assert rows["meta"].to_list() == rows["critique"].to_list() == [None, None]


def test_table_keeps_its_types_where_no_dialogue_could_be_judged(
    scripted, scenario_row, utterance_rows, japan, tmp_path
):
    rows = judged(scripted(lambda request: ""), scenario_row, utterance_rows, japan)
    artifacts.write(rows, tmp_path / "judgements.parquet", schemas.Judgement)
    assert len(rows) == 2
