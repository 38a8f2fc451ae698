from pathlib import Path

import numpy as np
import polars as pl
import pytest
from refusing import refused

from clca.errors import InputError
from clca.schemas import Respondent
from clca.survey.columns import DEMOGRAPHICS, ITEMS
from clca.survey.personas import render
from clca.survey.questionnaire import OPTION_COUNTS, load
from clca.survey.respondents import demographics, marginals, synthesise

ROOT = Path(__file__).parents[3]
MARGINALS = ROOT / "workflow/resources/wvs7_marginals.csv"
DEMOGRAPHIC_SHARES = ROOT / "workflow/resources/demographics.csv"
ENGLISH = load(ROOT / "config/questionnaire/en.yaml")
COUNTRIES = {"china": ["CHN"], "germany": ["DEU"], "uk": ["GBR", "NIR"], "mexico": ["MEX"], "japan": ["JPN"]}


@pytest.fixture
def own(tmp_path):
    """A writer of changed copies of a shipped file: `where` picks rows, `change` gives columns new values."""

    def write(source, where=None, change=None, drop=False):
        table = pl.read_csv(source, infer_schema=False)
        if drop:
            table = table.filter(~where)
        elif where is not None:
            table = table.with_columns(
                pl.when(where).then(pl.lit(value)).otherwise(pl.col(name)).alias(name) for name, value in change.items()
            )
        path = tmp_path / "own.csv"
        table.write_csv(path)
        return path

    return write


def refusal(read, path, culture="japan"):
    """The one line with which `read` refuses the file."""
    return refused(path, read, culture)


def japan(question, option):
    return (pl.col("culture") == "japan") & (pl.col("question") == question) & (pl.col("option") == option)


def japanese(field, code):
    return (pl.col("culture") == "japan") & (pl.col("field") == field) & (pl.col("code") == code)


@pytest.mark.parametrize("culture", COUNTRIES)
def test_marginals_are_distributions_over_each_item_s_options(culture):
    shares = marginals(MARGINALS, culture)
    assert tuple(shares) == ITEMS
    assert {question: len(share) for question, share in shares.items()} == OPTION_COUNTS
    for share in shares.values():
        assert share.min() >= 0
        assert share.sum() == pytest.approx(1, abs=1e-12)


def test_marginals_are_the_published_percentages():
    assert marginals(MARGINALS, "uk")["Q1"] == pytest.approx(np.array([91.2, 6.6, 1.5, 0.6]) / 99.9)


def test_order_of_rows_does_not_matter(tmp_path):
    path = tmp_path / "shuffled.csv"
    pl.read_csv(MARGINALS, infer_schema=False).sample(fraction=1, shuffle=True, seed=1).write_csv(path)
    for question, share in marginals(path, "china").items():
        assert share == pytest.approx(marginals(MARGINALS, "china")[question])


def test_byte_order_mark_and_windows_line_ends_are_read(tmp_path):
    path = tmp_path / "windows.csv"
    path.write_bytes(b"\xef\xbb\xbf" + MARGINALS.read_bytes().replace(b"\n", b"\r\n"))
    assert marginals(path, "japan")["Q1"] == pytest.approx(marginals(MARGINALS, "japan")["Q1"])


@pytest.mark.parametrize(("read", "path"), [(marginals, MARGINALS), (demographics, DEMOGRAPHIC_SHARES)])
def test_missing_culture_lists_those_there(read, path):
    line = refusal(read, path, "brazil")
    assert "'brazil'" in line
    assert all(culture in line for culture in COUNTRIES)


@pytest.mark.parametrize("read", [marginals, demographics])
def test_files_that_are_no_such_table_are_refused(read, tmp_path):
    path = tmp_path / "own.csv"
    assert "no such file" in refusal(read, path)
    path.write_text("")
    assert "not a CSV file" in refusal(read, path)
    path.write_bytes(b"culture,percent\nM\xe9xico,1\n")
    assert "UTF-8" in refusal(read, path)
    path.write_text("culture,code\njapan,1\n")
    assert "is missing; needed: " in refusal(read, path)


