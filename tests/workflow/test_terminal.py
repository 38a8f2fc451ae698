"""What a run shows: its jobs' progress on a terminal, its scorecards at the end, the logs of what failed."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from made_up_study import fill
from screen import Screen, Session
from without_models import forbid
from workdir import REPOSITORY, TARGET, TINY, Workdir

COMMAND = [sys.executable, "-m", "snakemake"]

SNAKEFILE = """
def told(function, *arguments):
    return function(*arguments)


include: "workflow/rules/terminal.smk"


onstart:
    show_progress()


rule all:
    input:
        expand("made/{name}.txt", name=["one", "two"]),


rule slow:
    output:
        "made/{name}.txt",
    log:
        "logs/{name}.log",
    script:
        "slow.py"
"""

SLOW = """
import logging, os, time
from pathlib import Path
from clca.progress import Progress, start_logging

start_logging(snakemake.log[0])
log, name = logging.getLogger("clca"), snakemake.wildcards.name
log.info("loading the weights of %s", name)
progress = Progress(f"turns {name}", 4, "turn", every=0)
progress.advance()
progress.advance()
log.info("a remark of %s", name)
while not Path("go").exists():
    time.sleep(0.05)
progress.advance(2)
if Path("fail").exists():
    raise ValueError(f"{name} went wrong")
Path(snakemake.output[0]).touch()
"""


@pytest.fixture
def toy(tmp_path):
    """A workflow of two slow jobs that end when the file `go` is there."""
    shutil.copytree(REPOSITORY / "workflow/rules", tmp_path / "workflow/rules")
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    (tmp_path / "slow.py").write_text(SLOW)
    return tmp_path


def environment():
    return os.environ | {"PYTHONPATH": str(REPOSITORY)}


def test_a_terminal_s_last_lines_are_the_jobs_and_all_else_is_above_them(toy):
    session = Session([*COMMAND, "--cores", "2"], toy, environment(), Screen(30, 100))
    line = r"slow +{0}  +50% 2/4 +[\d.]+ (turn/s|s/turn) +\d\d:\d\d left  \d+ (s|min) ago"
    picture = session.until(rf"(?s){line.format('one')}.*{line.format('two')}").splitlines()
    assert [re.match(r"slow +(\w+)", row)[1] for row in picture[-2:]] == ["one", "two"]
    (toy / "go").touch()
    assert session.end() == 0
    written = session.screen.everything
    # Progress is told in one place, and nothing was written over.
    assert not any("turns one" in row for row in written)
    for said in ("loading the weights of one", "a remark of two", "3 of 3 steps (100%) done"):
        assert sum(said in row for row in written) == 1, said
    assert session.screen.region == (0, 29)
    assert not any(re.match("slow +(one|two)", row) for row in written)


def test_without_a_terminal_progress_comes_as_lines_without_carriage_returns(toy):
    (toy / "go").touch()
    done = subprocess.run([*COMMAND, "--cores", "2"], cwd=toy, env=environment(), capture_output=True, timeout=600)
    assert done.returncode == 0
    assert b"\r" not in done.stderr
    assert b"\x1b" not in done.stderr
    assert re.search(rb"\nturns one: +50%.* 2/4 \[.*turn.*\]\n", done.stderr)
    log = (toy / "logs/one.log").read_text()
    assert "\r" not in log
    assert re.search(r" INFO clca: turns one: 100%.* 4/4 ", log)
    assert re.search(r" INFO clca: done in \d+ s\n$", log)


def test_of_a_failed_job_the_log_s_place_and_end_come_last(toy):
    (toy / "go").touch()
    (toy / "fail").touch()
    command = [*COMMAND, "--cores", "1", "made/one.txt"]
    shown = {}
    for profile in ([], ["--show-failed-logs"]):
        done = subprocess.run(
            [*command, *profile], cwd=toy, env=environment(), capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 1
        shown[bool(profile)] = done.stderr.partition("failed: slow one: one went wrong\n")[2]
    for text in shown.values():
        assert text.count("    log: logs/one.log\n") == 1
    # Snakemake printed the whole log, or nothing of it.
    assert "ValueError" not in shown[True]
    assert "        raise ValueError" in shown[False]


@pytest.fixture(scope="module")
def scored(tmp_path_factory) -> tuple[Workdir, str]:
    """A folder with a scorecard of made-up answers, and what the run printed that made it; no model can be loaded."""
    workdir = Workdir(tmp_path_factory.mktemp("scored"))
    forbid(workdir.path)
    status, output = workdir.run("results/demo/survey/japan/personas.parquet", configs=TINY)
    assert status == 0, output
    jobs = [sys.executable, "workflow/jobs.py", "--configfile", *TINY, "--", TARGET]
    told = subprocess.run(jobs, cwd=workdir.path, env=workdir.environment, capture_output=True, text=True, check=True)
    fill([json.loads(line) for line in told.stdout.splitlines()[1:]], workdir.path)
    status, output = workdir.run(TARGET, configs=TINY)
    assert status == 0, output
    return workdir, output


def shown(workdir: Workdir) -> str:
    """What `python -m clca show` prints."""
    command = [sys.executable, "-m", "clca", "show", TARGET]
    done = subprocess.run(
        command, cwd=workdir.path, env=workdir.environment, capture_output=True, text=True, check=True
    )
    assert "4 personas" in done.stdout
    return done.stdout


def test_a_run_ends_with_the_scorecard_that_it_made(scored):
    workdir, output = scored
    assert output.count(shown(workdir)) == 1


def test_a_run_with_nothing_to_do_shows_the_scorecard_that_is_there(scored):
    workdir, _ = scored
    status, output = workdir.run(TARGET, configs=TINY)
    assert status == 0
    assert "Nothing to be done" in output
    assert output.count(shown(workdir)) == 1


@pytest.mark.parametrize("arguments", [["-n"], ["--summary"], ["--quiet", "all"]], ids=["dry run", "summary", "quiet"])
def test_no_scorecard_is_shown_where_nothing_is_run_or_to_be_printed(scored, arguments):
    workdir, _ = scored
    status, output = workdir.run(TARGET, *arguments, configs=TINY)
    assert status == 0, output
    assert "yardsticks" not in output
