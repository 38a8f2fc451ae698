"""The questionnaire: the survey's items in one language, and the sentences that describe a respondent.

A language is one YAML file under `config/questionnaire`; its wording is ours. What the survey itself fixes, which
items there are and how many options each has, is fixed here, so that no language can change what an answer means.
"""

import os
import string
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from clca.errors import InputError
from clca.survey.columns import DEMOGRAPHICS, ITEMS


def _option_count(number: int) -> int:
    """How many options question `number` of World Values Survey wave 7 has."""
    for last, count in ((6, 4), (26, 2), (32, 4), (41, 5)):
        if number <= last:
            return count
    return 3


OPTION_COUNTS = {question: _option_count(int(question[1:])) for question in ITEMS}
"""Number of options of each item: importance 4, list of mentions 2, agreement 4 or 5, future changes 3."""


def _placeholders(*names: str) -> AfterValidator:
    """A check that a template uses just these placeholders."""

    def check(template: str) -> str:
        found = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
        if found != set(names):
            raise ValueError(f"must hold the placeholders {', '.join('{' + name + '}' for name in names)} and no other")
        return template

    return AfterValidator(check)


Text = Annotated[str, Field(min_length=1)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Item(_Model):
    """One question.

    Attributes:
        question: Its name in the survey, `Q1` to `Q45`.
        theme: What the item is about.
        scale: Name of the option set that it shares with other items.
        text: What is asked, without the options.
        options: Labels of options 1..k, in the survey's order.
    """

    question: Text
    theme: Literal["social values", "norms", "stereotypes"]
    scale: Text
    text: Text
    options: tuple[Text, ...]

    @model_validator(mode="after")
    def _has_the_survey_s_options(self) -> "Item":
        expected = OPTION_COUNTS.get(self.question)
        if expected is not None and len(self.options) != expected:
            raise ValueError(f"{self.question} has {expected} options in the survey, not {len(self.options)}")
        return self


class PersonaText(_Model):
    """The pieces of a persona's system prompt.

    Attributes:
        opening: First sentence.
        country: Sentence with the placeholder `{country}`.
        closing: Last sentence.
        between: What stands between sentences; nothing in Chinese and Japanese.
        fields: For each of the eleven coded fields a sentence a code, in the order in which they are told.
    """

    opening: Text
    country: Annotated[str, _placeholders("country")]
    closing: Text
    between: str = " "
    fields: dict[str, dict[int, Text]]

    @model_validator(mode="after")
    def _has_every_field(self) -> "PersonaText":
        wrong = sorted(set(DEMOGRAPHICS) ^ self.fields.keys())
        if wrong:
            raise ValueError(f"fields must be {', '.join(DEMOGRAPHICS)}: one is missing or not of these, {wrong[0]}")
        return self


class CultureName(_Model):
    """What a culture is called in the language of the questionnaire, as its templates use it.

    Attributes:
        name: Its country.
        people: Adjective for its people.
    """

    name: Text
    people: Text


class Questionnaire(_Model):
    """The survey in one language.

    Attributes:
        language: Two letters.
        instruction: How to answer; ends every question.
        items: The 44 items in the survey's order.
        persona: The pieces of a respondent's system prompt.
        cultural: System prompt of a culture, with the placeholders `{name}` and `{people}`.
        anthropological: Asks for reasoning as a member of the culture, in the instruction's place; holds `{people}`.
        countries: Names of countries by the survey's alpha-3 code.
        cultures: What cultures are called in this language, by the English name in their files.
    """

    language: str = Field(pattern="^[a-z]{2}$")
    instruction: Text
    items: tuple[Item, ...]
    persona: PersonaText
    cultural: Annotated[str, _placeholders("name", "people")]
    anthropological: Annotated[str, _placeholders("people")]
    countries: dict[str, Text]
    cultures: dict[str, CultureName] = {}

    @model_validator(mode="after")
    def _has_every_item(self) -> "Questionnaire":
        found = tuple(item.question for item in self.items)
        if found != ITEMS:
            pairs = zip_longest(ITEMS, found, fillvalue="nothing")
            expected, given = next(pair for pair in pairs if len(set(pair)) > 1)
            raise ValueError(f"items must be Q1 to Q45 without Q42, in this order: {expected} expected, {given} found")
        return self

    def called(self, name: str, people: str) -> CultureName:
        """What a culture is called in this language, or in English, as its file says, where `cultures` lacks it."""
        return self.cultures.get(name) or CultureName(name=name, people=people)


class _Scale(_Model):
    """An option set as the file has it; `lead` stands on a line above each question."""

    lead: Text | None = None
    options: tuple[Text, ...]


def load(path: str | os.PathLike[str]) -> Questionnaire:
    """Read a questionnaire.

    Raises:
        InputError: The file is missing, not YAML, or breaks the description above; the line names file, key and value.
    """
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError:
        raise InputError(f"{path}: no such file; write one like config/questionnaire/en.yaml") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not YAML: {' '.join(str(error).split())}; mend it there") from None
    if not isinstance(content, dict):
        raise InputError(
            f"{path}: holds {type(content).__name__}, not keys; write it like config/questionnaire/en.yaml"
        )
    try:
        return Questionnaire.model_validate(_resolve(content, path))
    except ValidationError as error:
        raise InputError(f"{path}: {_describe(error)}") from None


def render_question(
    item: Item, questionnaire: Questionnaire, *, reverse: bool = False, instruction: str | None = None
) -> str:
    """The user's turn: question, numbered options, instruction.

    Args:
        item: What is asked.
        questionnaire: Gives the instruction.
        reverse: List the options from last to first, still numbered from 1: number i then means option k + 1 - i,
            which the caller maps back.
        instruction: What stands in the place of the questionnaire's.
    """
    labels = reversed(item.options) if reverse else item.options
    numbered = [f"{number}. {label}" for number, label in enumerate(labels, start=1)]
    return "\n".join([item.text, *numbered, instruction or questionnaire.instruction])


def _resolve(content: dict[str, Any], path: str | os.PathLike[str]) -> dict[str, Any]:
    """The file's content with each item's scale written out: its lead above the text, and its options."""
    if not isinstance(content.get("scales"), dict) or not isinstance(content.get("items"), list):
        raise InputError(f"{path}: needs `scales`, by name, and a list of `items`; see config/questionnaire/en.yaml")
    scales: dict[str, _Scale] = {}
    for name, scale in content["scales"].items():
        try:
            scales[name] = _Scale.model_validate(scale)
        except ValidationError as error:
            raise InputError(f"{path}: {_describe(error, 'scales', str(name))}") from None
    items = []
    for item in content["items"]:
        if not isinstance(item, dict) or item.get("scale") not in scales:
            raise InputError(f"{path}: items: {item!r} needs a `scale`, one of: {', '.join(map(str, scales))}")
        if "options" in item:
            raise InputError(f"{path}: items: options = {item['options']!r} is not a key there; move it to `scales`")
        scale = scales[item["scale"]]
        text = item.get("text")
        items.append(
            item | {"text": f"{scale.lead}\n{text}" if scale.lead and text else text, "options": scale.options}
        )
    return {key: value for key, value in content.items() if key != "scales"} | {"items": items}


def _describe(error: ValidationError, *prefix: str) -> str:
    """The first broken rule as key, value and what is allowed."""
    first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in (*prefix, *first["loc"])) or "the file"
    value = "" if isinstance(first["input"], dict | BaseModel) else f" = {str(first['input'])[:60]!r}"
    return f"{key}{value}: {first['msg'].removeprefix('Value error, ')}; see config/questionnaire/en.yaml"
