"""Scorecards at the end of a run: each in full where they are few, a line each where they are many."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from clca.artifacts import read_record
from clca.survey.card import Scorecard, shown, table

IN_FULL = 2
"""So many scorecards are printed in full."""

_METRIC = "jsd"
_YARDSTICKS = ("uniform", "marginals_sample")


def overview(paths: Sequence[str | os.PathLike[str]]) -> str:
    """Scorecards as text, in the order of their paths.

    Raises:
        InputError: A scorecard is missing or broken.
    """
    cards = [read_record(path, Scorecard) for path in paths]
    if len(cards) <= IN_FULL:
        return "\n\n".join(table(card) for card in cards)
    methods = list(dict.fromkeys(name for card in cards for name in shown(card)))
    head = ["model", "culture", "language", *methods, *_YARDSTICKS]
    rows = [head, *(_row(card, methods) for card in cards)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = [
        "  ".join(
            text.ljust(width) if column < 3 else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join(
        [
            *lines,
            "",
            f"{_METRIC}: 0 where a model answers as the people do; (expected): of option probabilities.",
            f"One in full, with intervals: python -m clca show {paths[0]}",
        ]
    )


def _row(card: Mapping[str, Any], methods: Sequence[str]) -> list[str]:
    cells = [str(card[name]) for name in ("model", "culture", "language")]
    found = shown(card)
    values = [found[name][_METRIC]["value"] if name in found else None for name in methods]
    cells += ["-" if value is None else f"{value:.3f}" for value in values]
    return cells + [f"{card['yardsticks'][name][_METRIC]:.3f}" for name in _YARDSTICKS]
