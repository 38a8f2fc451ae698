"""What a cell of the survey's files means: codes, and the labels that stand in their place in some downloads.

Labels differ between downloads ("Agree strongly", "Strongly agree"), so each code has a list of accepted forms. An
unknown label is an error and never a missing answer: dropping it would shift every share.
"""

import re
from functools import cache

from clca.survey.columns import DEMOGRAPHICS, ITEMS
from clca.survey.questionnaire import OPTION_COUNTS

MISSING_CODES = {-1: "don't know", -2: "no answer", -3: "not applicable", -4: "not asked", -5: "missing"}

# How labels of missing answers begin: what follows them differs ("Missing; Not available", "No answer; Missing").
_MISSING = (
    "don t know",
    "dont know",
    "no answer",
    "not applicable",
    "not asked",
    "missing",
    "other missing",
    "refused",
)

_AGREE, _DISAGREE = ("agree strongly", "strongly agree"), ("disagree strongly", "strongly disagree")
_IMPORTANCE = (
    ("very important",),
    ("rather important", "quite important", "fairly important"),
    ("not very important",),
    ("not at all important", "not important at all"),
)
_MENTIONED = (("mentioned", "important", "yes"), ("not mentioned", "not important", "no"))
_AGREEMENT = (_AGREE, ("agree",), ("disagree",), _DISAGREE)
_NEITHER = ("neither agree nor disagree", "neither agree or disagree", "neither agree not disagree", "neither")
_AGREEMENT_WITH_MIDDLE = (_AGREE, ("agree",), _NEITHER, ("disagree",), _DISAGREE)
_CHANGE = (("good thing", "good", "a good thing"), ("don t mind", "dont mind"), ("bad thing", "bad", "a bad thing"))


def _scale(question: str) -> tuple[tuple[str, ...], ...]:
    by_count = {2: _MENTIONED, 3: _CHANGE, 5: _AGREEMENT_WITH_MIDDLE}
    count = OPTION_COUNTS[question]
    return by_count.get(count, _IMPORTANCE if int(question[1:]) <= 6 else _AGREEMENT)


_FIELDS: dict[str, dict[int, tuple[str, ...]]] = {
    "H_SETTLEMENT": {
        1: ("capital city",),
        2: ("regional center", "regional centre"),
        3: ("district center", "district centre"),
        4: ("another city town", "another city", "another town"),
        5: ("village",),
    },
    "H_URBRURAL": {1: ("urban",), 2: ("rural",)},
    "Q260": {1: ("male", "man"), 2: ("female", "woman")},
    "X003R": {
        **{code: (f"{low} {low + 9} years", f"{low} {low + 9}") for code, low in enumerate(range(25, 56, 10), start=2)},
        1: ("16 24 years", "16 24"),
        6: ("65 and over", "65 and more years", "65 and more", "65 years and over", "65 or more"),
    },
    "Q263": {
        1: ("i am born in this country", "i was born in this country", "born in this country"),
        2: ("i am an immigrant to this country", "immigrant to this country", "immigrant"),
    },
    "Q273": {
        1: ("married",),
        2: ("living together as married", "living together"),
        3: ("divorced",),
        4: ("separated",),
        5: ("widowed",),
        6: ("single", "single never married"),
    },
    "Q270": {7: ("7 persons or more", "7 or more", "7 or more persons")},
    "Q275": {
        0: ("early childhood education", "no education"),
        1: ("primary education",),
        2: ("lower secondary education",),
        3: ("upper secondary education",),
        4: ("post secondary non tertiary education",),
        5: ("short cycle tertiary education",),
        6: ("bachelor or equivalent",),
        7: ("master or equivalent",),
        8: ("doctoral or equivalent",),
    },
    "Q281": {
        0: ("never had a job",),
        1: ("professional and technical",),
        2: ("higher administrative",),
        3: ("clerical",),
        4: ("sales",),
        5: ("service",),
        6: ("skilled worker",),
        7: ("semi skilled worker",),
        8: ("unskilled worker",),
        9: ("farm worker",),
        10: ("farm owner farm manager", "farm proprietor farm manager"),
        11: ("other", "jp kg tj other"),
    },
    "Q279": {
        1: ("full time", "full time employee"),
        2: ("part time", "part time employee"),
        3: ("self employed",),
        4: ("retired pensioned", "retired"),
        5: ("housewife not otherwise employed", "housewife", "homemaker not otherwise employed"),
        6: ("student", "students"),
        7: ("unemployed",),
        8: ("other",),
    },
    "Q287": {
        1: ("upper class",),
        2: ("upper middle class",),
        3: ("lower middle class",),
        4: ("working class",),
        5: ("lower class",),
    },
}

_LABELS: dict[str, dict[str, int]] = {
    **{
        question: {form: code for code, forms in enumerate(_scale(question), 1) for form in forms} for question in ITEMS
    },
    **{field: {form: code for code, forms in _FIELDS[field].items() for form in forms} for field in DEMOGRAPHICS},
}
_CODES = {
    **{question: range(1, count + 1) for question, count in OPTION_COUNTS.items()},
    **{field: range(min(codes), max(codes) + 1) for field, codes in _FIELDS.items()},
    "Q270": range(1, 100),
    "Q262": range(1, 121),
}
HOUSEHOLD_MOST = 7
"""The largest household that personas tell of, and that later releases of the survey code: seven or more."""

