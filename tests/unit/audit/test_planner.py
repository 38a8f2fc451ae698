"""Counts from the configuration, rates from benchmarks and journals, and a table that says what it does not know."""

import json
from pathlib import Path

import pytest

from clca.audit.bounds import Bounds
from clca.audit.jobs import Files, Job, Workflow
from clca.audit.measured import Measured
from clca.audit.measured import measured as find_measured
from clca.audit.planner import rows, told
from clca.audit.rates import measure

SAMPLING = {"temperature": 0.7, "max_tokens": 100}
CONFIG = {
    "pathvars": {"results": "results", "benchmarks": "benchmarks"},
    "author": "paid",
    "judge": "paid",
    "models": {
        "paid": {"engine": "openai", "source": "p", "max_model_len": 1100, "price": {"input": 10, "output": 20}},
        "small": {"source": "embedded"},
        "large": {"source": "owner/large"},
    },
}


def job(rule: str, output: str, *inputs: str, wildcards: dict | None = None, gpu: int = 1, **params) -> Job:
    plain = ("forms", "journal")
    texts = {
        key: value if key in plain or isinstance(value, str | int) else json.dumps(value)
        for key, value in params.items()
    }
    return Job(
        rule=rule,
        wildcards=wildcards or {},
        input=Files(values=list(inputs)),
        output=Files(values=[output]),
        params=Files(values=list(texts.values()), names=texts),
        resources={"gpu": gpu},
        log=["a.log"],
        benchmark=f"benchmarks/{rule}.jsonl",
        runs=True,
    )


def chain(culture: str, model: str, total: int | None = None) -> list[Job]:
    """The jobs behind one scorecard's adapter and answers."""
    at = f"results/{culture}"
    names = {"culture": culture, "model": model, "teacher": model}
    sources = [{"kind": "normbank", "take": 3}]
    variant = {"tasks": ["perspective", "intent"]}
    steps = {"epochs": 3, "batch_size": 2, "accumulation": 4}
    return [
        job(
            "adapted_scenarios", f"{at}/s", wildcards={"culture": culture}, gpu=0,
            config={"seeds": 4, "norms": 2, "per_norm": 5, "attempts": 4, "sampling": SAMPLING},
            sources=sources, total=json.dumps(total), journal="j",
        ),
        job(
            "dialogues", f"{at}/d", f"{at}/s", wildcards=names,
            config={"takes": 2, "turns": 8, "attempts": 3, "sampling": SAMPLING}, journal="j",
        ),
        job(
            "judgements", f"{at}/j", f"{at}/d", wildcards=names, gpu=0,
            config={"attempts": 2, "sampling": SAMPLING}, journal="j",
        ),
        job("filtered", f"{at}/f", f"{at}/d", f"{at}/j", wildcards=names),
        job(
            "intents", f"{at}/i", f"{at}/f", wildcards=names, config={"attempts": 2, "sampling": SAMPLING}, journal="j"
        ),
        job("examples", f"{at}/e", f"{at}/f", f"{at}/i", wildcards=names),
        job("adapter", f"{at}/a", f"{at}/e", wildcards=names, config=steps, variant=variant),
        job("personas", f"{at}/p", personas=10),
        job("answers", f"{at}/x", f"{at}/p", wildcards=names, forms=["constrained"], journal=["j"]),
        job(
            "adapter_answers", f"{at}/y", f"{at}/p", f"{at}/a", wildcards=names,
            forms=["constrained", "free_text"], journal=["j", "k"],
        ),
        job("anthropological_answers", f"{at}/z", f"{at}/p", wildcards=names, personas=5, journal="j"),
    ]  # fmt: skip


def counted(jobs: list[Job]) -> dict[str, tuple[int, int, int]]:
    bounds = Bounds(jobs)
    return {one.rule: bound for one in jobs if (bound := bounds.of(one)) is not None}


def test_requests_are_counted_from_the_configuration():
    assert counted(chain("japan", "small")) == {
        "adapted_scenarios": (17, 68, 100),
        "dialogues": (17 * 2 * 8, 17 * 2 * 8 * 3, 100),
        "judgements": (17 * 2 * 2, 17 * 2 * 2 * 2, 100),
        "intents": (17 * 2 * 8, 17 * 2 * 8 * 2, 100),
        # 34 dialogues of three examples, three times, in steps of eight.
        "adapter": (39, 39, 1),
        "answers": (11 * 44, 11 * 44, 1),
        "adapter_answers": (10 * 44 * 2, 10 * 44 * 2, 48),
        "anthropological_answers": (5 * 44 * 2, 5 * 44 * 2, 1),
    }


def test_a_culture_s_total_bounds_its_scenarios_and_all_that_follows():
    found = counted(chain("japan", "small", total=5))
    assert (found["adapted_scenarios"][0], found["dialogues"][0], found["judgements"][0]) == (5, 80, 20)


