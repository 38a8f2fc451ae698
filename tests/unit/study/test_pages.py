"""Tables as pages: every cell of the Markdown stands in the HTML, and whatever is in it is text."""

from html.parser import HTMLParser

import polars as pl
import pytest
from scorecards import scorecard

from clca.errors import InputError
from clca.study import pages, power_note, rendering
from clca.study.rendering import Grid

HOSTILE = """<img src=x onerror=alert(1)> & "quoted" | a*b"""


class Cells(HTMLParser):
    """The cells of a page's table, and all tags in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self._in_cell = False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self._in_cell = tag in ("td", "th")
        if tag == "tr":
            self.rows.append([])
        if self._in_cell:
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        self._in_cell = False

    def handle_data(self, text):
        if self._in_cell:
            self.rows[-1][-1] += text


def page_of(grid: Grid, tmp_path, *notes: str) -> str:
    path = tmp_path / "t.md"
    path.write_text(rendering.markdown(grid, "A title", notes))
    return pages.table_page(str(path))


def test_a_page_has_the_cells_of_the_table_in_their_groups(tmp_path):
    groups = [[["m", "clca", "ours", ".5*"], ["m", "clca", "paper", ".4"]], [["m", "cultural", "ours", ""]]]
    grid = Grid(["model", "method", "number", "japan"], 3, groups)
    page = page_of(grid, tmp_path, "*: differs from persona.")
    assert Cells(page).rows == [grid.header, *(row for group in groups for row in group)]
    assert page.count('class="first"') == 2
    assert page.count('<th scope="row">') == 3 * 3
    assert "<li>*: differs from persona.</li>" in page


def test_power_is_a_page_like_the_other_tables(tmp_path):
    place = {"culture": "japan", "difference": "the largest", "from": 0.6011, "to": 0.5}
    powers = {(5, "personas"): 0.1, (5, "items"): 0.9, (10, "personas"): 0.7, (10, "items"): 0.95}
    rows = [
        place | {"personas": personas, "items": 22, "test": test, "power": power, "simulations": 100}
        for (personas, test), power in powers.items()
    ]
    (tmp_path / "power.md").write_text(power_note.shown(pl.DataFrame(rows)))
    page = pages.table_page(str(tmp_path / "power.md"))
    assert Cells(page).rows[1:] == [["japan", "the largest", "0.6011", "0.5000", "22", "more than 10", "5"]]
    assert page.count('<th scope="row">') == 2
    assert "The fewest of 5, 10 personas that have power 0.8 at level 0.05, in 100 simulations each." in page


def test_whatever_a_cell_holds_is_text(tmp_path):
    page = page_of(Grid(["model", HOSTILE], 1, [[[HOSTILE, "1"]]]), tmp_path, HOSTILE)
    found = Cells(page)
    assert found.rows == [["model", HOSTILE], [HOSTILE, "1"]]
    assert found.tags.isdisjoint({"img", "script"})


def test_a_scorecard_s_page_has_its_numbers():
    card = scorecard("m", "japan", {"persona": {"jsd": 0.5}, HOSTILE: {"jsd": 0.4}})
    rows = Cells(pages.scorecard_page(card, "m")).rows
    by_name = {row[0]: dict(zip(rows[0], row, strict=True)) for row in rows[1:]}
    assert by_name["persona"]["jsd"] == "0.500 [0.490 0.510]"
    assert by_name["uniform"]["emd"] == f"{card['yardsticks']['uniform']['emd']:.3f}"
    assert set(by_name) == {"persona", HOSTILE, *card["yardsticks"]} or f"{HOSTILE} (expected)" in by_name


def test_what_is_no_table_is_told_in_a_line(tmp_path):
    (tmp_path / "t.md").write_text("# Nothing")
    with pytest.raises(InputError, match="not a table of the study; delete it and run again"):
        pages.table_page(str(tmp_path / "t.md"))


def test_pages_load_nothing(tmp_path):
    page = page_of(Grid(["model"], 1, [[["m"]]]), tmp_path)
    assert "default-src 'none'" in page
    assert pl.Series([page]).str.contains(r"https?://").sum() == 0
