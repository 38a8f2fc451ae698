"""Running jobs, from what `clca.progress` writes to their logs: who runs, how far, how long still, and who is gone."""

import logging
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest import mock

import pytest
from screen import Screen, Session

from clca.audit.jobs import Workflow
from clca.progress import Progress, start_logging
from clca.watch import SILENT, Looked, Watched, failure, first, found, sign, told, watch

NOW = 1_800_000_000.0
PATTERNS = [
    ("dialogues", re.compile(r"logs/(?P<culture>japan|uk)/(?P<teacher>\w+)/dialogues\.log$")),
    ("adapter", re.compile(r"logs/(?P<model>smollm2)/(?P<culture>japan|uk)/seed(?P<seed>\d+)/adapter\.log$")),
    ("shard", re.compile(r"logs/(?P<culture>japan|uk)/dialogues\.(?P<scatteritem>\d-of-\d)\.(?P<edition>\w+)\.log$")),
]


@pytest.fixture
def job(tmp_path, monkeypatch):
    """Writes a log as a job does, with the real `Progress`, and puts its clock so many seconds back."""
    monkeypatch.chdir(tmp_path)

    def write(name, *said, age=0.0):
        path = Path("logs", name)
        root = logging.getLogger()
        before, hook = (root.handlers, root.level), sys.excepthook
        with monkeypatch.context() as patched:
            patched.setattr("clca.progress.atexit.register", lambda done: None)
            start_logging(path)
        for one in said:
            one() if callable(one) else logging.getLogger("clca").info(one)
        for handler in root.handlers:
            handler.close()
        (root.handlers, root.level), sys.excepthook = before, hook
        os.utime(path, (NOW - age, NOW - age))
        return path

    return write


def played(done, total, seconds=10.0):
    """Some turns of so many, as a job counts them."""

    def count():
        with mock.patch("clca.progress.time.monotonic", return_value=100.0) as clock:
            progress = Progress("dialogues japan", total, "turn", every=0)
            progress.advance()
            clock.return_value += seconds
            progress.advance(done - 1)

    return count


def shown(width=120):
    return told(Looked().at(found(Path("logs"), PATTERNS)), NOW, width)


def test_a_job_s_line_has_rule_wildcards_progress_rate_time_left_and_age(job):
    job("japan/llama70b/dialogues.log", "loading llama70b", played(21, 101), age=4)
    (line,) = shown()
    assert re.fullmatch(r"dialogues  japan llama70b +21% 21/101  2\.00 turn/s  00:40 left  4 s ago", line)


def test_a_slow_unit_is_told_by_its_seconds(job):
    job("japan/llama70b/dialogues.log", played(3, 5, seconds=100))
    assert "50.00 s/turn  01:40 left" in shown()[0]


def test_until_there_is_progress_the_last_thing_said_is_shown(job):
    job("japan/llama70b/dialogues.log", "loading \x1b[2Jllama70b", age=600)
    job("uk/llama70b/dialogues.log", age=100)
    assert [re.sub(" +", " ", line) for line in shown()] == [
        "dialogues japan llama70b loading [2Jllama70b 10 min ago",
        "dialogues uk llama70b starting 2 min ago",
    ]


def test_a_remark_hides_no_progress_until_that_part_of_the_work_is_over(job):
    job("japan/llama70b/dialogues.log", played(3, 5), "s1: the author gave no valid scenario")
    assert "60% 3/5" in shown()[0]
    job("japan/llama70b/dialogues.log", played(5, 5))
    assert "100% 5/5" in shown()[0]
    job("japan/llama70b/dialogues.log", "loading the adapter")
    assert "loading the adapter" in shown()[0]


def test_what_libraries_say_is_no_sign_of_progress(job):
    path = job("japan/llama70b/dialogues.log", played(3, 5))
    with path.open("a") as log:
        log.write("2026-11-26 14:44:01,195 INFO vllm: a very long remark\n  with a second line\n")
    assert "60% 3/5" in told([(Watched(path, "dialogues", {}), sign(path))], time.time(), 120)[0]


@pytest.mark.parametrize("end", ["done in 83 s", "error: no room is left"])
def test_a_job_that_ended_drops_out_and_is_back_when_it_begins_anew(job, end):
    path = job("japan/llama70b/dialogues.log", played(5, 5), end)
    assert shown() == []
    # Snakemake starts a log anew for each attempt.
    path.unlink()
    job("japan/llama70b/dialogues.log", played(2, 5))
    assert len(shown()) == 1


