"""What a free reply may say to count, language by language, and what is never guessed."""

from pathlib import Path

import pytest

from clca.survey.parsing import parse
from clca.survey.questionnaire import load

FILES = sorted((Path(__file__).parents[3] / "config/questionnaire").glob("*.yaml"))
QUESTIONNAIRES = {path.stem: load(path) for path in FILES}
NUMBERS = ["2", " 2\n", "2.", "２", "２．", "2。", "\u30002"]

# Replies to Q1 (four options) that name the second, beside those of NUMBERS.
ACCEPTED = {
    "en": [
        "Fairly important",
        "fairly  IMPORTANT.",
        "2. Fairly important",
        "2) Fairly important.",
        "2 - Fairly important",
    ],
    "de": ["Eher wichtig", "eher wichtig.", "2. Eher wichtig", "2: Eher wichtig", "2 Eher wichtig"],
    "es": ["Más bien importante", "Ma\u0301s bien importante.", "2. Más bien importante", "2) más bien importante"],
    "ja": [
        "ある程度重要",
        "ある程度重要。",
        "２．ある程度重要",
        "2、ある程度重要",
        "2ある程度重要",
        "2：ある程度重要。",
    ],
    "zh": ["比较重要", "比较重要。", "２．比较重要", "2、比较重要", "2比较重要", "2）比较重要"],
}
REFUSED = {
    "en": [
        "I would say 2",
        "Option 2",
        "2 or 3",
        "2, 3",
        "2 2",
        "2. Very important",
        "Very important. Fairly important",
        "Fairly",
        "not Fairly important",
        "2. Fairly important, but not always",
        "two",
    ],
    "de": ["Antwort 2", "2 oder 3", "2. Sehr wichtig", "Ich finde sie eher wichtig", "zwei", "wichtig"],
    "es": ["La opción 2", "2 o 3", "2. Muy importante", "Mas bien importante", "dos", "importante"],
    "ja": ["2番です", "2か3", "２、３", "2. とても重要", "ある程度重要です", "二", "重要"],
    "zh": ["选项2", "2或3", "２、３", "2. 非常重要", "我认为比较重要", "二", "重要"],
}
NEVER = [
    "",
    " ",
    "0",
    "5",
    "12",
    "02",
    "-2",
    "2.0",
    "2.5",
    "1-2",
    "2/4",
    "½",
    "²",
    "②",
    "٢",
    "२",
    "II",
    "**2**",
    "2!",
    "?",
]


def options(language, question="Q1"):
    return next(item.options for item in QUESTIONNAIRES[language].items if item.question == question)


def test_every_language_has_its_table():
    assert set(ACCEPTED) == set(REFUSED) == set(QUESTIONNAIRES)


@pytest.mark.parametrize(("language", "reply"), [(one, text) for one in ACCEPTED for text in NUMBERS + ACCEPTED[one]])
def test_a_number_or_a_wording_counts(language, reply):
    assert parse(reply, options(language)) == 2


@pytest.mark.parametrize(("language", "reply"), [(one, text) for one in REFUSED for text in NEVER + REFUSED[one]])
def test_all_else_is_invalid(language, reply):
    assert parse(reply, options(language)) is None


@pytest.mark.parametrize("language", QUESTIONNAIRES)
def test_every_option_of_every_item_is_read_as_itself(language):
    for item in QUESTIONNAIRES[language].items:
        for number, label in enumerate(item.options, start=1):
            for reply in (label, f"{label}.", str(number), f"{number}. {label}", chr(0xFF10 + number)):
                assert parse(reply, item.options) == number, (item.question, reply)
        k = len(item.options)
        assert parse(str(k + 1), item.options) is None
        assert parse(f"1. {item.options[k - 1]}", item.options) is None
        assert parse("\n".join(f"{n}. {label}" for n, label in enumerate(item.options, 1)), item.options) is None


@pytest.mark.parametrize("language", QUESTIONNAIRES)
def test_a_wording_of_another_scale_is_invalid(language):
    assert parse(options(language, "Q43")[0], options(language, "Q1")) is None
