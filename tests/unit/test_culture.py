"""Cultures' files: the shipped five, a sixth, and files with mistakes."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError
from refusing import refused

from clca.culture import Culture, load, phrases

FOLDER = Path(__file__).parents[2] / "config" / "cultures"

SHIPPED = {
    "mexico": [
        "little self-expression",
        "moderately traditional",
        "highly hierarchical",
        "moderately collective",
        "moderate achievement",
        "high uncertainty avoidance",
        "highly normative",
        "highly indulgent",
    ],
    "china": [
        "little survival",
        "moderately secular",
        "highly hierarchical",
        "moderately collective",
        "moderate achievement",
        "moderately risk-taking",
        "highly pragmatic",
        "highly restrained",
    ],
    "japan": [
        "moderate self-expression",
        "uttermost secular",
        "moderately hierarchical",
        "moderately individualistic",
        "high achievement",
        "high uncertainty avoidance",
        "highly pragmatic",
        "moderately restrained",
    ],
    "germany": [
        "uttermost self-expression",
        "moderately secular",
        "moderately equal",
        "highly individualistic",
        "moderate achievement",
        "moderate uncertainty avoidance",
        "moderately pragmatic",
        "moderately restrained",
    ],
    "uk": [
        "uttermost self-expression",
        "moderately secular",
        "moderately equal",
        "highly individualistic",
        "moderate achievement",
        "moderately risk-taking",
        "moderately pragmatic",
        "moderately indulgent",
    ],
}

SIXTH: dict[str, Any] = {
    "name": "Utopia",
    "people": "Utopian",
    "language": "la",
    "countries": ["UTP"],
    "hofstede": {
        "power_distance": 0,
        "individualism": 24.9,
        "masculinity": 25,
        "uncertainty_avoidance": 10,
        "long_term_orientation": 50,
        "indulgence": 75,
    },
    "inglehart_welzel": {"survival_self_expression": -1.7, "traditional_secular": -0.1},
    "names": {"female": ["Ada", "Bea", "Cleo"], "male": ["Dan", "Eli", "Flo"], "family": ["Gil", "Hay", "Ives"]},
    "name_order": "given-first",
}
ABSENT = object()


def write(folder: Path, *mistakes: tuple[str, Any]) -> Path:
    """The sixth culture's file with some values, named by dotted keys, changed or left out."""
    content = copy.deepcopy(SIXTH)
    for key, value in mistakes:
        *parents, last = key.split(".")
        holder = content
        for parent in parents:
            holder = holder[parent]
        if value is ABSENT:
            del holder[last]
        else:
            holder[last] = value
    path = folder / "utopia.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def refusal(path: Path) -> str:
    return refused(path, load).removeprefix(f"{path}: ")


@pytest.mark.parametrize("slug", SHIPPED)
def test_shipped_scores_give_the_phrases_of_the_paper(slug: str) -> None:
    assert phrases(load(FOLDER / f"{slug}.yaml")) == SHIPPED[slug]


def test_every_shipped_culture_file_is_tested() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(SHIPPED)


@pytest.mark.parametrize("slug", SHIPPED)
def test_shipped_cultures_have_twelve_different_names_of_each_kind(slug: str) -> None:
    names = load(FOLDER / f"{slug}.yaml").names
    for kind in (names.female, names.male, names.family):
        assert len(kind) == len(set(kind)) == 12


def test_shipped_cultures_cover_the_six_countries_of_the_survey_once() -> None:
    countries = [country for slug in SHIPPED for country in load(FOLDER / f"{slug}.yaml").countries]
    assert sorted(countries) == ["CHN", "DEU", "GBR", "JPN", "MEX", "NIR"]
    assert load(FOLDER / "uk.yaml").countries == ("GBR", "NIR")


def test_a_sixth_culture_needs_only_a_file(tmp_path: Path) -> None:
    culture = load(write(tmp_path))
    assert (culture.name, culture.marginals, culture.demographics) == ("Utopia", None, None)
    assert phrases(culture) == [
        "uttermost survival",
        "slightly traditional",
        "highly equal",
        "highly collective",
        "moderate care for others",
        "highly risk-taking",
        "moderately pragmatic",
        "highly indulgent",
    ]


def test_a_culture_may_name_its_own_survey_files(tmp_path: Path) -> None:
    own = {"survey_file": "de.csv", "marginals": "data/shares.csv", "demographics": "data/people.csv"}
    culture = load(write(tmp_path, *own.items()))
    assert culture.model_dump(include=own.keys()) == own


