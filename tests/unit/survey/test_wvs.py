"""Survey files: every format gives the same respondents, and what is not understood is refused by name."""

import csv
import zipfile

import polars as pl
import pytest
import survey_files as files
from refusing import refused

from clca.schemas import Respondent
from clca.survey import wvs_file
from clca.survey.columns import DEMOGRAPHICS, ITEMS
from clca.survey.questionnaire import OPTION_COUNTS
from clca.survey.wvs import read
from clca.survey.wvs_labels import code, country, weight

GERMANS = files.people("DEU", 40)
ABROAD = [*files.people("JPN", 5), *files.people("URY", 7)]
CULTURE = {"germany": ["DEU"]}


def germans(path):
    return read(path, CULTURE)["germany"]


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The respondents of GERMANS, taken from the rows without the reader."""
    columns = [*DEMOGRAPHICS, *ITEMS]
    codes = {name: [row[name] if row[name] >= 0 else None for row in GERMANS] for name in columns}
    return pl.DataFrame(
        {
            "respondent": [f"germany-{row:05d}" for row in range(2, 42)],
            "culture": "germany",
            "country": "DEU",
            **{name: pl.Series(codes[name], dtype=pl.Int64) for name in DEMOGRAPHICS},
            "weight": [float(row["W_WEIGHT"]) for row in GERMANS],
            "synthetic": False,
            **{name: pl.Series(codes[name], dtype=pl.Int64) for name in ITEMS},
        }
    )


FORMATS = {
    "v6": lambda folder: files.cross_national(GERMANS + ABROAD, folder / "v6.csv"),
    "all cells quoted": lambda folder: files.cross_national(
        GERMANS + ABROAD, folder / "q.csv", quoting=csv.QUOTE_ALL, end="\r\n"
    ),
    "in its zip": lambda folder: files.zipped(GERMANS + ABROAD, folder / "v6.zip"),
    "country file, codes": lambda folder: files.country_codes(GERMANS, folder / "codes.csv"),
    "country file, labels": lambda folder: files.country_labels(GERMANS, folder / "labels.csv"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_respondents(name, expected, tmp_path):
    found = germans(FORMATS[name](tmp_path)).respondents
    assert Respondent.validate(found).equals(expected)


@pytest.mark.parametrize("named", ["", "full_value_qa.tsv", "full_demographic_qa.tsv"])
def test_worldvaluesbench_gives_them_but_for_weights(named, expected, tmp_path):
    rows = GERMANS + [row for row in ABROAD if row["B_COUNTRY_ALPHA"] != "URY"]
    sample = germans(files.worldvaluesbench(rows, tmp_path / "full") / named)
    assert sample.respondents.equals(expected.with_columns(weight=pl.lit(1.0)))
    assert (sample.weighted, sample.elsewhere) == (False, 5)
    assert sample.source == "full_demographic_qa.tsv and full_value_qa.tsv"


def test_blocks_do_not_show(expected, tmp_path, monkeypatch):
    monkeypatch.setattr(wvs_file, "BLOCK", 4096)
    assert germans(FORMATS["country file, labels"](tmp_path)).respondents.equals(expected)
    assert germans(FORMATS["in its zip"](tmp_path)).respondents.equals(expected)


def test_byte_order_mark_blank_lines_decimals_and_spaces_are_read(expected, tmp_path):
    path = tmp_path / "odd.csv"
    rows = [row | {item: f" {row[item]}.0" for item in ITEMS} for row in GERMANS]
    lines = files.text(rows).splitlines()
    path.write_text("\ufeff" + "\n".join([*lines[:20], *lines[20:], "", ""]) + "\n\n")
    assert germans(path).respondents.equals(expected)
    path.write_text("\n".join([*lines[:11], "", *lines[11:]]))
    found = germans(path).respondents
    # Row numbers are a spreadsheet's, blank lines and all.
    assert found["respondent"].to_list()[9:11] == ["germany-00011", "germany-00013"]
    assert found.drop("respondent").equals(expected.drop("respondent"))


def test_labels_in_another_encoding_are_read(expected, tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes(FORMATS["country file, labels"](tmp_path).read_text().encode("latin-1"))
    assert b"Don\xb4t know" in path.read_bytes()
    assert germans(path).respondents.equals(expected)


def test_quotes_within_fields_and_line_ends_within_quotes_do_no_harm(expected, tmp_path):
    rows = [row | {"doi": 'a "made up" one', "J_INTDATE": '1900\nand "one", or so'} for row in GERMANS]
    path = files.cross_national(rows, tmp_path / "q.csv")
    assert germans(path).respondents.equals(expected)
    path.write_text(files.text(GERMANS).replace(",0,", ',0"0",', 3))
    assert germans(path).respondents.equals(expected)


def test_several_cultures_are_read_at_once_and_countries_kept_apart(tmp_path):
    british, irish = files.people("GBR", 6), files.people("NIR", 4)
    path = files.cross_national(british + ABROAD + irish, tmp_path / "all.csv")
    found = read(path, {"uk": ["GBR", "NIR"], "britain": ["GBR"], "japan": ["JPN"]})
    counts = {name: (len(sample.respondents), sample.elsewhere, sample.rows) for name, sample in found.items()}
    assert counts == {"uk": (10, 12, 22), "britain": (6, 16, 22), "japan": (5, 17, 22)}
    assert found["uk"].respondents["country"].to_list() == ["GBR"] * 6 + ["NIR"] * 4
    # All share one D_INTERVIEW, as in the survey: it is no key.
    assert found["uk"].respondents["respondent"].n_unique() == 10


def test_footers_without_a_country_are_skipped_and_counted(expected, tmp_path):
    footers = [dict.fromkeys(files.HEADER, "") | {"version": name, "Q1": "1.37"} for name in ("Avg", "Avg_First")]
    sample = germans(files.cross_national(GERMANS + footers, tmp_path / "f.csv"))
    assert sample.respondents.equals(expected)
    assert (sample.rows, sample.nowhere, sample.elsewhere) == (42, 2, 0)


def test_missing_codes_are_null_and_nought_only_where_the_scale_has_it():
    for column in (*DEMOGRAPHICS, *ITEMS):
        assert [code(column, str(missing)) for missing in (-1, -2, -3, -4, -5)] == [None] * 5
        assert [code(column, label) for label in files.MISSING.values()] == [None] * 5
    assert (code("Q275", "0"), code("Q281", "0"), code("Q270", "0")) == (0, 0, None)
    for column in ("Q1", "Q45", "Q260", "X003R"):
        with pytest.raises(ValueError, match=f"outside the scale of {column}, which has 1 to "):
            code(column, "0")


@pytest.mark.parametrize(
    ("column", "label", "expected"),
    [
        ("Q27", "STRONGLY AGREE", 1),
        ("Q27", "disagree strongly", 4),
        ("Q33", "Neither agree or disagree", 3),
        ("Q33", "Strongly disagree", 5),
        ("Q7", "Important", 1),
        ("Q1", "1.- Very important", 1),
        ("Q44", "Don´t mind", 2),
        ("Q44", "Don't know", None),
        ("Q270", "89.- 7 persons or more", 7),
        ("Q270", "12", 7),
        ("X003R", "65 and over", 6),
        ("Q260", "Missing; Not available; AU: Other", None),
        ("Q281", "JP,KG,TJ: Other", 11),
        ("Q275", "Early childhood education (ISCED 0) / no education", 0),
    ],
)
def test_wording_of_labels_may_differ(column, label, expected):
    assert code(column, label) == expected


def test_labels_that_stand_in_the_tests_mean_their_codes():
    for column, labels in files.LABELS.items():
        assert {label: code(column, label) for label in labels.values()} == {v: k for k, v in labels.items()}, column


def test_countries_go_by_code_number_and_name():
    assert [country(text) for text in ("GBR", "826", "Great Britain", "909.0", "NORTHERN IRELAND")] == [
        "GBR", "GBR", "GBR", "NIR", "NIR",
    ]  # fmt: skip
    assert [country(text) for text in ("", " ", "-4")] == [None] * 3


def test_no_weighting_is_1_and_decimal_commas_are_read(tmp_path):
    assert [weight(text) for text in ("No weighting", "no weighting ", "0,5", "1.25")] == [1, 1, 0.5, 1.25]
    rows = [row | {"W_WEIGHT": "No weighting"} for row in GERMANS]
    sample = germans(files.cross_national(rows, tmp_path / "w.csv"))
    assert sample.weighted
    assert sample.respondents["weight"].unique().to_list() == [1.0]


@pytest.mark.parametrize("absent", [True, False])
def test_age_band_comes_from_the_age_where_it_is_unknown(absent, expected, tmp_path):
    header = [name for name in files.HEADER if name != "X003R"] if absent else files.HEADER
    rows = [row | {"X003R": -2} for row in GERMANS]
    found = germans(files.cross_national(rows, tmp_path / "a.csv", header=header)).respondents
    assert found.equals(expected)


def test_rows_of_other_countries_may_hold_anything(tmp_path):
    rows = GERMANS + [row | {"Q1": "who knows", "W_WEIGHT": "x"} for row in ABROAD]
    assert len(germans(files.cross_national(rows, tmp_path / "o.csv")).respondents) == 40


def refusal(path, read_it=germans):
    """The one line with which a file is refused."""
    return refused(path, read_it)


def changed(column, value, row=7):
    """GERMANS with another value in a spreadsheet's row."""
    return [one | {column: value} if number == row else one for number, one in enumerate(GERMANS, 2)]


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("Q1", "5", "is outside the scale of Q1, which has 1 to 4 and -1 to -5 for missing; correct the cell"),
        ("Q1", "0", "is outside the scale of Q1"),
        ("Q1", "-6", "is outside the scale of Q1"),
        ("Q43", "4", "is outside the scale of Q43, which has 1 to 3"),
        ("Q1", "1.5", "is not a label that is known; known, in any case: very important, rather important"),
        ("Q33", "Somewhat agree", "is not a label that is known; known, in any case: agree strongly"),
        ("Q260", "3", "is outside the scale of Q260"),
        ("Q273", "Betrothed", "is not a label that is known; known, in any case: married"),
        ("Q262", "200", "is outside the scale of Q262"),
        ("W_WEIGHT", "heavy", "is not a weight; write a number above 0, or `No weighting`"),
        ("W_WEIGHT", "0", "is not a weight"),
        ("W_WEIGHT", "nan", "is not a weight"),
        ("B_COUNTRY_ALPHA", "Atlantis", "is not a country of the survey's seventh wave; write its three-letter code"),
    ],
)
def test_cell_that_is_not_understood_names_row_column_and_value(column, value, problem, tmp_path):
    line = refusal(files.cross_national(changed(column, value), tmp_path / "c.csv"))
    assert f": row 7, column {column} = {value!r} {problem}" in line