def test_jobs_that_are_silent_for_an_hour_are_named_and_not_shown(job):
    job("japan/llama70b/dialogues.log", played(2, 5), age=SILENT)
    job("uk/llama70b/dialogues.log", played(2, 5), age=SILENT - 1)
    line, silent = shown()
    assert line.startswith("dialogues  uk")
    assert silent == "silent for over an hour, so killed or stuck: logs/japan/llama70b/dialogues.log"


def test_wildcards_come_in_order_without_what_tells_people_nothing(job):
    job("smollm2/uk/seed42/adapter.log", "x")
    job("japan/dialogues.2-of-4.0a1b2c3d.log", "x")
    job("japan/other.log", "x")
    lines = shown()
    assert [line.split("  x ")[0].split() for line in lines] == [
        ["shard", "japan", "2-of-4"],
        ["adapter", "smollm2", "uk", "seed42"],
    ]


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_line_is_wider_than_the_terminal_and_numbers_stay(job, width):
    job("japan/llama70b/dialogues.log", played(21, 101))
    job(f"smollm2/uk/seed{'7' * 50}/adapter.log", "said " * 100)
    lines = shown(width)
    assert max(map(len, lines)) <= width
    assert all("21/101" in line for line in lines if line.startswith("dialogues"))


def test_a_log_is_read_again_only_when_it_was_written_to(job, monkeypatch):
    path = job("japan/llama70b/dialogues.log", played(2, 5))
    logs, looked, read = [Watched(path, "dialogues", {})], Looked(), []
    monkeypatch.setattr("clca.watch.sign", lambda path: read.append(path) or sign(path))
    for _ in range(3):
        assert len(looked.at(logs)) == 1
    assert read == [path]
    path.unlink()
    assert looked.at(logs) == []


def test_the_end_of_a_long_log_is_enough(job):
    path = job("japan/llama70b/dialogues.log", *["a remark " * 100] * 100, played(2, 5))
    assert path.stat().st_size > 2 * 32_768
    assert sign(path).done == 2


def test_of_too_many_lines_the_rest_is_counted():
    lines = [str(number) for number in range(10)]
    assert first(lines, 10) == lines
    assert first(lines, 4) == ["0", "1", "2", "and 7 more"]
    assert first(lines, 0) == []


def test_a_failed_job_is_told_with_its_end_and_place(job):
    path = job("japan/llama70b/dialogues.log", "one", "two", "error: it went wrong")
    log = Watched(path, "dialogues", {"culture": "japan", "seed": "42"})
    assert failure(log) == f"failed: dialogues japan seed42: it went wrong\n    log: {path}"
    assert [line[-7:] for line in failure(log, 2).splitlines()[1:3]] == ["ca: two", "t wrong"]
    missing = Watched(Path("logs/none.log"), "dialogues", {})
    assert failure(missing, 5) == "failed: dialogues: it left no log in logs/none.log"


def test_without_a_terminal_the_jobs_are_printed_once(job, monkeypatch, capsys):
    logs = [{"rule": rule, "pattern": pattern.pattern} for rule, pattern in PATTERNS]
    workflow = Workflow(config={"pathvars": {"logs": "logs"}}, strays=[], logs=logs)
    monkeypatch.setattr("clca.watch.planned", lambda arguments: workflow)
    path = job("japan/llama70b/dialogues.log", played(2, 5))
    os.utime(path)
    watch([], once=False)
    assert capsys.readouterr().out.startswith("dialogues  japan llama70b")
    path.unlink()
    watch([], once=True)
    assert capsys.readouterr().out == "logs: no job is running\n"


def test_on_a_terminal_the_screen_is_drawn_again_until_ctrl_c_and_the_last_lines_stay(tmp_path):
    code = """
from clca import watch
seen = iter([["one  10%", "two  20%"], ["two  90%"]])
last = []
def lines(width):
    last[:] = next(seen, last)
    return list(last)
print("before")
watch._again_and_again(lines, 0.05)
"""
    session = Session([sys.executable, "-c", code], tmp_path, dict(os.environ), Screen(10, 60))
    picture = session.until("two  90%")
    assert "one" not in picture
    assert "Ctrl-C ends this and no job" in picture
    os.killpg(session.process.pid, signal.SIGINT)
    assert session.end() == 0
    # The screen that it had for itself is left, and the cursor seen again.
    assert session.text.endswith("\x1b[?1049l\x1b[?25htwo  90%\r\r\n")


def test_the_command_line_takes_snakemake_s_arguments():
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "clca", "watch", "--once", "--configfile", "config/demo.yaml"]
    # A folder without logs.
    command += [
        "--config",
        "pathvars={'results': 'results/none', 'logs': 'logs/none', 'benchmarks': 'benchmarks/none'}",
    ]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=600)
    assert (done.returncode, done.stdout) == (0, "logs/none: no job is running\n"), done.stderr
