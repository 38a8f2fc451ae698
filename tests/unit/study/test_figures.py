"""Figures hold the numbers that polars gives, in the order they promise; names, whatever they hold, only show."""

import json
import re
import xml.etree.ElementTree as ElementTree
import zlib

import altair as alt
import numpy as np
import polars as pl
import pytest
import vl_convert
from made_up_study import answers as made_up
from scorecards import YARDSTICKS, scorecard

from clca.engines.journal import Journal
from clca.errors import InputError
from clca.study import drawing, figure_tables, figures, run_figures, run_table
from clca.survey.columns import ITEMS
from clca.survey.questionnaire import OPTION_COUNTS, load

HOSTILE = """</text><script>alert(1)</script> "quoted" 'single' \\u003c & ]]> ${x} datum.value"""
NUMBERS = {"kl_paper": 0.6, "kl": 2.0, "jsd": 0.5, "emd": 0.4, "accuracy": 0.3}


def rows_of(chart, *columns: str) -> list[dict]:
    """All rows that a chart holds, in every layer and panel, with these columns."""
    found = []

    def walk(part):
        if isinstance(part, dict):
            if set(columns) <= part.keys():
                found.append({name: part[name] for name in columns})
            for one in part.values():
                walk(one)
        elif isinstance(part, list):
            for one in part:
                walk(one)

    walk(chart if isinstance(chart, dict) else chart.to_dict())
    return [row for number, row in enumerate(found) if row not in found[:number]]


def first(chart, key: str):
    """The first value of a key anywhere in a chart's specification."""

    def walk(part):
        if isinstance(part, dict):
            if key in part:
                return part[key]
            part = list(part.values())
        if isinstance(part, list):
            return next((found for one in part if (found := walk(one)) is not None), None)
        return None

    return walk(chart if isinstance(chart, dict) else chart.to_dict())


@pytest.fixture
def card():
    made = scorecard("m", "japan", {"persona": NUMBERS, "cultural": NUMBERS, "clca": NUMBERS | {"jsd": 0.41}})
    for value in (made["methods"]["cultural"][name] for name in NUMBERS):
        value["low"] = value["high"] = None
    return made


def test_a_scorecard_s_figure_holds_its_numbers_with_their_intervals(card):
    chart = figures.scorecard(figure_tables.card_numbers(card), "title")
    shown = rows_of(chart, "name", "metric", "value", "low", "high")
    by_place = {(row["name"], row["metric"]): row for row in shown}
    assert len(by_place) == len(shown) == (5 + len(YARDSTICKS)) * len(figures.AXES)
    jsd = card["methods"]["clca"]["jsd"]
    assert by_place["clca", "jsd"] == {"name": "clca", "metric": "jsd", **{k: round(v, 6) for k, v in jsd.items()}}
    for name in YARDSTICKS:
        assert by_place[figures.PREDICTORS[name], "emd"]["value"] == pytest.approx(card["yardsticks"][name]["emd"])


def test_one_prompt_is_shown_as_what_is_expected_of_it(card):
    numbers = figure_tables.card_numbers(card)
    expected = {f"{name} (expected)" for name in ("persona", "cultural", "clca")}
    assert set(numbers.filter(kind="method")["name"]) == {"persona", "clca", *expected}
    expected = card["methods"]["cultural"]["expected"]["emd"]
    assert numbers.filter(name="cultural (expected)", metric="emd")["value"].item() == expected["value"]


@pytest.fixture(scope="module")
def questions():
    return load("config/questionnaire/en.yaml")


@pytest.fixture(scope="module")
def answered(questions):
    """Answers of two methods, people's shares, gaps by item, and the figure's table of them."""
    rng = np.random.default_rng(5)
    methods = {name: made_up(name, [f"r{n}" for n in range(30)], rng) for name in ("persona", "clca")}
    human = {question: rng.dirichlet(np.ones(OPTION_COUNTS[question])) for question in ITEMS}
    gap = {question: float(rng.random()) for question in ITEMS}
    return methods, human, gap, figure_tables.answered(human, methods, gap, questions)


def test_answers_are_the_shares_that_polars_counts(answered):
    methods, human, _, table = answered
    for name, rows in methods.items():
        counted = rows.group_by("question", "option").len().with_columns(share=pl.col("len") / 30)
        shown = table.filter(pl.col("who") == name, pl.col("share") > 0)
        both = shown.join(counted, on=["question", "option"], suffix="_counted")
        assert both.height == counted.height
        assert both["share"].to_list() == pytest.approx(both["share_counted"].to_list())
    people = table.filter(who="people", question="Q27")["share"].to_list()
    assert people == pytest.approx(list(human["Q27"]))