def test_empty_weight_is_refused(tmp_path):
    line = refusal(files.cross_national(changed("W_WEIGHT", ""), tmp_path / "c.csv"))
    assert ": row 7, column W_WEIGHT = '' is not a weight" in line


def test_inverted_download_is_refused_by_name(tmp_path):
    titles = [f"{name}P" if name in ITEMS else name for name in files.HEADER]
    line = refusal(files.cross_national(GERMANS, tmp_path / "v6.csv", titles=titles))
    assert "row 1: column Q1 is missing, and Q1P shows that this is the inverted download" in line
    assert "take the one without `inverted` in its name" in line


@pytest.mark.parametrize("column", ["Q1", "Q45", "Q260", "B_COUNTRY_ALPHA"])
def test_column_that_lacks_is_named(column, tmp_path):
    header = [name for name in files.HEADER if name not in (column, "B_COUNTRY")]
    line = refusal(files.cross_national(GERMANS, tmp_path / "l.csv", header=header))
    assert f"row 1: column {column} is missing; take the complete download" in line


def test_column_twice_is_refused(tmp_path):
    titles = ["Q1 again" if name == "doi" else name for name in files.HEADER]
    line = refusal(files.cross_national(GERMANS, tmp_path / "t.csv", titles=titles))
    assert "row 1: columns 2 and 14 are both Q1; rename the one that is not meant" in line


