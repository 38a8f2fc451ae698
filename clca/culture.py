"""A culture's file (names, countries, scores in cross-cultural research) and the phrases that its scores give.

A new culture needs one such file and no code.
"""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clca.errors import InputError

HOFSTEDE_CUTS = (25, 50, 75)
"""Quarters of the scale of 0-100: they give every phrase of the paper."""

SELF_EXPRESSION_CUTS = (0.5, 1.5)
"""Distance from 0 where little becomes moderate, then uttermost: between China's .42, Japan's .92, Germany's 1.88."""

SECULAR_CUTS = (0.25, 1.5)
"""The same on the other axis, where China's .37 is moderate already and 1.5 parts the UK's 1.19 from Japan's 1.64."""

_HOFSTEDE_PHRASES = {
    "power_distance": ("highly equal", "moderately equal", "moderately hierarchical", "highly hierarchical"),
    "individualism": (
        "highly collective",
        "moderately collective",
        "moderately individualistic",
        "highly individualistic",
    ),
    "masculinity": ("high care for others", "moderate care for others", "moderate achievement", "high achievement"),
    "uncertainty_avoidance": (
        "highly risk-taking",
        "moderately risk-taking",
        "moderate uncertainty avoidance",
        "high uncertainty avoidance",
    ),
    "long_term_orientation": ("highly normative", "moderately normative", "moderately pragmatic", "highly pragmatic"),
    "indulgence": ("highly restrained", "moderately restrained", "moderately indulgent", "highly indulgent"),
}

Text = Annotated[str, Field(min_length=1, pattern=r"^\S(.*\S)?$", description="a text on one line")]
Score = Annotated[float, Field(ge=0, le=100, description="a number from 0 to 100")]
Position = Annotated[float, Field(ge=-2.5, le=2.5, description="a number from -2.5 to 2.5")]
Language = Annotated[str, Field(pattern="^[a-z]{2}$", description="two lower-case letters such as 'ja'")]
Country = Annotated[str, Field(pattern="^[A-Z]{3}$")]
# YAML gives lists, a frozen model holds tuples: only the container is converted, never what is in it.
Countries = Annotated[
    tuple[Country, ...], Field(min_length=1, strict=False, description="a list of three-letter codes such as [JPN]")
]
Names = Annotated[tuple[Text, ...], Field(min_length=3, strict=False, description="a list of at least three names")]


class _Part(BaseModel):
    """Frozen, closed and strict: a word is no number, and what YAML reads as true or false is no word."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Hofstede(_Part):
    """Hofstede's six dimensions, each 0-100; 50 is the middle."""

    power_distance: Score
    individualism: Score
    masculinity: Score
    uncertainty_avoidance: Score
    long_term_orientation: Score
    indulgence: Score


class InglehartWelzel(_Part):
    """Position on the Inglehart-Welzel map (factor scores); positive is self-expression, and secular."""

    survival_self_expression: Position
    traditional_secular: Position


class GivenNames(_Part):
    """Common names, offered to the author of scenarios."""

    female: Names
    male: Names
    family: Names


class Traits(_Part):
    """What prompts know of a culture: nothing of the survey, so that it cannot reach them.

    Attributes:
        name: As it reads after "in", e.g. "the United Kingdom".
        people: The adjective, e.g. "British".
        name_order: Which name comes first when both are said.
    """

    name: Text
    people: Text
    hofstede: Hofstede = Field(description="six scores from 0 to 100")
    inglehart_welzel: InglehartWelzel = Field(description="two positions from -2.5 to 2.5")
    names: GivenNames = Field(description="lists of names under female, male and family")
    name_order: Literal["family-first", "given-first"] = Field(description="'family-first' or 'given-first'")


class Culture(Traits):
    """A culture as its file describes it.

    Attributes:
        language: ISO 639-1 code of the language the survey is put in when it is put in the culture's own.
        countries: The survey's ISO 3166 alpha-3 codes that together are this culture.
        survey_file: A survey file of its own, null for the study's: a country's download.
        marginals: A file of its own with published answer shares, null for the shipped one.
        demographics: A file of its own with demographic shares, null for the shipped one.
    """

    language: Language
    countries: Countries
    survey_file: Text | None = Field(default=None, description="the path of a file")
    marginals: Text | None = Field(default=None, description="the path of a file")
    demographics: Text | None = Field(default=None, description="the path of a file")


def load(path: str | Path) -> Culture:
    """Read a culture's file.

    Raises:
        InputError: There is no such file, it is not YAML, or a key is missing, unknown or out of range; the line names
            file, key, value and what is allowed.
    """
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file; write one like config/cultures/japan.yaml")
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: {content!r:.60} is not a mapping; allowed: {_keys(Culture)}")
    try:
        return Culture.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{path}: {_sentence(error)}") from None


def phrases(culture: Traits) -> list[str]:
    """Eight phrases that describe the culture by degree, the map's two axes first, then Hofstede's six dimensions.

    A score on a cut belongs to the side above it. Source: the phrases of the paper (Liu et al., ACL 2025) for its five
    cultures, which these thresholds give again; the phrases of quarters where none of the five lies are ours.
    """
    position = culture.inglehart_welzel
    expression = "self-expression" if position.survival_self_expression >= 0 else "survival"
    secular = "secular" if position.traditional_secular >= 0 else "traditional"
    how_much = ("little", "moderate", "uttermost")
    how = ("slightly", "moderately", "uttermost")
    return [
        f"{_degree(abs(position.survival_self_expression), SELF_EXPRESSION_CUTS, how_much)} {expression}",
        f"{_degree(abs(position.traditional_secular), SECULAR_CUTS, how)} {secular}",
        *(
            _degree(getattr(culture.hofstede, dimension), HOFSTEDE_CUTS, quarters)
            for dimension, quarters in _HOFSTEDE_PHRASES.items()
        ),
    ]


def _degree(score: float, cuts: Sequence[float], words: Sequence[str]) -> str:
    return words[sum(score >= cut for cut in cuts)]


def _keys(model: type[BaseModel]) -> str:
    return "the keys " + ", ".join(model.model_fields)


def _sentence(error: ValidationError) -> str:
    """Key, value and what is allowed, of the first mistake; an unknown key goes first, it is often a misspelt one."""
    unknown = ("extra_forbidden", "invalid_key")
    mistake = min(error.errors(include_url=False), key=lambda mistake: mistake["type"] not in unknown)
    key = ".".join(str(part) for part in mistake["loc"])
    value = f"{mistake['input']!r:.60}"
    model, allowed = _expected(mistake["loc"])
    if mistake["type"] == "invalid_key":
        return f"{value} is no key; allowed: {_keys(model)}"
    if mistake["type"] in unknown:
        close = get_close_matches(str(mistake["loc"][-1]), model.model_fields, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        return f"{key} = {value} is an unknown key; {hint}allowed: {_keys(model)}"
    if mistake["type"] == "missing":
        return f"{key} is missing; allowed: {allowed}"
    # YAML reads bare words such as no and on as truth values.
    quotes = " (in quotes)" if mistake["type"] == "string_type" else ""
    return f"{key} = {value}; allowed: {allowed}{quotes}"


def _expected(location: Sequence[Any]) -> tuple[type[BaseModel], str]:
    """The model that holds the key at `location`, and the description of the innermost field that has one."""
    model: type[BaseModel] = Culture
    allowed = ""
    for part in location:
        field = model.model_fields.get(str(part))
        if field is None:
            break
        allowed = field.description or allowed
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            model = field.annotation
    return model, allowed
