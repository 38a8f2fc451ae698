from pathlib import Path

import polars as pl
import pytest
import yaml
from refusing import refused

from clca.errors import InputError
from clca.survey.columns import DEMOGRAPHICS, ITEMS
from clca.survey.questionnaire import OPTION_COUNTS, load, render_question

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / "config/questionnaire").glob("*.yaml"))
ENGLISH = ROOT / "config/questionnaire/en.yaml"

# Fragments by which the official English questionnaire would be recognised.
OFFICIAL = [
    "in your life",
    "important in life",
    "leisure time",
    "rather important",
    "not at all important",
    "especially important",
    "encouraged to learn",
    "like to have as neighbo",
    "not mentioned",
    "drug addicts",
    "foreign workers",
    "main goals in life",
    "works for pay",
    "on the whole",
    "political leaders",
    "business executives",
    "more important for a boy",
    "just as fulfilling",
    "jobs are scarce",
    "more right to a job",
    "certain to cause problems",
    "as good parents",
    "duty toward",
    "duty to society",
    "long-term care",
    "turn lazy",
    "always come first",
    "spare time",
    "less importance placed",
    "more emphasis on",
    "greater respect for authority",
    "strongly agree",
    "don't mind",
]


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def questionnaire(request):
    return load(request.param)


@pytest.fixture
def content():
    return yaml.safe_load(ENGLISH.read_text(encoding="utf-8"))


def refusal(content, tmp_path):
    """The one line with which a questionnaire of this content is refused."""
    path = tmp_path / "xx.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return refused(path, load)


def test_a_file_of_each_language_has_the_44_items_in_order(questionnaire):
    assert len(questionnaire.items) == 44
    assert tuple(item.question for item in questionnaire.items) == ITEMS


def test_every_item_has_as_many_options_as_the_published_marginals(questionnaire):
    marginals = pl.read_csv(ROOT / "workflow/resources/wvs7_marginals.csv")
    published = dict(marginals.select("question", "options").unique().iter_rows())
    assert published == OPTION_COUNTS
    assert {item.question: len(item.options) for item in questionnaire.items} == published


def test_file_name_is_the_language():
    assert [load(path).language for path in FILES] == [path.stem for path in FILES]


def test_items_of_a_scale_share_their_options_and_no_two_ask_the_same(questionnaire):
    scales = {(item.scale, item.options) for item in questionnaire.items}
    assert len(scales) == len({scale for scale, _ in scales}) == 6
    assert len({item.text for item in questionnaire.items}) == 44
    assert all(len(set(item.options)) == len(item.options) for item in questionnaire.items)


def test_scales_run_in_the_survey_s_direction():
    items = {item.question: item for item in load(ENGLISH).items}
    first_and_last = {
        "Q1": ("Very important", "Of no importance"),
        "Q7": ("Yes, I would list it", "No, I would not list it"),
        "Q18": ("Yes, I would list them", "No, I would not list them"),
        "Q27": ("Agree strongly", "Disagree strongly"),
        "Q33": ("Agree strongly", "Disagree strongly"),
        "Q43": ("It would be a good thing", "It would be a bad thing"),
    }
    assert {name: (items[name].options[0], items[name].options[-1]) for name in first_and_last} == first_and_last
    assert items["Q41"].options[2] == "Neither agree nor disagree"


def test_wording_is_not_the_official_questionnaire_s():
    questionnaire = load(ENGLISH)
    ours = "\n".join(render_question(item, questionnaire) for item in questionnaire.items).lower()
    assert [fragment for fragment in OFFICIAL if fragment in ours] == []


def test_question_ends_with_numbered_options_and_the_instruction():
    questionnaire = load(ENGLISH)
    assert render_question(questionnaire.items[0], questionnaire).splitlines() == [
        "How important is family to you?",
        "1. Very important",
        "2. Fairly important",
        "3. Of little importance",
        "4. Of no importance",
        questionnaire.instruction,
    ]


def test_questions_are_short_because_nothing_of_them_is_shared(questionnaire):
    assert max(len(render_question(item, questionnaire).split()) for item in questionnaire.items) <= 60


