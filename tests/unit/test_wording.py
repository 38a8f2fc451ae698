"""Wording: what texts share is found whatever their case, punctuation and script, and everyday speech is no leak."""

from pathlib import Path

import pytest

from clca.survey import questionnaire
from clca.wording import alike, from_survey, is_english, latin_letters, runs, survey_wording, words

QUESTIONNAIRES = [questionnaire.load(path) for path in sorted(Path("config/questionnaire").glob("*.yaml"))]
WORDING = survey_wording(QUESTIONNAIRES, 8)
LENGTHS = sorted({len(run) for run in WORDING})


def leaked(text):
    return from_survey(text, WORDING, LENGTHS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Good morning, Mr. Sato!", ("good", "morning", "mr", "sato")),
        ("DON’T go -- don't", ("don", "t", "go", "don", "t")),
        ("ﬁne __ 3rd", ("fine", "3rd")),
        ("茶を tea 飲む", ("茶", "を", "tea", "飲", "む")),
        ("...", ()),
    ],
)
def test_words_know_no_case_no_punctuation_and_single_characters_where_there_are_no_spaces(text, expected):
    assert words(text) == expected


def test_runs_of_a_text_that_is_too_short_are_none():
    assert list(runs(("a", "b", "c"), 2)) == [("a", "b"), ("b", "c")]
    assert list(runs(("a",), 2)) == []


@pytest.mark.parametrize("survey", QUESTIONNAIRES, ids=lambda survey: survey.language)
def test_every_question_of_every_language_is_found_inside_other_words(survey):
    for item in survey.items:
        for line in item.text.splitlines():
            if len(words(line)) >= 5:
                assert leaked(f"Well -- {line.upper()} He nods."), (survey.language, line)


@pytest.mark.parametrize("survey", QUESTIONNAIRES, ids=lambda survey: survey.language)
def test_every_item_has_something_that_gives_it_away(survey):
    for item in survey.items:
        assert leaked(item.text), item


@pytest.mark.parametrize(
    "text",
    [
        "I agree strongly with you, and I would not mind at all.",
        "It would be a good thing if you came to the wedding.",
        "My family is very important to me, as religion is to my mother.",
        "People who drink a lot of tea live long.",
        "If there is not enough work, we close at noon.",
        "Men are generally better than women, you said once, and I left the room.",
    ],
)
def test_everyday_speech_about_the_same_matters_is_no_survey_wording(text):
    assert leaked(text) is None


def test_what_was_found_names_the_words_the_language_and_the_item():
    text = "She said that men are generally better than women at leading anything in politics."
    assert leaked(text) == "'men are generally better than women at leading' of en Q29"


def test_fewer_words_give_more_away():
    text = "Men are generally better than women, he said."
    assert leaked(text) is None
    short = survey_wording(QUESTIONNAIRES, 6)
    assert from_survey(text, short, sorted({len(run) for run in short}))


ENGLISH = (
    "I would be glad if you could join us for tea. My sister has asked about you, and there is cake from her shop."
)
GERMAN = (
    "Ich würde mich sehr freuen, wenn du heute Abend mit uns essen könntest, denn meine Schwester hat lange gekocht "
    "und mein Bruder bringt Wein mit."
)
SPANISH = (
    "Me gustaría mucho que vinieras a cenar con nosotros esta noche porque mi hermana ha cocinado todo el día y mi "
    "hermano trae vino."
)


@pytest.mark.parametrize(
    ("text", "english"),
    [
        (ENGLISH, True),
        ("Konnichiwa, Tanaka-san.", True),
        ("¡Hola, señora Núñez!", True),
        ("", True),
        ("*bows* ...", True),
        ("今日はお茶を飲みましょう。", False),
        (f"{ENGLISH} 今日はお茶を飲みましょう。", False),
        (f"{ENGLISH} お茶", True),
        (GERMAN, False),
        (SPANISH, False),
        ("kudu gendi cua " * 10, False),
    ],
)
def test_english_is_told_by_letters_and_where_there_is_enough_by_frequent_words(text, english):
    assert is_english(text) == english


@pytest.mark.parametrize("survey", QUESTIONNAIRES, ids=lambda survey: survey.language)
def test_the_survey_is_english_in_english_alone(survey):
    assert is_english(" ".join(item.text for item in survey.items)) == (survey.language == "en")


def test_latin_letters_may_have_marks_and_digits_are_no_letters():
    assert latin_letters("Núñez ß 茶 123!") == (6, 7)


BASE = words(" ".join(f"word{number}" for number in range(100)))


def changed(*places):
    """The text with other words at these places."""
    return tuple(f"other{number}" if number in places else word for number, word in enumerate(BASE))


def test_same_words_are_alike_and_the_pair_names_the_first_that_had_them():
    assert alike([BASE, changed(*range(100)), BASE, BASE], 0.8) == [(2, 0, 1.0), (3, 0, 1.0)]


def test_near_duplicates_are_found_with_the_share_of_common_runs():
    # One word stands in three of 98 runs: 95 are common, of 101 in either.
    assert alike([BASE, changed(50)], 0.8) == [(1, 0, round(95 / 101, 3))]
    assert alike([BASE, changed(50)], 0.95) == []
    assert alike([BASE, changed(10, 50, 90)], 0.8) == [(1, 0, round(89 / 107, 3))]
    assert alike([BASE, changed(10, 30, 50, 90)], 0.8) == []


def test_the_closest_earlier_text_is_named():
    texts = [changed(10, 90), changed(20), BASE]
    assert alike(texts, 0.8) == [(1, 0, round(89 / 107, 3)), (2, 1, round(95 / 101, 3))]


def test_the_same_runs_in_another_order_are_near_and_not_the_same():
    cycle = ("a", "b", "c") * 5
    assert alike([cycle, cycle[:-3]], 0.8) == [(1, 0, 0.999)]


def test_short_and_empty_texts_are_alike_only_where_they_are_the_same():
    assert alike([("hi",), (), ("ho",), ("hi",), ()], 0.5) == [(3, 0, 1.0), (4, 1, 1.0)]