def test_country_that_is_absent_is_refused_with_those_there(tmp_path):
    path = files.cross_national(GERMANS + ABROAD, tmp_path / "d.csv")
    line = refusal(path, lambda path: read(path, {"mexico": ["MEX"]}))
    assert "no respondents of country 'MEX' (culture 'mexico'); there are: DEU, JPN, URY; take the file" in line
    line = refusal(path, lambda path: read(path, {"germany": ["DEU", "AUT"]}))
    assert "no respondents of country 'AUT' (culture 'germany')" in line


@pytest.mark.parametrize("blocks", [4096, 4 << 20])
def test_file_cut_in_the_middle_is_refused(blocks, tmp_path, monkeypatch):
    monkeypatch.setattr(wvs_file, "BLOCK", blocks)
    path, whole = tmp_path / "cut.csv", files.text(GERMANS)
    end = whole.index("\n", len(whole) // 2) + 1
    row, columns = whole[:end].count("\n") + 1, len(files.HEADER)
    path.write_text(whole[:end] + ",".join(whole[end:].split(",")[:20]))
    line = refusal(path)
    assert f"row {row} has 20 fields where the header has {columns}, up to column {files.HEADER[19]} = " in line
    assert "the file is cut there, or another delimiter parts its rows; fetch it again" in line
    quoted = files.text(GERMANS, quoting=csv.QUOTE_ALL)
    path.write_text(quoted[: quoted.rindex('"')])
    assert "row 41 has a quote that is never closed" in refusal(path)


def test_wrong_delimiter_is_refused(tmp_path):
    path = files.cross_national(GERMANS, tmp_path / "pipes.csv", separator="|")
    assert "row 1, column 1 = 'version|doi|A_YEAR|B_COUNTRY|B_COUNTRY_A': " in refusal(path)
    assert "neither commas, semicolons nor tabs part them" in refusal(path)
    header, _, rows = files.text(GERMANS).partition("\n")
    path.write_text(f"{header}\n{rows.replace(',', ';')}")
    line = refusal(path)
    assert (
        f"row 2 has 1 fields where the header has {len(files.HEADER)}, up to column VERSION = '6-0-0 (made up);" in line
    )


def test_row_with_too_many_fields_is_refused(tmp_path):
    lines = files.text(GERMANS).splitlines()
    lines[4] += ",9"
    path = tmp_path / "long.csv"
    path.write_text("\n".join(lines))
    assert f"row 5 has {len(files.HEADER) + 1} fields where the header has {len(files.HEADER)}" in refusal(path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty; fetch it again"),
        (b"\n \n", "is empty; fetch it again"),
        (",".join(files.HEADER).encode(), "has a header and no rows; fetch it again"),
        (f"{','.join(files.HEADER)}\n\n".encode(), "has a header and no rows"),
        (files.text(GERMANS).encode("utf-16"), "is not a CSV file in UTF-8; take the CSV download"),
        (b"$FL2\0\0", "is not a CSV file in UTF-8"),
        (b"name,age\nx,1\n", "its columns are not the survey's"),
        (files.text(GERMANS, end="\r").encode(), "or neither commas, semicolons nor tabs part them"),
        (b'"' + files.text(GERMANS).encode() * 9, "its columns are not the survey's"),
        (b"PK\x03\x04 and no more", "is not a whole zip"),
    ],
)
def test_what_is_no_survey_file_is_refused(content, problem, tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    assert problem in refusal(path)


def test_missing_file_is_told(tmp_path):
    assert "no such file; see config/README.md" in refusal(tmp_path / "nowhere.csv")


def test_zips_without_just_one_csv_are_refused(tmp_path):
    path = tmp_path / "z.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("codebook.pdf", "x")
    assert "holds no CSV file (codebook.pdf); unpack the one that is meant and name it" in refusal(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("a/one.csv", "x")
        archive.writestr("two.CSV", "x")
    assert "holds 2 CSV files (a/one.csv, two.CSV); unpack the one that is meant and name it" in refusal(path)


def test_damaged_zip_is_refused(tmp_path):
    path = files.zipped(GERMANS, tmp_path / "v6.zip")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "is not a whole zip" in refusal(path)
    middle = len(whole) // 3
    path.write_bytes(whole[:middle] + bytes(byte ^ 255 for byte in whole[middle : middle + 40]) + whole[middle + 40 :])
    assert "is not a whole zip" in refusal(path)


def test_pair_that_is_none_is_refused(tmp_path):
    folder = files.worldvaluesbench(GERMANS, tmp_path / "full")
    (folder / "full_value_qa.tsv").unlink()
    assert "the value one must lie in the folder once; found: none; put full_demographic_qa.tsv" in refusal(folder)
    assert "the value one must lie in the folder once" in refusal(folder / "full_demographic_qa.tsv")


@pytest.mark.parametrize("swap", [True, False])
def test_pair_whose_rows_do_not_match_is_refused(swap, tmp_path):
    rows = [row | {"D_INTERVIEW": 1000 + number} for number, row in enumerate(GERMANS)]
    folder = files.worldvaluesbench(rows, tmp_path / "full")
    path = folder / "full_value_qa.tsv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:9], lines[10], lines[9], *lines[11:]] if swap else lines[:-1]))
    line = refusal(path)
    assert f"row {10 if swap else 41}, column D_INTERVIEW is not that of full_demographic_qa.tsv" in line


def test_answers_of_every_item_keep_to_its_options(expected):
    assert all(expected[item].max() <= count for item, count in OPTION_COUNTS.items())
