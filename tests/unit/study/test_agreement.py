"""Agreement: the statistics are those of published examples, and a bad sheet is one line with its place."""

import re
import subprocess
import sys

import polars as pl
import pytest
from refusing import refused

from clca.errors import InputError
from clca.study.agreement import agreement, cohens_kappa, krippendorffs_alpha, pair, read, table
from clca.study.raters import as_csv, draw, sheet


def marks(yes_yes, yes_no, no_yes, no_no):
    """Pairs of marks by how often each pair is there."""
    return [("yes", "yes")] * yes_yes + [("yes", "no")] * yes_no + [("no", "yes")] * no_yes + [("no", "no")] * no_no


@pytest.mark.parametrize(
    ("counts", "kappa"),
    [
        # Two readers of 50 grant proposals: 0.7 agreed, 0.5 by chance.
        ((20, 5, 10, 15), 0.4),
        # The same agreement of 0.6 with alike and with unlike margins.
        ((45, 15, 25, 15), 0.1304),
        ((25, 35, 5, 35), 0.2593),
        ((10, 0, 0, 10), 1.0),
        ((0, 10, 10, 0), -1.0),
        ((25, 25, 25, 25), 0.0),
        # One rater marks everything the same: nothing beyond chance.
        ((7, 3, 0, 0), 0.0),
    ],
)
def test_kappa_is_that_of_textbook_examples(counts, kappa):
    assert cohens_kappa(marks(*counts)) == pytest.approx(kappa, abs=5e-5)


@pytest.mark.parametrize("pairs", [[], marks(5, 0, 0, 0), marks(0, 0, 0, 5)])
def test_kappa_and_alpha_are_undefined_where_only_one_mark_was_given_or_none(pairs):
    assert cohens_kappa(pairs) is None
    assert krippendorffs_alpha(pairs) is None


def observers(*rows):
    """Units of observers' rows, `.` where one gave no mark."""
    return [[None if mark == "." else mark for mark in unit] for unit in zip(*rows, strict=True)]


@pytest.mark.parametrize(
    ("rows", "alpha"),
    [
        # Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability": A, binary data of two observers.
        (("0100000010", "1110010000"), 0.095),
        # B, nominal data of two observers.
        (("aabbdcccedda", "babbbccceddd"), 0.692),
        # C, nominal data of four observers with marks missing.
        (("123321412...", "1233224125.3", ".3332342251.", "12332441251."), 0.743),
        # As many agreements as chance gives, less one pair's own part.
        (("ab", "ab"), 1.0),
        (("ab", "ba"), -0.5),
    ],
)
def test_alpha_is_that_of_krippendorff_s_examples(rows, alpha):
    assert krippendorffs_alpha(observers(*rows)) == pytest.approx(alpha, abs=5e-4)


def test_what_one_alone_marked_changes_no_alpha():
    rows = observers("aabbdcccedda", "babbbccceddd")
    assert krippendorffs_alpha([*rows, ["a", None], [None, None]]) == krippendorffs_alpha(rows)


@pytest.fixture
def drawn(scenario_row, utterance_rows):
    """The rows of a sheet of two dialogues of three turns, the first of which is cultural."""

    def rows(said="Good morning."):
        turns = [row | {"utterance": said} for name in ("s1", "s2") for row in utterance_rows(name, turns=3)]
        meant = [
            {key: row[key] for key in ("scenario_id", "take", "turn")}
            | {"intent": "To greet.", "relation": "cultural" if row["turn"] == 1 else "generic"}
            for row in turns
        ]
        chosen = draw(
            pl.DataFrame([scenario_row("s1"), scenario_row("s2")]), pl.DataFrame(turns), pl.DataFrame(meant), 2, 1
        )
        return sheet(chosen, "japan", "Japan")

    return rows


