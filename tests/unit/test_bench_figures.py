"""What the bench makes of its measurements: ratios, growth, bounds, and goals that are met or missed."""

import json
import math

import pytest
from bench_row import Done, Goal, Row, Side
from bench_rows import every
from bench_table import markdown, write
from measure import Call, Line, Measured, Ran, exponent, line, ratio
from roofline import operations, unshared
from rows_model import with_load

FACTS = {"date": "d", "commit": "c", "cpu": "p", "cores": 2, "memory GB": 8.0, "load before": 0.0}


def calls(*pairs, **facts):
    return [Call(1, units, seconds, facts) for units, seconds in pairs]


def measured(ours, reference=None, growth=(), capacity=None, goals=()):
    row = Row("r", "a row", "answer", Side, 1, (1,), 1, goals=goals)
    theirs = None if reference is None else Ran(reference, load=4.0, peak=50.0)
    return Measured(row, Ran(ours, load=10.0, peak=100.0), list(growth) or calls((1, 1)), theirs, capacity)


def test_ratio_is_the_geometric_mean_and_its_interval_holds_it_and_widens_with_the_spread():
    narrow, wide = ratio([9.0, 10.0, 100 / 9]), ratio([5.0, 10.0, 20.0])
    for found in (narrow, wide):
        assert found["ratio"] == pytest.approx(10)
        assert found["low"] < 10 < found["high"]
    # Student's t with two degrees of freedom, by hand.
    half = 4.302653 * math.log(2) / math.sqrt(3)
    assert (wide["low"], wide["high"]) == (pytest.approx(10 / math.exp(half)), pytest.approx(10 * math.exp(half)))
    assert narrow["low"] > wide["low"]
    assert ratio([3.0]) == {"ratio": pytest.approx(3)}


def test_growth_is_the_power_of_the_units_and_unknown_of_one_size():
    assert exponent(calls((10, 1), (20, 4), (40, 16)))["exponent"] == pytest.approx(2)
    assert exponent(calls((10, 3), (10, 4))) == {}


def test_rates_are_medians_and_rounds_are_compared_in_pairs():
    found = line(measured(calls((10, 1), (10, 2), (10, 5)), calls((1, 1), (1, 2), (1, 5)))).figures
    assert (found["rate"], found["seconds"], found["reference rate"]) == (5, 2, 0.5)
    assert found["ratio"] == pytest.approx(10)
    assert found["low"] == pytest.approx(found["high"])
    assert found["memory ratio"] == 2


def test_share_of_the_bound_is_the_time_that_the_machine_needs_at_least():
    found = line(measured(calls((100, 4.0), bounded=300.0), capacity=100.0)).figures
    assert found["bound share"] == pytest.approx(0.75)
    assert found["bound rate"] == pytest.approx(100 / 3)


def test_line_with_load_counts_each_side_s_own():
    one = with_load(measured(calls((220, 1), (220, 1)), calls((2.2, 1), (2.2, 1))))[0].figures
    assert one["seconds"] == pytest.approx(10 + 2200 / 220)
    assert one["reference seconds"] == pytest.approx(4 + 2200 / 2.2)
    assert one["ratio"] == pytest.approx(1004 / 20)


def test_tokens_after_a_prefix_that_another_prompt_has_are_new():
    prompts = [[1, 2, 3], [1, 2, 4, 5], [1, 2], [9], [1, 2, 3]]
    # 1 2 3, then 4 5 after 1 2, then 9; each sees what stands before it and itself.
    assert unshared(prompts) == (6, 1 + 2 + 3 + 3 + 4 + 1)


def test_operations_are_those_of_the_matrices(tmp_path):
    config = {"hidden_size": 8, "num_hidden_layers": 3, "intermediate_size": 16, "vocab_size": 32}
    config |= {"num_attention_heads": 2, "num_key_value_heads": 1}
    (tmp_path / "config.json").write_text(json.dumps(config))
    matrices = 3 * (8 * 8 + 2 * 8 * 4 + 8 * 8 + 3 * 8 * 16)
    attention = 3 * 2 * 2 * 8 * (1 + 2)
    assert operations([[5, 6]], tmp_path) == 2 * matrices * 2 + attention + 2 * 8 * 32


def test_goals_are_printed_as_met_or_missed_by_the_machine_s_own_limit(tmp_path):
    goals = (Goal("ratio", ">=", 100, native=250), Goal("seconds", "<=", 1), Goal("nothing", ">=", 1))
    lines = [Line("r", "a row", "answer", {"rate": 2.0, "seconds": 0.5, "ratio": 120.0, "memory": 3.0}, goals)]
    for native, said, met in ((False, "| 120 | met |", True), (True, "| 120 | **missed** |", False)):
        text = write(tmp_path, FACTS | {"native bfloat16": native}, lines)
        assert said in text
        assert "| not measured |" in text
        machine, row = map(json.loads, (tmp_path / "bench.jsonl").read_text().splitlines())
        assert machine["machine"]["native bfloat16"] is native
        assert [goal["met"] for goal in row["goals"]] == [met, True, False]
        assert (tmp_path / "bench.md").read_text() == text


def test_every_goal_of_a_row_is_on_a_figure_that_it_can_have():
    about = {"rate", "seconds", "ratio", "memory ratio", "bound share"}
    about |= {"with torch or vllm where not needed", "model libraries imported"}
    for row in every():
        assert {goal.figure for goal in row.goals} <= about
        assert len(row.growth) == 3
        assert row.rounds >= 2
        assert row.reference is None or (row.reference_size or row.size) * row.rounds >= 9
    assert len({row.name for row in every()}) == len(every())


def test_a_line_without_reference_and_bound_has_dashes():
    side = line(measured(calls((3, 1.5)))).figures
    text = markdown(FACTS | {"native bfloat16": False}, [Line("r", "a row", "answer", side)])
    assert "| a row | 2 answer/s, 1.5 s | - | - | - | 100 | - |" in text
    assert Done(3).seconds is None
