"""Progress and the log: done, total and rate are told; a user's mistake is one line, a bug keeps its traceback."""

import logging
import os
import subprocess
import sys
from itertools import pairwise

from clca.progress import FOOTER, Progress


def test_last_unit_is_always_told_with_label_total_and_unit(caplog):
    progress = Progress("dialogues japan", 3, "turn", every=1000)
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            progress.advance()
    assert len(caplog.records) == 1
    for part in ("dialogues japan", "3/3", "turn"):
        assert part in caplog.text


def test_lines_come_no_more_often_than_asked(caplog):
    with caplog.at_level(logging.INFO):
        progress = Progress("x", 100, "turn", every=1000)
        for _ in range(99):
            progress.advance()
        assert caplog.records == []
        often = Progress("x", 100, "turn", every=0)
        often.advance(10)
        often.advance(20)
    assert [" 10/100" in record.message or " 30/100" in record.message for record in caplog.records] == [True, True]


def test_time_before_the_first_unit_is_no_part_of_the_rate(monkeypatch):
    clock = iter([0.0, 100.0, 110.0, 110.0])
    monkeypatch.setattr("clca.progress.time.monotonic", lambda: next(clock))
    progress = Progress("x", 30, "turn", every=1000)
    progress.advance(10)
    progress.advance(10)
    assert "1.00 turn/s" in str(progress)


def test_the_longer_it_takes_the_more_seldom_lines_come_up_to_a_minute(monkeypatch, caplog):
    now = [0.0]
    monkeypatch.setattr("clca.progress.time.monotonic", lambda: now[0])
    told = []
    with caplog.at_level(logging.INFO):
        progress = Progress("x", 10_000, "turn")
        for second in range(4000):
            now[0] = float(second)
            progress.advance()
            told += [second] * (len(caplog.records) - len(told))
    gaps = [after - before for before, after in pairwise(told)]
    assert gaps[:10] == [5] * 10
    assert sorted(gaps) == gaps
    assert gaps[-1] == 60


def test_where_the_run_shows_progress_itself_the_job_tells_it_to_its_log_alone(tmp_path):
    code = (
        "from clca.progress import Progress, start_logging\n"
        f"start_logging({str(tmp_path / 'rule.log')!r})\nProgress('x', 1, 'turn').advance()\n"
    )
    for footer, seen in (({}, 1), ({FOOTER: "1"}, 0)):
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | footer)
        assert done.stderr.count("1/1") == seen
    lines = (tmp_path / "rule.log").read_text().splitlines()
    assert [line.partition("clca: ")[2][:7] for line in lines] == ["x: 100%", "done in", "x: 100%", "done in"]


def ended_by(tmp_path, raised):
    code = (
        "from clca.progress import start_logging\nfrom clca.errors import InputError\n"
        f"start_logging({str(tmp_path / 'logs' / 'rule.log')!r})\nraise {raised}\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return done, (tmp_path / "logs" / "rule.log").read_text()


def test_mistake_of_the_user_shows_as_one_line_on_terminal_and_in_the_log(tmp_path):
    done, log = ended_by(tmp_path, "InputError('x.csv: row 3 is wrong')")
    assert done.returncode != 0
    assert done.stderr == "error: x.csv: row 3 is wrong\n"
    assert log.endswith("error: x.csv: row 3 is wrong\n")
    assert log.count("\n") == 1


def test_bug_keeps_its_traceback_in_the_log(tmp_path):
    done, log = ended_by(tmp_path, "ZeroDivisionError('bug')")
    assert done.returncode != 0
    for text in (done.stderr, log):
        assert "Traceback" in text
        assert "ZeroDivisionError: bug" in text