@pytest.fixture
def filled(drawn, tmp_path):
    """A sheet on disk; `marks` are given out in turn, `change` is done to the rows, `save` to the text."""

    def write(name="a.csv", marks=("yes",), change=lambda rows: rows, save=lambda text: text, said="Good morning."):
        rows = [row | {"mark": marks[number % len(marks)]} for number, row in enumerate(drawn(said))]
        path = tmp_path / name
        path.write_bytes(save(as_csv(change(rows))).encode())
        return path

    return write


def test_a_filled_sheet_is_read_as_it_was_drawn_and_marked(filled, drawn):
    assert read(filled(marks=("yes", "NO ", ""))) == [
        row | {"mark": ("yes", "no", "")[number % 3]} for number, row in enumerate(drawn())
    ]


@pytest.mark.parametrize(
    "save",
    [
        lambda text: text.replace("\r\n", "\n"),
        lambda text: text.removeprefix("\ufeff"),
        lambda text: text.replace(",", ";"),
        lambda text: text.replace(",", "\t"),
        lambda text: f"{text}\r\n,,,,,,,,\r\n",
    ],
    ids=["line ends", "no mark of the encoding", "semicolons", "tabs", "empty rows at the end"],
)
def test_a_sheet_is_read_as_spreadsheets_save_it(save, filled):
    assert read(filled(save=save)) == read(filled("b.csv"))


def test_rows_in_another_order_and_more_columns_are_read(filled):
    def change(rows):
        return rows[::-1]

    def save(text):
        head, *lines = text.splitlines()
        return "\n".join([f"{head},remark", *(f"{line},nice" for line in lines)])

    rows = read(filled(change=change, save=save))
    assert [row["number"] for row in rows] == [str(number) for number in range(1, 13)]
    assert len(pair(filled(change=change), filled("b.csv"))) == 12


@pytest.mark.parametrize("said", ["a\u2028b", 'one\r\ntwo, "three"', "=1+1", "x;y;z;x;y;z;x;y;z;x;y;z\t\t\t", "日本"])
def test_what_was_said_stays_in_its_cell(said, filled):
    rows = read(filled(said=said))
    assert len(rows) == 12
    assert all(said.strip() in row["said"] for row in rows if row["turn"])


def one(number, /, **values):
    """Change one row by its number."""
    return lambda rows: [row | values if row["number"] == str(number) else row for row in rows]


def without(*numbers):
    return lambda rows: [row for row in rows if int(row["number"]) not in numbers]