def test_answers_come_by_their_gap_and_every_bar_is_whole(answered):
    *_, gap, table = answered
    chart = figures.answers(table, "title")
    by_gap = sorted(gap, key=gap.get, reverse=True)
    assert [item.partition(" ")[0] for item in first(chart, "facet")["sort"]] == by_gap
    segments = pl.DataFrame(rows_of(chart, "item", "who", "option", "start", "end", "share"))
    assert segments.height == table.height
    whole = segments.group_by("item", "who").agg(pl.col("start").min(), pl.col("end").max())
    assert (whole["start"].abs().max(), whole["end"].min()) == pytest.approx((0, 1), abs=1e-5)


def test_an_answer_that_is_no_option_has_a_segment_without_a_place(answered, questions):
    methods, human, gap, _ = answered
    lacking = methods["clca"].with_columns(
        option=pl.when(pl.col("respondent") == "r0").then(None).otherwise(pl.col("option"))
    )
    table = figure_tables.answered(human, {"clca": lacking}, gap, questions)
    rows = rows_of(figures.answers(table, "t"), "option", "label", "position", "share")
    none = [row for row in rows if row["option"] is None]
    assert none == [{"option": None, "label": "", "position": None, "share": pytest.approx(1 / 30, abs=1e-6)}]


def test_what_moved_comes_in_the_order_of_its_way(questions):
    scores = pl.DataFrame(
        [
            {"method": method, "question": f"Q{n}", "jsd": jsd}
            for n, both in enumerate([(0.5, 0.2), (0.1, 0.4), (0.3, 0.3), (0.3, 0.29)], start=1)
            for method, jsd in zip(("persona", "clca"), both, strict=True)
        ]
    )
    chart = figures.movement(figure_tables.item_moves(scores, questions), "title")
    shown = rows_of(chart, "item", "before", "after", "direction")
    assert [row["item"][:2] for row in shown] == ["Q1", "Q4", "Q3", "Q2"]
    assert [row["direction"] for row in shown] == ["towards", "towards", "still", "away"]
    assert (shown[0]["before"], shown[0]["after"]) == (0.5, 0.2)


def test_a_matrix_says_where_a_scorecard_is_missing():
    cultures = ["japan", "mexico"]
    effects = pl.DataFrame(
        [
            {"model": "m", "method": "clca-seed1", "metric": "jsd", "adapter": a, "culture": b, "value": value}
            for (a, b), value in zip(
                [(a, b) for a in cultures for b in cultures], (-0.1, 0.02, None, 0.05), strict=True
            )
        ]
    )
    chart = figures.specificity(effects, "title")
    assert [row["value"] for row in rows_of(chart, "adapter", "culture", "value")] == [-0.1, 0.02, None, 0.05]
    svg = vl_convert.vegalite_to_svg(json.dumps(drawing.spec(chart)))
    assert [text for text in ("−0.100", "+0.020", "missing", "+0.050") if text not in svg] == []


def test_each_measure_of_the_matrices_has_colours_and_a_unit_of_its_own():
    effects = pl.DataFrame(
        [_EFFECT | {"metric": metric, "value": value} for metric, value in (("jsd", 0.1), ("kl", -2.0))]
    )
    chart = figures.specificity(effects, "title").to_dict()
    assert chart["resolve"] == {"scale": {"color": "independent"}}
    colours = [first(part, "color") for part in chart["vconcat"]]
    assert [colour["scale"]["domain"] for colour in colours] == [[-0.1, 0, 0.1], [-2.0, 0, 2.0]]
    told = [colour["legend"]["title"] for colour in colours]
    assert told == [f"change of {of}: below 0 is nearer" for of in ("jsd (distance, 0 to .83)", "kl (nats)")]
    assert [row["strong"] for row in rows_of(chart, "value", "strong")] == [True, True]


@pytest.fixture
def data(scenario_row, utterance_rows):
    """Four dialogues of two scenarios: one kept, two dropped as bad, one cut off; three turns' intents."""
    dropped = [("s1", 2, "quality bad"), ("s2", 1, "quality bad"), ("s2", 2, "cut off")]
    return {
        "scenarios": pl.DataFrame([scenario_row("s1"), scenario_row("s2") | {"source": "norm"}]),
        "dialogues": pl.DataFrame(
            [row for name in ("s1", "s2") for take in (1, 2) for row in utterance_rows(name, take)]
        ),
        "dropped": pl.DataFrame(dropped, schema=["scenario_id", "take", "reason"], orient="row"),
        "intents": pl.DataFrame({"relation": ["cultural", "generic", "generic", None]}),
    }


