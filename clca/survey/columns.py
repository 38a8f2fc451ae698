"""The columns of the World Values Survey, wave 7, that the study reads. Nothing is imported: readers stay light."""

ITEMS = tuple(f"Q{number}" for number in range(1, 46) if number != 42)
"""The 44 items of the World Values Survey, wave 7, that the paper asks: Q1-Q45 without Q42."""

DEMOGRAPHICS = (
    "H_SETTLEMENT",
    "H_URBRURAL",
    "Q260",
    "X003R",
    "Q263",
    "Q273",
    "Q270",
    "Q275",
    "Q281",
    "Q279",
    "Q287",
)
"""The coded persona fields by their WVS names; with `country` they are the paper's twelve."""