BAD = {
    "unknown mark": ({"change": one(4, mark="maybe")}, "row 5, column mark = 'maybe' is no mark; write yes or no"),
    "mark of a tick": ({"change": one(1, mark="✓")}, "row 2, column mark = '✓'"),
    "row lost": ({"change": without(3)}, "column number: the row with 3 is lost, of 12 rows"),
    "last rows lost": ({"change": without(11, 12)}, "column number: the row with 11 is lost, of 12 rows"),
    "row twice": ({"change": lambda rows: [*rows, rows[1]]}, "row 14, column number = '2' is there before, in row 3"),
    "number changed": ({"change": one(2, number="2.0")}, "row 3, column number = '2.0' is not a whole number from 1"),
    "number too high": ({"change": one(2, number="13")}, "row 3, column number = '13'", "to 12"),
    "endless number": ({"change": one(2, number="9" * 5000)}, "row 3, column number = '999"),
    "row of another sheet": (
        {"change": one(6, sheet="japan-12-00000000")},
        "row 7, column sheet = 'japan-12-00000000'",
    ),
    "no sheet's name": (
        {"change": lambda rows: [row | {"sheet": "x"} for row in rows]},
        "row 2, column sheet = 'x' is no",
    ),
    "unknown question": ({"change": one(6, question="mood")}, "row 7, column question = 'mood'; allowed: intent,"),
    "no marks": ({"marks": ("",)}, "no row has a mark", "write yes or no into column mark"),
    "column lost": ({"save": lambda text: text.replace(",mark", ",marks")}, "row 1: column mark is missing"),
    "no header": ({"save": lambda text: text.partition("\n")[2]}, "row 1: column sheet is missing"),
    "header alone": ({"save": lambda text: text.partition("\n")[0]}, "holds no row"),
    "nothing": ({"save": lambda text: ""}, "row 1: column sheet is missing"),
    "cell that never ends": ({"save": lambda text: text + '"' + "x" * 200_000}, "not CSV (field larger"),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_sheet_is_one_line_with_its_place(bad, filled):
    how, *parts = bad
    line = refused(filled(**how), read)
    assert all(part in line for part in parts), line


def test_no_file_and_no_utf_8_are_told(tmp_path):
    assert "no such file" in refused(tmp_path / "a.csv", read)
    (tmp_path / "b.csv").write_bytes(b"sheet,\xff")
    assert "as CSV in UTF-8" in refused(tmp_path / "b.csv", read)


def test_sheets_of_other_dialogues_are_told(filled):
    mine, yours = filled(), filled("b.csv", said="Good evening.")
    with pytest.raises(
        InputError, match=r"b\.csv: column sheet = 'japan-12-\w+', but 'japan-12-\w+' in .*a\.csv: other"
    ):
        pair(mine, yours)


def test_a_row_that_became_another_is_told(filled):
    mine, yours = filled(), filled("b.csv", change=one(2, dialogue="s9/1"))
    with pytest.raises(InputError, match=r"b\.csv: number 2, column dialogue = 's9/1', but 's[12]/1' in .*a\.csv"):
        pair(mine, yours)


def test_a_sheet_is_not_compared_with_itself(filled):
    mine = filled()
    with pytest.raises(InputError, match="given for both raters"):
        pair(mine, mine.parent / "." / mine.name)


def test_agreement_is_counted_by_question_and_in_all(filled):
    # Rows 1 and 2 are turn 1, 3 and 4 the other turns, 5 and 6 the dialogue; then the second dialogue.
    mine = filled(marks=("yes", "yes", "no", "yes", "yes", "no"))
    yours = filled("b.csv", marks=("yes", "no", "no", "", "yes", "no"))
    found = {row.pop("question"): row for row in agreement(pair(mine, yours))}
    assert list(found) == ["intent", "cultural", "natural", "plausible", "all"]
    assert found["intent"] == {"rows": 6, "rated": 4, "agree": 1.0, "kappa": 1.0, "alpha": 1.0} | {
        "first": 0.5,
        "second": 0.5,
        "both": 0.5,
    }
    assert found["cultural"] == {"rows": 2, "rated": 2, "agree": 0.0, "kappa": 0.0, "alpha": -0.5} | {
        "first": 1.0,
        "second": 0.0,
        "both": 0.0,
    }
    assert found["natural"]["kappa"] is None
    assert found["natural"]["agree"] == 1.0
    assert (found["plausible"]["both"], found["plausible"]["alpha"]) == (0.0, None)
    assert (found["all"]["rows"], found["all"]["rated"], found["all"]["agree"]) == (12, 10, 0.8)


def test_nothing_rated_by_both_is_a_dash_in_the_table(filled):
    rows = pair(filled(marks=("yes", "")), filled("b.csv", marks=("", "no")))
    lines = table(agreement(rows)).splitlines()
    assert re.fullmatch(r"intent +6 +0( +-){6}", lines[1])
    assert max(map(len, lines)) <= 120


def command(*arguments):
    done = subprocess.run([sys.executable, "-m", "clca", "raters", *arguments], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def test_the_command_compares_pairs_of_sheets_and_tells_a_mistake_in_one_line(filled):
    mine, yours = str(filled(marks=("yes", "no"))), str(filled("b.csv", marks=("yes", "no", "no")))
    status, said, _ = command("agree", mine, yours, mine, yours)
    assert status == 0
    assert re.search(r"^all +24 +24 ", said, re.MULTILINE)
    status, _, told = command("agree", mine)
    assert (status, told) == (1, f"error: {mine}: has no second sheet; name two of each culture, side by side\n")
