"""Intents: every turn of every kept dialogue is asked once, with what came before it as a shared prefix."""

import polars as pl

from clca import artifacts, schemas
from clca.engines.base import Sampling
from clca.intents import IntentSettings, annotate

SETTINGS = IntentSettings(attempts=2, sampling=Sampling(), seed=1)


def meaning(request):
    return {"relation": "cultural", "intent": f" wants {request.seed_parts[1:]} "}


def annotated(engine, scenario_row, utterance_rows, japan):
    scenarios = pl.DataFrame([scenario_row("s1"), scenario_row("s2")])
    spoken = pl.DataFrame(utterance_rows("s2", 2, turns=3) + utterance_rows("s1", 1))
    return annotate(scenarios, spoken, japan, engine, SETTINGS)


def test_every_turn_has_its_own_intent(scripted, scenario_row, utterance_rows, japan, tmp_path):
    rows = annotated(scripted(meaning), scenario_row, utterance_rows, japan)
    artifacts.write(rows, tmp_path / "intents.jsonl", schemas.Intent)
    keys = [("s2", 2, 1), ("s2", 2, 2), ("s2", 2, 3), ("s1", 1, 1), ("s1", 1, 2)]
    assert rows.select("scenario_id", "take", "turn").rows() == keys
    assert rows["intent"].to_list() == [f"wants {key}" for key in keys]


def test_turns_of_a_dialogue_share_its_text_and_tell_no_goal_or_secret(scripted, scenario_row, utterance_rows, japan):
    engine = scripted(meaning)
    annotated(engine, scenario_row, utterance_rows, japan)
    texts = [request.messages[0]["content"] for request in engine.asked]
    heads = [text.rsplit("\n\n", 1)[0] for text in texts]
    assert len(set(heads[:3])) == len(set(heads[3:])) == 1
    assert len(set(texts)) == len(texts)
    assert "A teahouse s2." in heads[0]
    assert "3. Kenji: line 3" in heads[0]
    assert not any(private in text for text in texts for private in ("GOAL", "SECRET"))


def test_failed_and_empty_intents_are_null_in_both_labels(scripted, scenario_row, utterance_rows, japan, tmp_path):
    def answer(request):
        if request.seed_parts[1:] == ("s2", 2, 2):
            return "torn"
        return {"relation": "generic", "intent": "  "} if request.seed_parts[1] == "s1" else meaning(request)

    rows = annotated(scripted(answer), scenario_row, utterance_rows, japan)
    artifacts.write(rows, tmp_path / "intents.jsonl", schemas.Intent)
    assert rows["intent"].is_null().to_list() == rows["relation"].is_null().to_list()
    assert rows["intent"].is_null().to_list() == [False, True, False, True, True]


def test_table_keeps_its_types_where_no_intent_was_given(scripted, scenario_row, utterance_rows, japan, tmp_path):
    rows = annotated(scripted(lambda request: ""), scenario_row, utterance_rows, japan)
    artifacts.write(rows, tmp_path / "intents.parquet", schemas.Intent)
    assert len(rows) == 5
