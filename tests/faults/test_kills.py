"""kill -9 at moments drawn from the commit: the same command finishes, asks nothing twice and ends with equal bytes."""

import os
import random
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fault_table import drawn
from processes import worker_of
from stages import ADAPTER, JOURNALED, RESULTS, SEED, Stage, asked_twice, rebuilt_equal, trained_equal
from workdir import TINY, Workdir

# Of the journaled stages' kills; one of the adapter's is the sixth.
IN_CI = 5
# Fewest and most of the requests of a stage that are left to ask; long replies are few.
LEFT = {"adapted_scenarios": (3, 5), "answers": (30, 120), "adapter_answers": (30, 120)}
CHECKPOINTS = f"{RESULTS}/journal/{SEED}/checkpoints"
STEPS = 8


def numbers(count: int) -> list[object]:
    """Numbers of kills; those beyond the first few are for `make faults`."""
    return [number if number < IN_CI else pytest.param(number, marks=pytest.mark.long) for number in range(count)]


def kill(workdir: Workdir, stage: Stage, alone: bool, reached: Callable[[], bool], pause: float) -> bool:
    """Run a stage and kill -9 its worker, alone or with Snakemake, a while after `reached`; whether it was in time."""
    process = workdir.start(stage.target, configs=TINY)
    try:
        # With Snakemake, a kill may also come before there is a worker.
        while process.poll() is None and not (reached() and (not alone or worker_of(process))):
            time.sleep(0.005)
        time.sleep(pause)
        worker = worker_of(process)
        if process.poll() is not None or (alone and worker is None):
            return False
        if alone:
            os.kill(worker.pid, signal.SIGKILL)
            return process.wait(120) != 0
        return True
    finally:
        workdir.kill(process)


def killed(workdir: Workdir, stage: Stage, alone: bool, random: random.Random, prepare, count, most: int) -> None:
    """Kill a stage between its first and its last reply or step; a kill that comes too late is tried earlier."""
    after, pause = random.randrange(most), random.uniform(0, 0.3)
    while True:
        prepare()
        start = count()
        # Before the first reply: anywhere while the model is loaded.
        if kill(workdir, stage, alone, lambda: count() >= start + after, pause if after else pause * 40):  # noqa: B023
            return
        assert after or pause, "the stage is done before it can be killed"
        after, pause = after // 2, 0


@pytest.mark.parametrize("number", numbers(17))
def test_a_killed_stage_goes_on(workdir, table, number: int):
    random, stages = drawn(number), list(JOURNALED.values())
    drawn(-1).shuffle(stages)
    stage = stages[number % len(stages)]
    alone = bool((number + number // len(JOURNALED)) % 2)
    fewest, most = LEFT.get(stage.name, (6, len(stage.lines(workdir)) - 1))
    left = random.randint(fewest, most)
    kept = stage.artifacts(workdir), {file: file.read_bytes() for file in stage.files(workdir)}

    def prepare() -> None:
        for file in stage.files(workdir):
            file.unlink()
        for file, content in kept[1].items():
            file.write_bytes(content)
        for output, content in kept[0].items():
            (workdir.path / RESULTS / output).write_bytes(content)
        stage.cut(workdir, left)

    with table.trial(f"kill -9 of {'the worker' if alone else 'Snakemake and worker'}", stage.name) as trial:
        killed(workdir, stage, alone, random, prepare, lambda: len(stage.lines(workdir)), left - 1)
        before = set(stage.keys(workdir))
        status, output = workdir.tiny(stage.target)
        assert status == 0, output
        keys = stage.keys(workdir)
        trial.lost, trial.twice = len(before - set(keys)), asked_twice(keys)
        trial.equal = rebuilt_equal(stage, workdir)
        # Merged weights are large.
        assert [path for path in (workdir.path / RESULTS).rglob(".*") if path.is_dir()] == []


def steps(workdir: Workdir) -> int:
    """The last step whose checkpoint is complete."""
    marks = workdir.path.glob(f"{CHECKPOINTS}/checkpoint-*/complete")
    return max((int(mark.parent.name.rpartition("-")[2]) for mark in marks), default=0)


def half_written(folder: Path, kept: dict[str, bytes]) -> None:
    """What a kill leaves between the first and the last file of an adapter: some named, some beside it, none whole."""
    folder.mkdir(exist_ok=True)
    partial = folder.with_name(f".{folder.name}.1")
    partial.mkdir()
    for output, content in kept.items():
        name = Path(output).name
        ((partial if name.endswith(".safetensors") else folder) / name).write_bytes(content[: len(content) // 2])


@pytest.mark.parametrize("number", [17, *(pytest.param(number, marks=pytest.mark.long) for number in (18, 19))])
def test_killed_training_goes_on_to_the_same_adapter(finished, workdir, table, number: int):
    random, folder = drawn(number), Path(RESULTS) / SEED / "adapter"
    alone = bool(number % 2)
    log = workdir.path / f"logs/demo/{SEED}/adapter.log"
    kept = ADAPTER.artifacts(workdir)

    def prepare() -> None:
        for output, content in kept.items():
            (workdir.path / RESULTS / output).unlink(missing_ok=True)
            (workdir.path / RESULTS / output).write_bytes(content)
        ADAPTER.delete(workdir)
        for mark in workdir.path.glob(f"{CHECKPOINTS}/checkpoint-*/complete"):
            mark.unlink()
        log.write_text("")

    with (
        table.trial(f"kill -9 of {'the worker' if alone else 'Snakemake and worker'}", "adapter") as trial,
        table.trial("half-written adapter directory", "adapter") as half,
    ):
        killed(workdir, ADAPTER, alone, random, prepare, lambda: steps(workdir), STEPS - 1)
        before = steps(workdir)
        half_written(workdir.path / folder, kept)
        status, output = workdir.tiny(ADAPTER.target)
        assert status == 0, output
        found = re.findall(r"going on from checkpoint-(\d+)", log.read_text())
        # Steps after the checkpoint that was gone on from are taken again: of a checkpoint lost, both count.
        trial.lost = trial.twice = max(0, before - int(found[-1] if found else 0))
        trial.equal = half.equal = trained_equal(workdir.path / folder, finished.workdir.path / folder)
        assert sorted(os.listdir((workdir.path / folder).parent)) == ["adapter", "examples.jsonl"]
        assert sorted(os.listdir(workdir.path / folder)) == sorted(Path(name).name for name in ADAPTER.outputs)