def test_reversed_options_map_back_to_the_survey_s():
    questionnaire = load(ENGLISH)
    for item in questionnaire.items:
        k = len(item.options)
        forward = render_question(item, questionnaire).splitlines()[-k - 1 : -1]
        backward = render_question(item, questionnaire, reverse=True).splitlines()[-k - 1 : -1]
        for number in range(1, k + 1):
            label = backward[number - 1].removeprefix(f"{number}. ")
            assert forward[k - number] == f"{k + 1 - number}. {label}"


def test_every_demographic_field_has_sentences(questionnaire):
    assert set(questionnaire.persona.fields) == set(DEMOGRAPHICS)
    assert {field: list(codes) for field, codes in questionnaire.persona.fields.items()} == {
        "Q260": [1, 2],
        "X003R": [1, 2, 3, 4, 5, 6],
        "Q263": [1, 2],
        "H_SETTLEMENT": [1, 2, 3, 4, 5],
        "H_URBRURAL": [1, 2],
        "Q273": [1, 2, 3, 4, 5, 6],
        "Q270": [1, 2, 3, 4, 5, 6, 7],
        "Q275": [0, 1, 2, 3, 4, 5, 6, 7, 8],
        "Q279": [1, 2, 3, 4, 5, 6, 7, 8],
        "Q281": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
        "Q287": [1, 2, 3, 4, 5],
    }


def test_the_six_countries_have_names(questionnaire):
    assert set(questionnaire.countries) == {"GBR", "NIR", "CHN", "DEU", "MEX", "JPN"}


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"zz\.yaml: no such file"):
        load(tmp_path / "zz.yaml")


def test_text_that_is_not_yaml_is_refused_with_its_line(tmp_path):
    assert "line 1" in refusal("language: {en\n", tmp_path)
    assert "list" in refusal("- en\n", tmp_path)
    assert "needs `scales`" in refusal("language: en\n", tmp_path)


def test_missing_item_is_refused_by_name(content, tmp_path):
    del content["items"][41]
    assert "Q43 expected, Q44 found" in refusal(content, tmp_path)
    content["items"] = content["items"][:-1]
    assert "Q43 expected, Q44 found" in refusal(content, tmp_path)


def test_missing_last_item_is_refused_by_name(content, tmp_path):
    del content["items"][-1]
    assert "Q45 expected, nothing found" in refusal(content, tmp_path)


def test_scale_with_an_option_too_many_is_refused(content, tmp_path):
    content["scales"]["importance"]["options"].append("No idea")
    assert "Q1 has 4 options in the survey, not 5" in refusal(content, tmp_path)


def test_unknown_scale_is_refused_with_those_there_are(content, tmp_path):
    content["items"][0]["scale"] = "size"
    assert "'size'" in (line := refusal(content, tmp_path))
    assert "importance, upbringing, neighbours" in line


def test_options_of_a_single_item_are_refused(content, tmp_path):
    content["items"][0]["options"] = ["a", "b", "c", "d"]
    assert "scales" in refusal(content, tmp_path)


def test_unknown_theme_names_the_key_and_what_is_allowed(content, tmp_path):
    content["items"][3]["theme"] = "politics"
    line = refusal(content, tmp_path)
    assert "items.3.theme = 'politics'" in line
    assert "'norms'" in line


def test_misspelt_key_is_refused(content, tmp_path):
    content["instructions"] = content.pop("instruction")
    assert "instruction" in refusal(content, tmp_path)


def test_scale_with_a_misspelt_key_is_refused(content, tmp_path):
    content["scales"]["change"]["heading"] = "x"
    assert "scales.change.heading" in refusal(content, tmp_path)


def test_field_without_sentences_is_refused(content, tmp_path):
    del content["persona"]["fields"]["Q275"]
    assert "Q275" in refusal(content, tmp_path)


@pytest.mark.parametrize("template", ["You live there.", "You live in {place}.", "You live in {country."])
def test_template_with_wrong_placeholders_is_refused(content, tmp_path, template):
    content["persona"]["country"] = template
    assert "persona.country" in refusal(content, tmp_path)