def test_a_funnel_counts_what_polars_counts_and_drops_hang_where_they_fall(data):
    counts = figure_tables.counted("japan", **data)
    chart = run_figures.funnel(counts, "title")
    shown = {row["what"]: row for row in rows_of(chart, "what", "start", "end", "count")}
    assert {name: row["count"] for name, row in shown.items()} == {
        "from seeds": 1,
        "from norms": 1,
        "played": 4,
        "dropped: quality bad": 2,
        "dropped: meta bad": 0,
        "dropped: not judged": 0,
        "dropped: cut off": 1,
        "kept": 1,
        "cultural intent": 1,
        "generic intent": 2,
        "no valid intent": 1,
    }
    assert (shown["dropped: quality bad"]["start"], shown["dropped: quality bad"]["end"]) == (2, 4)
    assert (shown["dropped: cut off"]["start"], shown["dropped: cut off"]["end"]) == (1, 2)


def test_losses_are_those_of_the_log(tmp_path):
    log = tmp_path / "training_log.jsonl"
    lines = [{"step": 1, "loss": 3.5, "learning_rate": 0.1}, {"step": 1, "heldout_loss": 3.4}, {"step": 2, "loss": 3.0}]
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    chart = run_figures.losses(figure_tables.logged(str(log)), "title")
    shown = {(row["data"], row["step"], row["loss"]) for row in rows_of(chart, "data", "step", "loss")}
    assert shown == {("training", 1, 3.5), ("held-out", 1, 3.4), ("training", 2, 3.0)}


def test_a_torn_log_is_told_in_a_line(tmp_path):
    (tmp_path / "log.jsonl").write_text('{"step": 1, "lo')
    with pytest.raises(InputError, match=r"log\.jsonl: not a training log .*; delete it and train again"):
        figure_tables.logged(str(tmp_path / "log.jsonl"))


@pytest.fixture
def ran(tmp_path):
    """What is left of two jobs of answers, one of them in two runs and paid, and of a training."""
    rules = []
    for name, output in (("answers", "{model}/{culture}/a.parquet"), ("adapter", "{model}/{culture}/w.safetensors")):
        pattern = rf"{tmp_path}/benchmarks/(?P<model>\w+)/(?P<culture>\w+)/{name}\.jsonl"
        log = f"{tmp_path}/logs/{{model}}/{{culture}}/{name}.log"
        journal = [f"{tmp_path}/r/journal/{output}"] if name == "answers" else []
        files = {"output": [f"{tmp_path}/r/{output}"], "log": [log], "journal": journal}
        rules.append({"rule": name, "benchmark": pattern, **files})
        for culture in ("japan", "mexico") if name == "answers" else ("japan",):
            made = tmp_path / "r/m" / culture / output.rpartition("/")[2]
            benchmark = tmp_path / "benchmarks/m" / culture / f"{name}.jsonl"
            for path in (made, benchmark):
                path.parent.mkdir(parents=True, exist_ok=True)
            made.touch()
            benchmark.write_text('{"s": 7.0}\n')
    journal = tmp_path / "r/journal/m/japan/a.parquet"
    journal.mkdir(parents=True)
    Journal(journal).timed(10, 100.0, 20.0)
    Journal(journal).timed(10, 50.0, 0.0)
    usage = tmp_path / "logs/m/japan/answers.usage.json"
    usage.parent.mkdir(parents=True)
    usage.write_text('{"cost_usd": 1.25}')
    return run_table.took(rules, tmp_path / "benchmarks", {"author": "m", "judge": "m"})


def test_time_and_cost_are_those_of_all_runs_of_all_jobs(ran):
    # The second job of answers has no journal: its benchmark file speaks.
    assert ran.rows() == [("adapter", "m", 1, 0.0, 7.0, None), ("answers", "m", 2, 20.0, 157.0, 1.25)]
    chart = run_figures.runs(ran, "title")
    assert [row["told"] for row in rows_of(chart, "told", "name")] == ["2 jobs, 1.25 USD", "1 job"]
    times = {(row["name"], row["kind"]): row["time"] for row in rows_of(chart, "name", "kind", "time")}
    assert times["answers (m)", "asking or training"] == pytest.approx(157 / 60, abs=1e-5)
    assert times["answers (m)", "loading the model"] == pytest.approx(20 / 60, abs=1e-5)