# Alpha-3 and numeric code and name of the countries of wave 7; the numbers are those of the survey (909 is its own).
_COUNTRIES = """
AND 20 Andorra|ARG 32 Argentina|ARM 51 Armenia|AUS 36 Australia|BGD 50 Bangladesh|BOL 68 Bolivia|BRA 76 Brazil|
CAN 124 Canada|CHL 152 Chile|CHN 156 China|COL 170 Colombia|CYP 196 Cyprus|CZE 203 Czechia|DEU 276 Germany|
ECU 218 Ecuador|EGY 818 Egypt|ETH 231 Ethiopia|GBR 826 Great Britain|GRC 300 Greece|GTM 320 Guatemala|
HKG 344 Hong Kong SAR|IDN 360 Indonesia|IND 356 India|IRN 364 Iran|IRQ 368 Iraq|JOR 400 Jordan|JPN 392 Japan|
KAZ 398 Kazakhstan|KEN 404 Kenya|KGZ 417 Kyrgyzstan|KOR 410 South Korea|LBN 422 Lebanon|LBY 434 Libya|
MAC 446 Macao SAR|MAR 504 Morocco|MDV 462 Maldives|MEX 484 Mexico|MMR 104 Myanmar|MNG 496 Mongolia|MYS 458 Malaysia|
NGA 566 Nigeria|NIC 558 Nicaragua|NIR 909 Northern Ireland|NLD 528 Netherlands|NZL 554 New Zealand|PAK 586 Pakistan|
PER 604 Peru|PHL 608 Philippines|PRI 630 Puerto Rico|ROU 642 Romania|RUS 643 Russia|SGP 702 Singapore|SRB 688 Serbia|
SVK 703 Slovakia|THA 764 Thailand|TJK 762 Tajikistan|TUN 788 Tunisia|TUR 792 Turkey|TWN 158 Taiwan ROC|
UKR 804 Ukraine|URY 858 Uruguay|USA 840 United States|UZB 860 Uzbekistan|VEN 862 Venezuela|VNM 704 Vietnam|
ZWE 716 Zimbabwe
"""
_ALPHA: dict[str, str] = {}
for _entry in _COUNTRIES.replace("\n", "").split("|"):
    _alpha, _number, _name = _entry.split(" ", 2)
    _ALPHA |= {_number: _alpha, _name.casefold(): _alpha}


@cache
def code(column: str, text: str) -> int | None:
    """The code of a cell, from a number or a label.

    Args:
        column: One of the 44 items, of the eleven demographic fields, or Q262 (age in years).
        text: The cell.

    Returns:
        The code; None for the survey's missing codes -1 to -5, their labels, and an empty cell. A household of more
        than seven counts as seven, of nobody as missing.

    Raises:
        ValueError: Neither a code of the column's scale nor a known label; the message goes behind `column = text`.
    """
    plain = text.strip()
    if not plain:
        return None
    if re.fullmatch(r"[+-]?\d+([.,]0*)?", plain):
        return _checked(column, int(float(plain.replace(",", "."))))
    label = _normalised(plain)
    if label.startswith(_MISSING):
        return None
    degree = re.search(r"isced (\d)", label) if column == "Q275" else None
    if degree:
        return _checked(column, int(degree[1]))
    known = _LABELS.get(column, {})
    # "Village (any size)", "Sales (for example: ...": what is in brackets explains, and may be cut off.
    for form in (label, _normalised(plain.split("(")[0])):
        if form in known:
            return known[form]
    forms = ", ".join(known) or "none"
    raise ValueError(f"is not a label that is known; known, in any case: {forms}; correct it or report the label")


def country(text: str) -> str | None:
    """The alpha-3 code of a country, from that code, the survey's number or its name; None for an empty cell.

    Raises:
        ValueError: It is none of these; the message goes behind `column = text`.
    """
    plain = text.strip()
    if not plain or plain.startswith("-"):
        return None
    if re.fullmatch("[A-Z]{3}", plain):
        return plain
    found = _ALPHA.get(re.sub(r"\.0*$", "", plain).casefold())
    if found is None:
        raise ValueError("is not a country of the survey's seventh wave; write its three-letter code")
    return found


def weight(text: str) -> float:
    """The design weight of a cell; `No weighting`, as some countries have it, is 1.

    Raises:
        ValueError: It is no number above 0; the message goes behind `column = text`.
    """
    if _normalised(text) == "no weighting":
        return 1.0
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise ValueError("is not a weight; write a number above 0, or `No weighting`")
    return value


def _checked(column: str, number: int) -> int | None:
    """A code of the column's scale, None where it stands for a missing answer."""
    if number in MISSING_CODES or (column == "Q270" and number == 0):
        return None
    codes = _CODES[column]
    if number not in codes:
        raise ValueError(
            f"is outside the scale of {column}, which has {codes[0]} to {codes[-1]} and -1 to -5 for missing; "
            "correct the cell, or empty it"
        )
    return min(number, HOUSEHOLD_MOST) if column == "Q270" else number


def _normalised(label: str) -> str:
    """Lower case, words only, without the code that some downloads put before a label ("1.- Very important")."""
    return re.sub(r"[\W_]+", " ", re.sub(r"^-?\d+\s*\.-\s*", "", label.strip()).casefold()).strip()