@pytest.mark.parametrize(
    ("axis", "value", "phrase"),
    [
        ("survival_self_expression", -2.5, "uttermost survival"),
        ("survival_self_expression", -1.49, "moderate survival"),
        ("survival_self_expression", -0.49, "little survival"),
        ("survival_self_expression", 0, "little self-expression"),
        ("survival_self_expression", 0.5, "moderate self-expression"),
        ("survival_self_expression", 1.5, "uttermost self-expression"),
        ("traditional_secular", -1.5, "uttermost traditional"),
        ("traditional_secular", -0.25, "moderately traditional"),
        ("traditional_secular", 0, "slightly secular"),
        ("traditional_secular", 0.25, "moderately secular"),
        ("traditional_secular", 2.5, "uttermost secular"),
    ],
)
def test_a_position_on_a_cut_belongs_to_the_stronger_degree(
    tmp_path: Path, axis: str, value: float, phrase: str
) -> None:
    assert phrase in phrases(load(write(tmp_path, (f"inglehart_welzel.{axis}", value))))


@pytest.mark.parametrize(
    ("value", "phrase"),
    [
        (0, "highly equal"),
        (24.99, "highly equal"),
        (25, "moderately equal"),
        (50, "moderately hierarchical"),
        (75, "highly hierarchical"),
        (100, "highly hierarchical"),
    ],
)
def test_a_score_on_a_cut_belongs_to_the_side_above(tmp_path: Path, value: float, phrase: str) -> None:
    assert phrases(load(write(tmp_path, ("hofstede.power_distance", value))))[2] == phrase


@pytest.mark.parametrize("key", ["name", "countries", "hofstede", "hofstede.indulgence", "names.family", "name_order"])
def test_a_missing_key_is_named(tmp_path: Path, key: str) -> None:
    line = refusal(write(tmp_path, (key, ABSENT)))
    assert line.startswith(f"{key} is missing; allowed: ")
    assert not line.endswith("allowed: ")


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("hofstede.power_distance", 101, "hofstede.power_distance = 101; allowed: a number from 0 to 100"),
        ("hofstede.individualism", -1, "hofstede.individualism = -1; allowed: a number from 0 to 100"),
        ("hofstede.masculinity", "66", "hofstede.masculinity = '66'; allowed: a number from 0 to 100"),
        ("hofstede.indulgence", True, "hofstede.indulgence = True; allowed: a number from 0 to 100"),
        ("hofstede.indulgence", float("nan"), "hofstede.indulgence = nan; allowed: a number from 0 to 100"),
        ("hofstede", 3, "hofstede = 3; allowed: six scores from 0 to 100"),
        (
            "inglehart_welzel.traditional_secular",
            2.51,
            "inglehart_welzel.traditional_secular = 2.51; allowed: a number from -2.5 to 2.5",
        ),
        ("language", "jpn", "language = 'jpn'; allowed: two lower-case letters such as 'ja'"),
        ("language", False, "language = False; allowed: two lower-case letters such as 'ja' (in quotes)"),
        ("countries", [], "countries = []; allowed: a list of three-letter codes such as [JPN]"),
        ("countries", "JPN", "countries = 'JPN'; allowed: a list of three-letter codes such as [JPN]"),
        ("countries", ["JPN", "gb"], "countries.1 = 'gb'; allowed: a list of three-letter codes such as [JPN]"),
        ("names.female", ["Ada", "Bea"], "names.female = ['Ada', 'Bea']; allowed: a list of at least three names"),
        (
            "names.male",
            ["Dan", True, "Eli"],
            "names.male.1 = True; allowed: a list of at least three names (in quotes)",
        ),
        ("name_order", "last-first", "name_order = 'last-first'; allowed: 'family-first' or 'given-first'"),
        ("people", "two\nlines", "people = 'two\\nlines'; allowed: a text on one line"),
        ("marginals", 7, "marginals = 7; allowed: the path of a file (in quotes)"),
    ],
)
def test_a_value_that_is_not_allowed_is_named_with_what_is(tmp_path: Path, key: str, value: Any, line: str) -> None:
    assert refusal(write(tmp_path, (key, value))) == line


def test_an_unknown_key_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    line = refusal(write(tmp_path, ("hofstede.indulgence", ABSENT), ("hofstede.indulgance", 40)))
    assert line.startswith(
        "hofstede.indulgance = 40 is an unknown key; did you mean indulgence? allowed: the keys power_"
    )


def test_an_unknown_key_at_the_top_is_named(tmp_path: Path) -> None:
    assert refusal(write(tmp_path, ("capital", "Amaurot"))).startswith(
        "capital = 'Amaurot' is an unknown key; allowed:"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "None is not a mapping; allowed: the keys name, people"),
        ("- name", "['name'] is not a mapping"),
        ("name: [", "not YAML: "),
        ("on: 3", "True is no key; allowed: the keys name"),
    ],
)
def test_a_file_that_holds_something_else_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "utopia.yaml"
    path.write_text(text, encoding="utf-8")
    assert problem in refusal(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "atlantis.yaml")


def test_a_loaded_culture_cannot_be_changed(tmp_path: Path) -> None:
    culture: Culture = load(write(tmp_path))
    with pytest.raises(ValidationError, match="frozen"):
        culture.name = "Dystopia"
    assert hash(culture) == hash(load(write(tmp_path)))
