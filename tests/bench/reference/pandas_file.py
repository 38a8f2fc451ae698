"""The survey's file with pandas: all of it is read, then rows and columns are picked."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

ITEMS = [f"Q{number}" for number in range(1, 46) if number != 42]
ABOUT = ["H_SETTLEMENT", "H_URBRURAL", "Q260", "X003R", "Q263", "Q273", "Q270", "Q275", "Q281", "Q279", "Q287"]


def respondents(path: Path, cultures: Mapping[str, Sequence[str]]) -> tuple[dict[str, pd.DataFrame], int]:
    """Respondents by culture, missing codes as NaN, and how many rows the file has."""
    rows = pd.read_csv(path, low_memory=False)
    columns = ["B_COUNTRY_ALPHA", "W_WEIGHT", *ABOUT, *ITEMS]
    found = {}
    for culture, countries in cultures.items():
        people = rows.loc[rows["B_COUNTRY_ALPHA"].isin(countries), columns].copy()
        people[[*ABOUT, *ITEMS]] = people[[*ABOUT, *ITEMS]].where(people[[*ABOUT, *ITEMS]] >= 0)
        people.insert(0, "respondent", [f"{culture}-{index + 2:05d}" for index in people.index])
        found[culture] = people
    return found, len(rows)
