"""`clca report`: figures and tables of a configuration in one file, with Snakemake's provenance, run times and graph.

Snakemake writes the page; it carries all that the page needs, so nothing is fetched, here or where it is opened. What
the page leaves without a name, pictures among it, gets one for screen readers from `workflow/report/names.js`.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile

from clca.artifacts import replacing
from clca.audit.jobs import planned, split
from clca.errors import InputError

FIGURES = "figures"
"""The rule behind all that a report shows, if no target is named."""

RUN = "run_figure"
"""The rule whose figure is made anew: of times, which are no inputs that Snakemake knows."""

STYLE, NAMES = Path("workflow/report/report.css"), Path("workflow/report/names.js")

_END = "</body>"


def write(arguments: Sequence[str], archive: bool = False) -> Path:
    """Make what a report shows, then the report.

    Args:
        arguments: As for `snakemake`; targets after `--` are shown beside the figures, such as `study_figures`.
        archive: Write a zip of a page and its files, which opens faster where there are many.

    Returns:
        The report's path: `report.html` or `report.zip` in the results folder.

    Raises:
        InputError: Snakemake refuses, or a job fails; what it says is on the terminal.
    """
    options, more = split(arguments)
    targets = ["--", *dict.fromkeys([FIGURES, *more])]
    results = planned([*options, *targets]).results
    if _snakemake([*options, *targets]) != 0:
        raise InputError("the figures are not complete; what Snakemake says is above")
    if _snakemake([*options, "--forcerun", RUN, "--", RUN]) != 0:
        raise InputError("the figure of times is not made; what Snakemake says is above")
    path = results / ("report.zip" if archive else "report.html")
    # Snakemake writes in place, and again what it had written.
    with TemporaryDirectory(prefix=".report-", dir=results) as folder:
        made = Path(folder) / path.name
        asked = ["--report", str(made), "--report-stylesheet", str(STYLE)]
        told = subprocess.run([*_COMMAND, *options, *asked, *targets], capture_output=True, text=True, check=False)
        if told.returncode != 0:
            print(told.stdout, told.stderr, file=sys.stderr, sep="")
            raise InputError("Snakemake writes no report; its reason is above")
        with replacing(path) as partial:
            (_named_archive if archive else _named_page)(made, partial)
    return path


def named(page: str, script: str) -> str:
    """The page with the script that gives names at its end.

    Raises:
        InputError: It is not the page that Snakemake writes.
    """
    before, end, after = page.rpartition(_END)
    if not end:
        raise InputError("the report has no end; Snakemake's version is not the one of envs/")
    return f"{before}<script>\n{script}</script>\n{end}{after}"


_COMMAND = (sys.executable, "-m", "snakemake")


def _snakemake(arguments: Sequence[str]) -> int:
    return subprocess.run([*_COMMAND, *arguments], check=False).returncode


def _named_page(made: Path, path: Path) -> None:
    page = named(made.read_text(encoding="utf-8"), NAMES.read_text(encoding="utf-8"))
    path.write_text(page, encoding="utf-8")


def _named_archive(made: Path, path: Path) -> None:
    with ZipFile(made) as before, ZipFile(path, "w", ZIP_DEFLATED) as after:
        for entry in before.infolist():
            content = before.read(entry)
            if entry.filename.endswith("report.html") and entry.filename.count("/") == 1:
                content = named(content.decode(), NAMES.read_text(encoding="utf-8")).encode()
            after.writestr(entry, content, ZIP_DEFLATED)
