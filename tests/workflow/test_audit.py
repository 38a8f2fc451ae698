"""`clca verify` and `clca plan` on a finished run: what is changed by hand, lost or outdated is found by name."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest
from workdir import TARGET, TINY, Workdir

DATA, CARD = "results/demo/data/japan", "results/demo/smollm2/japan"
SOCIAL, JOURNAL = f"{DATA}/smollm2/social", "results/demo/journal"
ANSWERS = f"{CARD}/persona/answers.en.constrained.parquet"
ADAPTED = f"{CARD}/clca-seed42/answers.en.constrained.parquet"
ADAPTER = f"{CARD}/clca/seed42/adapter/adapter_model.safetensors"


def clca(workdir: Workdir, command: str, *arguments: str, configs: tuple[str, ...] = TINY) -> tuple[int, str]:
    """The command line on a configuration: exit status and what it printed."""
    configured = ["--configfile", *configs] if configs else []
    done = subprocess.run(
        [sys.executable, "-m", "clca", command, *configured, *arguments],
        cwd=workdir.path,
        env=workdir.environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr


def found(workdir: Workdir) -> dict[str, str]:
    """What verify finds: lines by the path that they begin with, and the group they stand in."""
    status, output = clca(workdir, "verify")
    assert status == 1, output
    assert "Traceback" not in output
    lines, group = {}, ""
    for line in output.splitlines()[:-1]:
        if line.startswith("  "):
            path, _, told = line.strip().partition(": ")
            assert ";" in told, f"no way out: {line}"
            lines[path] = f"{group}: {told}"
        else:
            group = line.partition(":")[0].partition(" ")[0]
    return lines


@pytest.fixture(scope="module")
def workdir(finished, tmp_path_factory: pytest.TempPathFactory) -> Workdir:
    """A copy of the finished run that was found right once."""
    copied = finished.workdir.copied(tmp_path_factory.mktemp("verified") / "run")
    # Beside the scorecard, a bare run makes the report on its data.
    status, output = copied.run(configs=TINY)
    assert status == 0, output
    status, output = clca(copied, "verify")
    assert (status, output.count("\n")) == (0, 1), output
    # The model's file and the adapter's four.
    assert "; 5 that only fetching or training makes were seen for the first time" in output
    return copied


@contextmanager
def put_back(*paths: Path):
    """Whatever is done to these files or folders is undone, times of change too."""
    kept = [(path, path.with_name(f"{path.name}.kept")) for path in paths]
    for path, copy in kept:
        shutil.copytree(path, copy) if path.is_dir() else shutil.copy2(path, copy)
    try:
        yield
    finally:
        for path, copy in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            copy.rename(path)


@contextmanager
def quietly(path: Path):
    """A change that leaves the time of the last one."""
    stat = path.stat()
    yield
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def flip(path: Path) -> None:
    """One bit of one byte near the end."""
    with quietly(path):
        content = bytearray(path.read_bytes())
        content[-100] ^= 1
        path.write_bytes(content)


def other_option(path: Path) -> None:
    """The sixth answer is another option."""
    with quietly(path):
        table = pl.read_parquet(path, memory_map=False)
        other = pl.when(pl.int_range(pl.len()) == 5).then(pl.col("option") % 2 + 1).otherwise(pl.col("option"))
        table.with_columns(option=other).write_parquet(path)


def reworded(column: str) -> Callable[[Path], None]:
    """Another text in the second row."""

    def change(path: Path) -> None:
        rows = [json.loads(line) for line in path.open()]
        rows[1][column] = "Edited by hand."
        with quietly(path):
            path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))

    return change


def better(path: Path) -> None:
    """A scorecard that looks better than it is."""
    card = json.loads(path.read_text())
    card["methods"]["clca"]["jsd"]["value"] = 0.001
    path.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n")


def instead(old: str, new: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return change


ADAPTER_FOLDER = str(Path(ADAPTER).parent)
FILTERED, CARD_TEXT = f"{SOCIAL}/filtered.jsonl", f"{ADAPTER_FOLDER}/README.md"

# Edits made together, each to be found on its own.
EDITS: dict[str, dict[str, Callable[[Path], None]]] = {
    "an adapter's byte, a scenario": {ADAPTER: flip, f"{DATA}/adapted_scenarios.jsonl": reworded("a_goal")},
    "an adapter's card, texts of models, an answer": {
        CARD_TEXT: instead("# ", "# My "),
        f"{SOCIAL}/dialogues.jsonl": reworded("utterance"),
        f"{SOCIAL}/judgements.jsonl": reworded("reasons"),
        f"{SOCIAL}/intents.jsonl": reworded("intent"),
        ANSWERS: other_option,
    },
    "an adapted model's answer, a scorecard": {ADAPTED: other_option, TARGET: better},
    "a row outside its schema, a torn file, a summary": {
        f"{SOCIAL}/dialogues.jsonl": instead('"turn":1,', '"turn":21,'),
        f"{SOCIAL}/intents.jsonl": lambda path: path.write_bytes(path.read_bytes()[:-20]),
        "results/demo/survey/japan/summary.json": instead('"rows": ', '"rows": 1'),
    },
}


@pytest.mark.parametrize("edits", EDITS.values(), ids=EDITS.keys())
def test_each_file_that_was_changed_by_hand_is_found_and_no_other(workdir, edits):
    with put_back(*(workdir.path / name for name in edits)):
        for name, change in edits.items():
            change(workdir.path / name)
        lines = found(workdir)
    assert set(lines) == set(edits)
    assert all(line.startswith("changed: ") for line in lines.values())


def test_an_adapter_s_scale_is_part_of_it(workdir):
    path = workdir.path / ADAPTER_FOLDER / "adapter_config.json"
    with put_back(path):
        instead('"r": 8', '"r": 9')(path)
        assert "adapter_config.json is not what" in found(workdir)[ADAPTER]


def test_edits_are_found_by_whoever_verifies_for_the_first_time(workdir):
    memory = workdir.path / JOURNAL / "verified.json"
    with put_back(memory, workdir.path / ADAPTER, workdir.path / ANSWERS):
        memory.unlink()
        flip(workdir.path / ADAPTER)
        other_option(workdir.path / ANSWERS)
        assert set(found(workdir)) == {ADAPTER, ANSWERS}


def test_deleted_journals_are_missing(workdir):
    journals = [name.replace("results/demo", JOURNAL) for name in (f"{SOCIAL}/dialogues.jsonl", ANSWERS, ADAPTED)]
    with put_back(*(workdir.path / journal for journal in journals)):
        for journal in journals:
            for file in (workdir.path / journal).iterdir():
                file.unlink()
        lines = found(workdir)
    assert set(lines) == set(journals)
    assert all(line.startswith("missing: the replies behind") for line in lines.values())


def test_lost_lines_of_a_journal_are_found(workdir):
    journal = f"{SOCIAL}/judgements.jsonl".replace("results/demo", JOURNAL)
    with put_back(workdir.path / journal):
        (file, *_) = (workdir.path / journal).glob("*.jsonl")
        *kept, one, other = file.read_text().splitlines(keepends=True)
        file.write_text("".join(kept))
        assert list(found(workdir)) == [journal]
        (workdir.path / JOURNAL / "verified.json").write_text("{}")
        lines = found(workdir)
    assert list(lines) == [journal]
    # Counted are dialogues, of which both lines may be of one: without the step, the seed's parts name it.
    lost = {tuple(json.loads(line)["seed_parts"][:-1]) for line in (one, other)}
    assert lines[journal].startswith(f"missing: {len(lost)} of the")


def test_a_deleted_artifact_is_missing_though_snakemake_would_not_make_it_again(workdir):
    path = f"{SOCIAL}/judgements.jsonl"
    with put_back(workdir.path / path):
        (workdir.path / path).unlink()
        assert workdir.planned(TARGET) == {}
        assert found(workdir) == {path: "missing: not there; name it as snakemake's target"}


CONFIG = {
    "settings": {
        "config/demo.yaml": (
            "learning_rate: 5.0e-4",
            "learning_rate: 4.0e-4",
            ADAPTER,
            "learning_rate 0.0005 -> 0.0004",
        ),
        "config/config.yaml": ("[very confident]", "[confident]", FILTERED, "confidence ['very confident'] -> "),
    },
    "prompts and code": {
        "clca/prompts/en/judge_system.j2": ("You", "Now you", f"{SOCIAL}/judgements.jsonl", "its code or prompts"),
        "clca/survey/metrics.py": ("SMOOTHING = 0.01", "SMOOTHING = 0.02", TARGET, "its code or prompts"),
    },
}


@pytest.mark.parametrize("edits", CONFIG.values(), ids=CONFIG.keys())
def test_what_configuration_and_code_have_left_behind_is_stale(workdir, edits):
    with put_back(*(workdir.path / name for name in edits)):
        for name, (old, new, *_) in edits.items():
            instead(old, new)(workdir.path / name)
        lines = found(workdir)
    assert set(lines) == {path for _, _, path, _ in edits.values()}
    for _, _, path, told in edits.values():
        assert lines[path].startswith(f"stale: made with other parameters: {told}")


def test_what_no_rule_of_the_configuration_makes_is_stale(workdir):
    stray = workdir.path / "results/demo/data/atlantis/adapted_scenarios.jsonl"
    stray.parent.mkdir()
    shutil.copy2(workdir.path / DATA / "adapted_scenarios.jsonl", stray)
    try:
        assert list(found(workdir)) == [str(stray.relative_to(workdir.path))]
    finally:
        shutil.rmtree(stray.parent)


def test_the_way_out_of_an_edit_asks_no_model(workdir):
    path = workdir.path / ANSWERS
    before = path.read_bytes()
    with put_back(path, workdir.path / TARGET):
        other_option(path)
        assert "delete it, then name it as snakemake's target" in found(workdir)[ANSWERS]
        path.unlink()
        status, output = workdir.tiny("--until", "answers", ANSWERS)
        assert status == 0, output
        assert "with vLLM" not in output
        assert path.read_bytes() == before


def test_the_study_beside_the_demo_has_made_nothing_yet(workdir):
    status, output = clca(workdir, "verify", configs=())
    assert (status, "nothing has been made yet" in output) == (0, True)


def test_a_mistake_in_the_configuration_is_told_as_a_run_tells_it(workdir):
    status, output = clca(workdir, "verify", "--config", "author=nobody")
    assert status == 1
    assert "author = 'nobody' is not under `models`" in output


def test_the_plan_of_another_culture_goes_by_what_this_one_took(workdir):
    status, output = clca(workdir, "plan", "--", "results/demo/smollm2/mexico/wvs.json")
    assert status == 0, output
    rows = {line.split()[0]: line.split() for line in output.splitlines() if " smollm2 " in line}
    assert set(rows) == {
        "adapted_scenarios", "dialogues", "judgements", "intents", "adapter", "answers", "adapter_answers",
    }  # fmt: skip
    personas, items = 4, 44
    assert rows["answers"][2:5] == ["1", str((personas + 1) * items), str((personas + 1) * items)]
    assert all("?" not in row[5:8] for name, row in rows.items() if "answers" not in name)
    assert "no hosted model is asked" in output


def test_the_plan_of_shards_goes_by_what_shards_took(tmp_path: Path):
    workdir = Workdir(tmp_path)
    dialogues, row = tmp_path / SOCIAL / "dialogues.jsonl", {"asked": 2, "seconds": 72.0, "loading": 18.0}
    journal = tmp_path / JOURNAL / dialogues.relative_to(tmp_path / "results/demo")
    reply = {"reply": {"prompt_tokens": 50, "completion_tokens": 10}}
    for path, text in {
        dialogues: "rows\n",
        tmp_path / "benchmarks/demo/japan/smollm2/social/dialogues.1-of-2.0123abcd.jsonl": '{"s": 100.0}\n',
        tmp_path / "benchmarks/demo/japan/smollm2/social/dialogues.jsonl": '{"s": 2.0}\n',
        journal / "a-1-1.jsonl": f"{json.dumps(reply)}\n" * 2,
        journal / "a-1-1.rates": f"{json.dumps(row)}\n",
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    mexico = "results/demo/data/mexico/smollm2/social/dialogues.jsonl"
    status, output = clca(workdir, "plan", "--config", "shards=2", "--", mexico)
    assert status == 0, output
    (shards,) = (line.split() for line in output.splitlines() if line.startswith("dialogues_shard"))
    (artifact,) = (line.split() for line in output.splitlines() if line.startswith("dialogues "))
    requests = int(shards[3])
    assert shards[1:3] == ["smollm2", "2"]
    assert shards[5:8] == [f"{requests * 50:,}", f"{requests * 10:,}", f"{(requests * 36 + 2 * 18) / 3600:.2f}"]
    assert artifact == ["dialogues", "smollm2", "1"]


def test_the_plan_of_the_study_says_that_nothing_was_measured(workdir):
    status, output = clca(workdir, "plan", configs=())
    assert status == 0, output
    assert "GPU h" in output
    assert "GPU hours: ?, without 25 of 25 rows that were never measured." in output
    assert "API cost of gpt4: ?, it has no price" in output


def test_the_plan_of_a_finished_run_has_nothing_to_do(workdir):
    status, output = clca(workdir, "plan")
    assert (status, "nothing to be done" in output) == (0, True)