def test_a_matched_adapter_has_the_steps_of_what_it_is_matched_with():
    jobs = chain("japan", "small")
    for one in jobs:
        if one.rule == "examples":
            one.params = Files(values=[], names={"variant": json.dumps({"tasks": ["perspective", "intent"]})})
    topics = {"topics": ["tea", "boats"], "scenarios": 10}
    jobs += [
        job("topic_scenarios", "w/s", "results/japan/s", **topics),
        job("dialogues", "w/d", "w/s", config={"takes": 3, "turns": 4, "attempts": 1, "sampling": SAMPLING}),
        job("variant_examples", "w/e", "w/d", "results/japan/e"),
        job("adapter", "w/a", "w/e", config={"epochs": 3, "batch_size": 2, "accumulation": 4},
            variant={"tasks": ["perspective"]}),
    ]  # fmt: skip
    jobs[-2].input.names["clca"] = "results/japan/e"
    bounds = Bounds(jobs)
    assert bounds.of(jobs[-3]).once == 10 * 3 * 4
    assert bounds.of(jobs[-1]).once == bounds.of(next(one for one in jobs if one.rule == "adapter")).once


def written(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


def replies(count: int, *timed: dict[str, float], process: int = 1) -> None:
    """What a process left in the journal of Japan's dialogues."""
    line = json.dumps({"key": "k", "reply": {"prompt_tokens": 50, "completion_tokens": 10}})
    file = f"results/journal/japan/d/host-{process}-1"
    written(f"{file}.jsonl", f"{line}\n" * count)
    written(f"{file}.rates", "".join(f"{json.dumps(row)}\n" for row in timed))


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workflow:
    """Dialogues of Japan that took 80 s for 136 requests, half of all, and 20 s to load; Mexico's are planned."""
    monkeypatch.chdir(tmp_path)
    # The last run found all in the journal.
    written("benchmarks/d.jsonl", json.dumps({"s": 2.0}))
    written("results/japan/d", "rows\n")
    replies(136, {"asked": 100, "seconds": 60.0, "loading": 20.0}, {"asked": 36, "seconds": 20.0, "loading": 0.0})
    japan = chain("japan", "small")
    for one in japan:
        one.runs = False
    entry = Measured(
        rule="dialogues",
        wildcards={"culture": "japan", "teacher": "small"},
        benchmark="benchmarks/d.jsonl",
        journal=["results/journal/japan/d"],
        output=["results/japan/d"],
    )
    return Workflow(config=CONFIG, strays=[], measured=[entry], jobs=japan + chain("mexico", "small"))


def test_a_finished_job_gives_rates_for_the_same_rule_and_model(measured: Workflow):
    (row,) = (row for row in rows(measured) if row.rule == "dialogues")
    assert (row.jobs, row.requests) == (1, 272)
    # From as few as Japan's to all of them, and the model is loaded once.
    assert row.hours == pytest.approx(((80 + 20) / 3600, (80 * 2 + 20) / 3600))
    assert row.prompt_tokens == pytest.approx((136 * 50, 272 * 50))
    assert row.completion_tokens == pytest.approx((136 * 10, 272 * 10))


def test_replies_under_former_settings_count_up_to_every_repeat_and_no_further(measured: Workflow):
    replies(272 * 3 + 500)
    assert measure(measured)["dialogues", "small"].asked == [3]


def test_a_journal_without_times_gives_no_speed(measured: Workflow):
    replies(136)
    rate = measure(measured)["dialogues", "small"]
    assert (rate.seconds, rate.prompt_tokens) == ([], [50.0])


def test_rules_that_share_a_journal_have_its_rates_and_no_share_of_what_was_asked(measured: Workflow):
    (one,) = measured.measured
    written("results/japan/all", "rows\n")
    other = {"rule": "intents_of_all", "output": [Path("results/japan/all")]}
    measured.measured.append(one.model_copy(update=other))
    rates = measure(measured)
    for rule in ("dialogues", "intents_of_all"):
        assert (rates[rule, "small"].seconds, rates[rule, "small"].asked) == ([80 / 136], [])


@pytest.mark.parametrize(
    ("log", "seconds"),
    [
        ("... INFO clca.training.finetune: adapter: going on from checkpoint-30\nmore\n", [90 / 9]),
        ("nothing of the kind\n", [90 / 39]),
        ("adapter: going on from checkpoint-39\n", []),
        (None, []),
    ],
    ids=["resumed", "whole", "nothing was left", "no log"],
)
def test_a_run_of_training_is_timed_by_the_steps_that_it_took(measured: Workflow, log: str | None, seconds: list):
    written("benchmarks/a.jsonl", json.dumps({"s": 90.0}))
    written("results/japan/a", "weights")
    written("results/japan/training_log.jsonl", '{"step": 1}\n{"step": 39}\n')
    if log is not None:
        written("logs/a.log", log)
    names = {"culture": "japan", "model": "small"}
    measured.measured = [
        Measured(rule="adapter", wildcards=names, benchmark="benchmarks/a.jsonl", log=["logs/a.log"],
                 output=["results/japan/a"])
    ]  # fmt: skip
    rate = measure(measured)["adapter", "small"]
    assert (rate.seconds, rate.size) == (seconds, [7 / 39])


def over_shards(jobs: list[Job], count: int) -> list[Job]:
    """The same jobs with those of shards that dialogues and answers wait for."""
    shards = []
    for one in jobs:
        if one.rule in ("dialogues", "answers"):
            marks = [f"{one.outputs[0]}.{number}" for number in range(1, count + 1)]
            for number, mark in enumerate(marks, 1):
                update = {
                    "rule": f"{one.rule}_shard",
                    "wildcards": one.wildcards | {"scatteritem": f"{number}-of-{count}", "edition": "0" * 8},
                    "output": Files(values=[mark]),
                    "temporary": True,
                }
                shards.append(one.model_copy(update=update))
            one.input = Files(values=[*one.inputs, *marks], names={"shards": marks})
    return jobs + shards


def test_shards_ask_all_that_their_artifact_asks_and_load_the_model_each(measured: Workflow):
    measured.jobs = measured.jobs[:11] + over_shards(chain("mexico", "small"), 3)
    found = {row.rule: row for row in rows(measured)}
    for rule, jobs_before in (("dialogues", (272, 816)), ("answers", (484, 484))):
        shards, artifact = found[f"{rule}_shard"], found[rule]
        assert (shards.model, shards.jobs, shards.requests, shards.at_most) == ("small", 3, *jobs_before)
        assert (artifact.model, artifact.jobs, artifact.requests, artifact.hours) == ("small", 1, 0, None)
    assert found["dialogues_shard"].hours == pytest.approx(((80 + 3 * 20) / 3600, (80 * 2 + 3 * 20) / 3600))
    assert found["answers_shard"].hours is None
    assert any(line.startswith("answers_shard") and "?" in line for line in told(measured, rows(measured)))


def test_what_was_made_over_shards_is_measured_once(measured: Workflow):
    replies(136, {"asked": 136, "seconds": 80.0, "loading": 20.0})
    replies(136, {"asked": 136, "seconds": 40.0, "loading": 30.0}, process=2)
    measured.measured += measured.measured
    measured.jobs = over_shards(measured.jobs[:11], 2) + measured.jobs[11:]
    rate = measure(measured)["dialogues", "small"]
    assert (rate.seconds, sorted(rate.loading), rate.asked) == ([120 / 272], [20.0, 30.0], [1.0])


def test_a_shard_s_files_are_found_where_a_wildcard_s_constraint_counts_its_letters(measured: Workflow):
    written("benchmarks/japan/1-of-2.0123abcd.jsonl", json.dumps({"s": 2.0}))
    rule = {
        "rule": "dialogues",
        "benchmark": r"benchmarks/(?P<culture>\w+)/(?P<scatteritem>\d+-of-\d+)\.(?P<edition>[0-9a-f]{8})\.jsonl$",
        "log": [r"logs/{culture,japan|mexico}/{scatteritem,\d+-of-\d+}.{edition,[0-9a-f]{8}}.log"],
        "journal": ["journal/{culture}"],
        "output": ["results/{culture,japan|mexico}/d"],
    }
    (found,) = find_measured([rule], Path("benchmarks"))
    assert (found.log, found.journal) == ([Path("logs/japan/1-of-2.0123abcd.log")], [Path("journal/japan")])


def test_what_was_never_measured_is_said_to_be_so(measured: Workflow):
    lines = told(measured, rows(measured))
    (dialogues,) = (line.split() for line in lines if line.startswith("dialogues"))
    (intents,) = (line.split() for line in lines if line.startswith("intents"))
    assert "?" not in dialogues
    assert intents[3:] == ["272", "544", *"?????"]
    assert any(line.endswith("without 7 of 8 rows that were never measured.") for line in lines)


def test_another_model_s_rates_are_not_this_one_s(measured: Workflow):
    measured.jobs = measured.jobs[:11] + chain("mexico", "large")
    (row,) = (row for row in rows(measured) if row.rule == "dialogues")
    assert row.hours is None


def test_a_hosted_model_costs_at_most_what_its_length_allows(measured: Workflow):
    found = {row.rule: row for row in rows(measured) if row.model == "paid"}
    assert set(found) == {"adapted_scenarios", "judgements"}
    assert found["adapted_scenarios"].most == pytest.approx(68 * (1000 * 10 + 100 * 20) / 1e6)
    (line,) = (line for line in told(measured, rows(measured)) if "of paid" in line)
    assert "not measured; at the very most 2.45 USD" in line


def test_a_hosted_model_without_a_price_is_told_where_to_give_one(measured: Workflow):
    models = CONFIG["models"] | {"paid": {"engine": "openai", "source": "p"}}
    measured.config = CONFIG | {"models": models}
    assert any("set models.paid.price" in line for line in told(measured, rows(measured)))