def test_missing_item_and_missing_option_are_named(own):
    assert "item Q9" in refusal(marginals, own(MARGINALS, pl.col("question") == "Q9", drop=True))
    assert "option 3 of Q27" in refusal(marginals, own(MARGINALS, japan("Q27", "3"), drop=True))


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("percent", "-1.5", "not between 0 and 100"),
        ("percent", "nan", "not between 0 and 100"),
        ("percent", "inf", "not between 0 and 100"),
        ("percent", "12,5", "not a number"),
        ("percent", "many", "not a number"),
        ("percent", None, "not a number"),
        ("option", "5", "1 to 4"),
        ("option", "0", "1 to 4"),
        ("option", "1.0", "whole number"),
        ("option", "-1", "whole number"),
        ("option", None, "whole number"),
        ("option", "3", "twice"),
        ("question", "Q42", "not one of Q1 to Q45"),
        ("question", None, "not one of Q1 to Q45"),
    ],
)
def test_broken_marginals_name_file_row_column_and_value(own, column, value, problem):
    path = own(MARGINALS, japan("Q3", "2"), {column: value})
    rows = pl.read_csv(MARGINALS, infer_schema=False).with_row_index().filter(japan("Q3", "2"))
    # "twice" is told of the later row, the one that was not changed.
    number = rows["index"][0] + (3 if problem == "twice" else 2)
    line = refusal(marginals, path)
    assert f"row {number}, column {column} = {value!r} " in line
    assert problem in line


def test_rows_of_other_cultures_may_be_broken(own):
    path = own(MARGINALS, (pl.col("culture") == "china") & (pl.col("question") == "Q3"), {"percent": "-1"})
    assert tuple(marginals(path, "japan")) == ITEMS


@pytest.mark.parametrize(("added", "accepted"), [(2.8, True), (-2.8, True), (3.3, False), (-3.3, False)])
def test_sum_is_normalised_near_100_and_refused_elsewhere(own, added, accepted):
    percents = pl.read_csv(MARGINALS).filter((pl.col("culture") == "japan") & (pl.col("question") == "Q1"))["percent"]
    path = own(MARGINALS, japan("Q1", "1"), {"percent": str(percents[0] + 100 - percents.sum() + added)})
    if accepted:
        assert marginals(path, "japan")["Q1"].sum() == pytest.approx(1, abs=1e-12)
    else:
        assert f"percentages of Q1 sum to {100 + added:.1f}" in refusal(marginals, path)


@pytest.mark.parametrize("culture", COUNTRIES)
def test_shipped_demographics_sum_to_100_and_say_where_they_come_from(culture):
    table = pl.read_csv(DEMOGRAPHIC_SHARES, schema_overrides={"code": pl.String}).filter(pl.col("culture") == culture)
    sums = table.group_by("field").agg(pl.col("percent").sum())
    assert sums["percent"].to_list() == pytest.approx([100] * len(sums))
    assert table.filter((pl.col("source") != "invented") & ~pl.col("source").str.starts_with("cited: ")).is_empty()


@pytest.mark.parametrize("culture", COUNTRIES)
def test_shipped_demographics_have_just_the_codes_that_personas_can_tell(culture):
    fields = demographics(DEMOGRAPHIC_SHARES, culture)
    assert set(fields) - {"country"} == set(DEMOGRAPHICS)
    for field in DEMOGRAPHICS:
        codes, shares = fields[field]
        assert sorted(codes.tolist()) == sorted(ENGLISH.persona.fields[field])
        assert shares.sum() == pytest.approx(1, abs=1e-12)


