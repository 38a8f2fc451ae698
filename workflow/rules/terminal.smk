"""What a run shows in a terminal: running jobs in its last lines, scorecards at the end, or where jobs failed."""

import atexit
import os
import sys
import time
from pathlib import Path

from snakemake.settings.types import Quietness

from clca.footer import Footer
from clca.progress import FOOTER
from clca.watch import Looked, Watched, failure
from clca.watch import told as lines_of

FOOTERS = []


def silent():
    """Whether the user wants nothing printed."""
    return Quietness.ALL in (workflow.output_settings.quiet or ())


def show_progress():
    """Lines of the running jobs at the bottom of the terminal, from their logs, wherever they run; none where there is none."""
    if silent() or not sys.stderr.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        return
    began, looked = time.time(), Looked()
    jobs = [log for job in workflow.dag.needrun_jobs() for log in watched(job)]

    def lines(width):
        # A log that is older is of a run that was killed.
        signs = [(log, sign) for log, sign in looked.at(jobs) if sign.written >= began]
        return lines_of(signs, time.time(), width)

    # Jobs that inherit it leave their lines of progress to us.
    os.environ[FOOTER] = "1"
    # Of a study's hundreds of logs a shared filesystem is asked less often.
    FOOTERS.append(Footer(lines, sys.stderr.fileno(), every=1 + len(jobs) / 200))
    FOOTERS[0].start()


def end_progress():
    """The terminal's last lines are its own again."""
    for footer in FOOTERS:
        footer.stop()
    FOOTERS.clear()


def watched(job):
    """A job's logs, as `clca.watch` knows them."""
    return [
        Watched(Path(path), job.rule.name, dict(job.wildcards_dict)) for path in job.log
    ]


def show_scorecards():
    """The scorecards among what was asked for, as `python -m clca show` prints them; of many a line each."""
    from clca.survey.overview import overview  # only now: it takes a second

    rules = ("wvs_scores", "wvs_scores_in")
    jobs = [job for job in workflow.dag.jobs if job.rule.name in rules]
    cards = sorted(str(job.output.card) for job in jobs)
    if cards and not silent():
        try:
            print("", overview(cards), "", sep="\n", flush=True)
        except InputError as error:
            # The run has ended well, whatever was done to its files since.
            print(f"no scorecards to show: {error}", file=sys.stderr)


def show_unchanged():
    """The same where there was nothing to do, of which no hook is told."""
    ran = workflow.executor_plugin is not None and not (
        workflow.dryrun or workflow.touch
    )
    if ran and workflow.dag is not None and not len(workflow.dag):
        show_scorecards()


def show_failures():
    """Where each failed job's log is and how it ends, with its last lines where Snakemake did not print all of it."""
    lines = 0 if workflow.output_settings.show_failed_logs else 10
    for job in sorted(workflow.scheduler.failed, key=str):
        for log in watched(job):
            print(failure(log, lines), file=sys.stderr)


if workflow.is_main_process:
    atexit.register(show_unchanged)


onsuccess:
    end_progress()
    show_scorecards()


onerror:
    end_progress()
    show_failures()