def test_a_journal_that_two_rules_share_is_counted_once(tmp_path):
    rules = []
    for rule, file in (("intents", "intents"), ("intents_of_all", "intents.unfiltered")):
        (tmp_path / f"{file}.out").touch()
        (tmp_path / f"{file}.jsonl").write_text('{"s": 600.0}\n')
        pattern = rf"{tmp_path}/(?P<teacher>){re.escape(file)}\.jsonl"
        files = {"log": ["a.log"], "journal": [str(tmp_path / "journal")], "output": [str(tmp_path / f"{file}.out")]}
        rules.append({"rule": rule, "benchmark": pattern, **files})
    (tmp_path / "journal").mkdir()
    for seconds in (1000.0, 600.0):
        Journal(tmp_path / "journal").timed(10, seconds, 5.0)
    found = run_table.took(rules, tmp_path, {"author": "m", "judge": "m"})
    assert found.rows() == [("intents", "", 2, 10.0, 1600.0, None)]


def test_nothing_ran_is_a_figure_too():
    nothing = run_figures.runs(pl.DataFrame(schema=run_table.SCHEMA), "t")
    svg = vl_convert.vegalite_to_svg(json.dumps(drawing.spec(nothing)))
    assert "seconds of all jobs together" in svg


_COUNT = {"culture": HOSTILE, "what": HOSTILE, "start": 0, "end": 3, "count": 3}
_STAGES = ("scenarios", "dialogues", "turns of kept dialogues")
_EFFECT = {"model": HOSTILE, "method": "clca", "metric": "jsd", "adapter": HOSTILE, "culture": HOSTILE, "value": 0.1}
_JOB = {"rule": "answers", "model": HOSTILE, "jobs": 1, "loading": 1.0, "working": 9.0, "cost": None}
_SHARE = {"item": HOSTILE, "who": HOSTILE, "option": 1, "options": 2, "share": 1.0, "gap": 0.1}
_NUMBER = {"name": HOSTILE, "kind": "method", "value": 0.5, "low": 0.4, "high": 0.6}
# Figures in which all that a user may name is hostile: what draws them, and their rows.
HOSTILE_CHARTS = {
    "scorecard": (figures.scorecard, [_NUMBER | {"metric": one} for one in figures.AXES]),
    "answers": (figures.answers, [_SHARE]),
    "movement": (figures.movement, [{"item": HOSTILE, "before": 0.5, "after": 0.4}]),
    "specificity": (figures.specificity, [_EFFECT]),
    "losses": (run_figures.losses, [{"data": "training", "step": step, "loss": 2.0} for step in (1, 2)]),
    "funnel": (run_figures.funnel, [_COUNT | {"stage": stage} for stage in _STAGES]),
    "runs": (run_figures.runs, [_JOB]),
}


@pytest.mark.parametrize(("drawn", "rows"), HOSTILE_CHARTS.values(), ids=HOSTILE_CHARTS)
def test_hostile_names_only_show(drawn, rows, tmp_path):
    path = tmp_path / "a.svg"
    drawing.write(drawn(pl.DataFrame(rows, schema_overrides={"cost": pl.Float64}), HOSTILE), [str(path)])
    root = ElementTree.fromstring(path.read_text())
    assert {part.tag.rpartition("}")[2] for part in root.iter()} <= {
        "svg", "g", "path", "text", "tspan", "rect", "line", "defs", "clipPath", "linearGradient", "stop", "title",
    }  # fmt: skip
    # A title is never cut, as labels of axes are.
    assert HOSTILE in ["".join(part.itertext()) for part in root.iter() if part.tag.endswith("text")]
    assert "href" not in path.read_text()


def test_a_figure_is_the_same_byte_for_byte(tmp_path, card):
    paths = [[str(tmp_path / f"{n}.{suffix}") for suffix in ("svg", "png")] for n in range(2)]
    for one in paths:
        drawing.write(figures.scorecard(figure_tables.card_numbers(card), "title"), one)
    for one, other in zip(*paths, strict=True):
        content = (tmp_path / one).read_bytes()
        assert content == (tmp_path / other).read_bytes()
        assert len(content) > 1000


def test_packing_a_picture_changes_no_pixel():
    chart = alt.Chart(alt.InlineData(values=[{"x": 1}])).mark_point().encode(x="x:Q")
    png = vl_convert.vegalite_to_png(json.dumps(drawing.spec(chart)))
    packed = drawing.packed(png)

    def pixels(content: bytes) -> bytes:
        place, found = 8, b""
        while place < len(content):
            size = int.from_bytes(content[place : place + 4], "big")
            kind, body = content[place + 4 : place + 8], content[place + 8 : place + 8 + size]
            assert zlib.crc32(kind + body) == int.from_bytes(content[place + 8 + size : place + 12 + size], "big")
            found += body if kind == b"IDAT" else b""
            place += size + 12
        return zlib.decompress(found)

    assert pixels(packed) == pixels(png)
    assert len(packed) < len(png)