def test_countries_of_the_uk_are_the_survey_s_respondents():
    codes, shares = demographics(DEMOGRAPHIC_SHARES, "uk")["country"]
    assert codes.tolist() == ["GBR", "NIR"]
    assert shares == pytest.approx([2609 / 3056, 447 / 3056], abs=0.0005)


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("percent", "-1", "not between 0 and 100"),
        ("percent", "some", "not a number"),
        ("code", "-1", "whole number"),
        ("code", None, "whole number"),
        ("field", "Country", "allowed: country, H_SETTLEMENT"),
    ],
)
def test_broken_demographics_name_row_column_and_value(own, column, value, problem):
    line = refusal(demographics, own(DEMOGRAPHIC_SHARES, japanese("Q260", "1"), {column: value}))
    assert f", column {column} = {value!r} " in line
    assert problem in line


def test_missing_field_wrong_sum_and_repeated_code_are_named(own):
    assert "lacks the field Q275" in refusal(
        demographics, own(DEMOGRAPHIC_SHARES, pl.col("field") == "Q275", drop=True)
    )
    assert "percentages of Q260 sum to" in refusal(
        demographics, own(DEMOGRAPHIC_SHARES, japanese("Q260", "1"), {"percent": "90"})
    )
    assert "twice" in refusal(demographics, own(DEMOGRAPHIC_SHARES, japanese("Q260", "1"), {"code": "2"}))


def people(culture, n, seed=42, countries=None):
    return synthesise(
        marginals(MARGINALS, culture),
        demographics(DEMOGRAPHIC_SHARES, culture),
        countries or COUNTRIES[culture],
        culture,
        n,
        np.random.default_rng(seed),
    )


@pytest.mark.parametrize("culture", COUNTRIES)
def test_synthetic_people_fit_the_schema_and_are_marked(culture):
    drawn = people(culture, 300)
    assert Respondent.validate(drawn).columns == list(Respondent.to_schema().columns)
    assert drawn["respondent"].to_list() == [f"{culture}-{number:05d}" for number in range(1, 301)]
    assert drawn["synthetic"].all()
    assert drawn["weight"].unique().to_list() == [1.0]
    assert set(drawn["country"]) <= set(COUNTRIES[culture])


def test_every_synthetic_person_can_be_told():
    for culture in COUNTRIES:
        prompts = [render(row, ENGLISH) for row in people(culture, 200).to_dicts()]
        assert all(prompt.count(". ") >= 12 for prompt in prompts)


def test_synthetic_shares_converge_to_those_given():
    n = 40_000
    drawn, shares, fields = (
        people("mexico", n),
        marginals(MARGINALS, "mexico"),
        demographics(DEMOGRAPHIC_SHARES, "mexico"),
    )
    for question in ITEMS:
        found = np.bincount(drawn[question], minlength=len(shares[question]) + 1)[1:] / n
        assert found == pytest.approx(shares[question], abs=0.012)
    for field in DEMOGRAPHICS:
        codes, expected = fields[field]
        assert [(drawn[field] == code).mean() for code in codes.tolist()] == pytest.approx(expected, abs=0.012)


def test_synthetic_answers_depend_on_nothing_else():
    drawn = people("china", 20_000).select(*DEMOGRAPHICS, *ITEMS).to_numpy().astype(float)
    correlations = np.corrcoef(drawn, rowvar=False) - np.eye(drawn.shape[1])
    assert np.abs(correlations).max() < 0.035


def test_the_same_seed_draws_the_same_people():
    assert people("uk", 100).equals(people("uk", 100))
    assert not people("uk", 100).equals(people("uk", 100, seed=43))


def test_countries_follow_their_shares_and_only_those_listed_occur():
    drawn = people("uk", 20_000)
    assert (drawn["country"] == "GBR").mean() == pytest.approx(0.854, abs=0.01)
    assert people("uk", 50, countries=["GBR"])["country"].unique().to_list() == ["GBR"]


def test_without_shares_of_countries_everybody_lives_in_the_first():
    assert people("japan", 50, countries=["JPN", "KOR"])["country"].unique().to_list() == ["JPN"]


def test_listed_country_without_a_share_is_refused():
    with pytest.raises(InputError, match="countries has 'IRL', but the demographics have a share only of GBR, NIR"):
        people("uk", 50, countries=["GBR", "IRL"])
