"""The questionnaire in all languages: complete beside the English one, and English nowhere."""

import string
from pathlib import Path

import pytest
import yaml

from clca import culture
from clca.survey.personas import cultural_prompt, render
from clca.survey.questionnaire import load, render_question

ROOT = Path(__file__).parents[3]
FILES = {path.stem: path for path in sorted((ROOT / "config/questionnaire").glob("*.yaml"))}
OTHERS = [language for language in FILES if language != "en"]
CULTURES = {path.stem: culture.load(path) for path in sorted((ROOT / "config/cultures").glob("*.yaml"))}
# Some countries are called the same in two languages.
SAME = {"China", "Japan"}
# Keys that name what is asked rather than ask it.
FIXED = {"question", "theme", "scale", "language"}

# Fragments by which the official questionnaire would be recognised.
OFFICIAL = {
    "de": [
        "in ihrem leben",
        "nicht sehr wichtig",
        "überhaupt nicht wichtig",
        "arbeitsplätze knapp",
        "bringt probleme",
        "stimme",
    ],
    "es": ["en su vida", "nada importante", "le gustaría tener de vecinos", "escasez", "meta", "muy en desacuerdo"],
    "ja": ["あなたの生活", "全く重要でない", "近所に住んでほしくない", "仕事が少ない場合", "強く賛成", "決断力"],
    "zh": ["在您的生活中", "很不重要", "做邻居", "就业机会", "非常同意", "主要目标"],
}


def texts(content, at=""):
    """All texts of a questionnaire by their place."""
    if isinstance(content, dict):
        return {
            k: v for key, part in content.items() if key not in FIXED for k, v in texts(part, f"{at}.{key}").items()
        }
    if isinstance(content, list):
        return {k: v for n, part in enumerate(content) for k, v in texts(part, f"{at}[{n}]").items()}
    return {at: content}


def content(language):
    return yaml.safe_load(FILES[language].read_text(encoding="utf-8"))


def own(found):
    """Without what only languages other than English have."""
    return {key: text for key, text in found.items() if not key.startswith((".cultures.", ".persona.between"))}


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_the_five_languages_are_there_and_every_culture_has_its_own():
    assert set(FILES) == {"de", "en", "es", "ja", "zh"}
    assert {file.language for file in CULTURES.values()} == set(FILES)


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_every_text_that_english_has_and_no_other(language):
    english, other = texts(content("en")), texts(content(language))
    assert own(other).keys() == own(english).keys()
    assert [key for key in own(other) if placeholders(other[key]) != placeholders(english[key])] == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_is_the_english_one(language):
    english, other = texts(content("en")), texts(content(language))
    assert [key for key in own(other) if other[key] == english[key] and other[key] not in SAME] == []


@pytest.mark.parametrize("language", OTHERS)
def test_items_keep_their_theme_and_scale(language):
    fixed = [
        [{key: item[key] for key in ("question", "theme", "scale")} for item in content(one)["items"]]
        for one in ("en", language)
    ]
    assert fixed[0] == fixed[1]


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_of_a_persona_differs_from_all_others(language):
    sentences = [text for codes in load(FILES[language]).persona.fields.values() for text in codes.values()]
    assert len(set(sentences)) == len(sentences) == 64


@pytest.mark.parametrize("name", CULTURES)
@pytest.mark.parametrize("language", OTHERS)
def test_any_culture_is_asked_in_any_language_without_an_english_word(language, name):
    questionnaire, file = load(FILES[language]), CULTURES[name]
    assert file.name in questionnaire.cultures
    called = questionnaire.called(file.name, file.people)
    prompts = [cultural_prompt(file.name, file.people, questionnaire)]
    prompts += [render({"country": code, "Q260": 1}, questionnaire, file.name) for code in file.countries]
    prompts.append(render({"Q260": 1}, questionnaire, file.name))
    assert called.name in prompts[0]
    assert called.people in prompts[0]
    assert called.name in prompts[-1]
    for prompt in prompts:
        assert "{" not in prompt
        assert questionnaire.persona.between or " " not in prompt
        assert not any(word in prompt for word in ({file.name, file.people} - SAME - {called.name}))


def test_a_culture_that_a_language_does_not_know_goes_by_its_english_names():
    german = load(FILES["de"])
    assert "ist Brazil, und Sie sind Teil der Brazilian Kultur" in cultural_prompt("Brazil", "Brazilian", german)
    assert "ist Brazil." in render({"country": "BRA"}, german, country_name="Brazil")


@pytest.mark.parametrize("language", OTHERS)
def test_wording_is_not_the_official_questionnaire_s(language):
    questionnaire = load(FILES[language])
    ours = "\n".join(render_question(item, questionnaire) for item in questionnaire.items).lower()
    assert [fragment for fragment in OFFICIAL[language] if fragment in ours] == []


@pytest.mark.parametrize("language", OTHERS)
def test_prompts_name_no_option(language):
    questionnaire = load(FILES[language])
    prompt = cultural_prompt("Japan", "Japanese", questionnaire) + questionnaire.anthropological
    for codes in questionnaire.persona.fields.values():
        prompt += "".join(codes.values())
    assert [label for item in questionnaire.items for label in item.options if label in prompt] == []
