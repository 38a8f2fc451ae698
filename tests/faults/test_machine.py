"""Folders that cannot be written, two runs at once, a clock that was set back, an engine that dies under load."""

import json
import os
import signal
import threading
import time
from collections import Counter

import pytest
from hosted import Server, reply
from machine import obey_modes, read_only
from paid_author import CONFIGS, SCENE, hire
from processes import child, worker_of
from stages import ADAPTER, COMPUTED, JOURNALED, asked_twice, rebuilt_equal, the_error
from workdir import TARGET, TINY

DAY = 86400
EVERYTHING = [*JOURNALED.values(), ADAPTER, *COMPUTED.values()]


@pytest.mark.parametrize("folder", ["results", "logs"])
def test_a_folder_that_cannot_be_written_is_told_before_anything_runs(workdir, table, folder: str):
    stage = JOURNALED["dialogues"]
    before = stage.artifacts(workdir)
    stage.delete(workdir)
    workdir.before = obey_modes
    with table.trial(f"read-only {folder}", stage.name) as trial:
        with read_only(workdir.path / folder):
            status, output = workdir.tiny(stage.target)
        assert status != 0
        assert f"{folder}/demo/" in output
        assert "cannot be written, and " in output
        assert "Traceback" not in output
        assert "localrule" not in output
        status, output = workdir.tiny(stage.target)
        assert status == 0, output
        trial.equal = stage.artifacts(workdir) == before


def test_a_second_run_in_the_same_folder_waits_its_turn(workdir, table):
    stage = JOURNALED["adapted_scenarios"]
    stage.cut(workdir, len(stage.lines(workdir)))
    go_on = threading.Event()

    def answer(body):
        go_on.wait(120)
        return reply(json.dumps(SCENE))

    with Server() as server, table.trial("two runs at once", stage.name) as trial:
        server.answer = answer
        hire(workdir, server)
        first = workdir.start(stage.target, configs=CONFIGS)
        try:
            while not server.bodies:
                assert first.poll() is None, (workdir.path / "run.log").read_text()
                time.sleep(0.05)
            (workdir.path / "run.log").rename(workdir.path / "first.log")
            status, output = workdir.run(stage.target, configs=CONFIGS)
            assert status != 0
            assert f"in use by process {first.pid}" in output
            assert "wait for it, or kill it" in output
            assert "Traceback" not in output
            go_on.set()
            assert first.wait(120) == 0, (workdir.path / "first.log").read_text()
        finally:
            go_on.set()
            workdir.kill(first)
        status, output = workdir.run(stage.target, configs=CONFIGS)
        assert status == 0, output
        assert "Nothing to be done" in output
        trial.twice = asked_twice(stage.keys(workdir)) + len(server.bodies) - 5
        trial.equal = len(stage.lines(workdir)) == 5


def test_a_kill_as_the_lock_is_taken_leaves_no_lock_behind(workdir, table):
    stage = COMPUTED["personas"]
    before = stage.artifacts(workdir)
    stage.delete(workdir)
    locks = workdir.path / ".snakemake/locks"
    with table.trial("kill -9 as the lock is taken", stage.name) as trial:
        process = workdir.start(stage.target, configs=TINY)
        while not any(locks.glob("*")):
            assert process.poll() is None, (workdir.path / "run.log").read_text()
        workdir.kill(process)
        assert any(locks.glob("*"))
        status, output = workdir.tiny(stage.target)
        assert status == 0, output
        assert "its lock is released" in output
        trial.equal = stage.artifacts(workdir) == before


def test_a_clock_that_was_set_back_hinders_nothing(workdir, table):
    before = [stage.artifacts(workdir) for stage in EVERYTHING]
    files = sorted((workdir.path / "results").rglob("*"), key=lambda file: file.stat().st_mtime)
    for number, file in enumerate(file for file in files if file.is_file()):
        content = file.read_bytes()
        # Weights are shared with the run that this one is a copy of.
        file.unlink()
        file.write_bytes(content)
        future = time.time() + DAY + number / 100
        os.utime(file, (future, future))
    for name in ("answers", "adapter_answers"):
        JOURNALED[name].delete(workdir)
    (workdir.path / TARGET).unlink()
    with table.trial("clock set back", "answers, wvs_scores") as trial:
        status, output = workdir.tiny(TARGET)
        assert status == 0, output
        assert "was dated in the future, is dated now" in output
        assert "with vLLM" not in output
        assert workdir.planned(TARGET) == Counter()
        trial.equal = [stage.artifacts(workdir) for stage in EVERYTHING] == before


@pytest.mark.long
def test_an_engine_that_dies_under_load_ends_the_job_with_its_last_words(workdir, table):
    """As on a GPU, where vLLM's engine is a process of its own."""
    stage = JOURNALED["answers"]
    stage.cut(workdir, 120)
    kept = stage.keys(workdir)
    workdir.environment["VLLM_ENABLE_V1_MULTIPROCESSING"] = "1"
    with table.trial("engine killed under load", stage.name) as trial:
        process = workdir.start(stage.target, configs=TINY)
        try:
            while len(stage.lines(workdir)) <= len(kept):
                assert process.poll() is None, (workdir.path / "run.log").read_text()
                time.sleep(0.01)
            engine = child(worker_of(process), "EngineCore")
            os.kill(engine.pid, signal.SIGKILL)
            assert process.wait(120) != 0
        finally:
            workdir.kill(process)
        output = (workdir.path / "run.log").read_text()
        assert "run again" in the_error(output)
        kept = stage.keys(workdir)
        del workdir.environment["VLLM_ENABLE_V1_MULTIPROCESSING"]
        status, output = workdir.tiny(stage.target)
        assert status == 0, output
        keys = stage.keys(workdir)
        trial.lost, trial.twice = len(set(kept) - set(keys)), asked_twice(keys)
        trial.equal = rebuilt_equal(stage, workdir)
