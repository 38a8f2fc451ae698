"""Personas: which respondents are played, and the system prompts that describe them, never what they answered."""

import math
from collections.abc import Mapping
from numbers import Integral

import numpy as np
import polars as pl

from clca.errors import InputError
from clca.schemas import Persona
from clca.survey.questionnaire import Questionnaire


def draw(respondents: pl.DataFrame, n: int, rng: np.random.Generator) -> pl.DataFrame:
    """Draw `n` respondents without replacement.

    From the same generator state a larger draw begins with the smaller one, so that raising `n` asks only the new.

    Args:
        respondents: `Respondent` rows.
        n: How many.
        rng: Decides which.

    Returns:
        `Persona` rows: who they are, without weight and answers.

    Raises:
        InputError: There are fewer respondents than asked for.
    """
    if n > len(respondents):
        raise InputError(
            f"config: survey.personas = {n}, but there are only {len(respondents)} respondents; "
            f"lower survey.personas to {len(respondents)} or less"
        )
    drawn = rng.permutation(len(respondents))[:n]
    return respondents.select(list(Persona.to_schema().columns))[drawn]


def render(row: Mapping[str, object], questionnaire: Questionnaire, country_name: str | None = None) -> str:
    """The system prompt of a respondent, in the second person: a sentence for each field that is known.

    Args:
        row: A `Persona` row, or any mapping; only `country` and the eleven coded fields are read. Nulls, NaN and
            negative codes (the survey's missing values) are left out.
        questionnaire: Gives the sentences and the names of countries.
        country_name: Name for a country that the questionnaire does not know, in English as in the culture's file.

    Raises:
        InputError: A code or country without a sentence; the line names respondent, field, value and what is allowed.
    """
    text = questionnaire.persona
    sentences = [text.opening]
    country = _country(row, questionnaire, country_name)
    if country is not None:
        sentences.append(text.country.format(country=country))
    for field, labels in text.fields.items():
        code = _code(row, field)
        if code is None or (code < 0 and code not in labels):
            continue
        if code not in labels:
            known = ", ".join(str(one) for one in labels)
            raise InputError(
                f"{_who(row)}: {field} = {code} has no sentence in the questionnaire ({questionnaire.language}); "
                f"codes: {known}"
            )
        sentences.append(labels[code])
    return text.between.join([*sentences, text.closing])


def cultural_prompt(name: str, people: str, questionnaire: Questionnaire) -> str:
    """The system prompt of a culture: its context and no demographics.

    Args:
        name: Name of the culture's country in English, such as Japan.
        people: Adjective for its people in English, such as Japanese.
        questionnaire: Gives the template.
    """
    called = questionnaire.called(name, people)
    return questionnaire.cultural.format(name=called.name, people=called.people)


def _country(row: Mapping[str, object], questionnaire: Questionnaire, country_name: str | None) -> str | None:
    """The country's name; the caller's where the questionnaire has none; None where nobody knows."""
    if country_name in questionnaire.cultures:
        country_name = questionnaire.cultures[country_name].name
    code = row.get("country")
    if _unknown(code) or code == "":
        return country_name
    name = questionnaire.countries.get(str(code), country_name)
    if name is None:
        raise InputError(
            f"{_who(row)}: country = {code!r} has no name in the questionnaire ({questionnaire.language}); "
            "add it under `countries` there"
        )
    return name


def _code(row: Mapping[str, object], field: str) -> int | None:
    """The field's code, None where it is unknown."""
    value = row.get(field)
    if _unknown(value):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, Integral):
        raise InputError(f"{_who(row)}: {field} = {value!r} is not a code; give the survey's whole number, or null")
    return int(value)


def _unknown(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _who(row: Mapping[str, object]) -> str:
    return f"respondent {row.get('respondent', '(unnamed)')}"
