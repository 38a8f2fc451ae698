"""The sheet for raters: made on demand of data that are there, and made again only when what it shows changes."""

from collections import Counter
from contextlib import nullcontext

import pytest
from test_reruns import NOTHING, STUDY, ends, instead

from clca.study.raters import COLUMNS

SHEET = "results/demo/study/raters/japan.csv"
TEMPLATE = "clca/study/templates/raters.html.j2"


@pytest.fixture(scope="module")
def drawn(finished, tmp_path_factory):
    """A copy of the finished run with the sheet made."""
    workdir = finished.workdir.copied(tmp_path_factory.mktemp("raters") / "run")
    assert workdir.planned(SHEET) == Counter(["raters"])
    status, output = workdir.tiny(SHEET)
    assert status == 0, output
    return workdir


def test_the_sheet_and_its_page_are_there(drawn):
    assert (drawn.path / SHEET).read_text(encoding="utf-8-sig").startswith(",".join(COLUMNS))
    assert "Dialogues to rate: Japan" in (drawn.path / SHEET).with_suffix(".html").read_text()


EDITS = {
    "nothing": (None, None, NOTHING),
    "how many dialogues": (STUDY, ends("raters: {dialogues: 3}"), "raters"),
    "their default spelled out": (STUDY, ends("raters: {dialogues: 5}"), NOTHING),
    "the page": (TEMPLATE, instead("Rater:", "Name:"), "raters"),
    "a limit of quality": (STUDY, ends("quality: {limits: {duplicates: 0.5}}"), NOTHING),
    "the statistics": ("clca/study/agreement.py", ends("EXTRA = 1"), NOTHING),
}


@pytest.mark.parametrize(("file", "change", "jobs"), EDITS.values(), ids=EDITS)
def test_an_edit_plans_the_sheet_where_it_shows(drawn, file, change, jobs):
    with drawn.edited(file, change) if file else nullcontext():
        assert drawn.planned(SHEET) == Counter(jobs.split())
