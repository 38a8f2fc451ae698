"""Sequential role-play: one dialogue after the other, one turn at a time, each with its whole prompt."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from reference.one_by_one import Generator

from clca.culture import Traits
from clca.dialogues import Turn, messages
from clca.schemas import SIDES


def play(
    generator: Generator,
    scenarios: Sequence[Mapping[str, Any]],
    culture: Traits,
    turns: int,
    wanted: int,
    sampling: Mapping[str, Any],
) -> int:
    """Play scenarios to `turns` turns each, until there are as many turns as wanted; returns how many there are."""
    done = 0
    for scenario in scenarios:
        said: list[Turn] = []
        while len(said) < turns and done < wanted:
            shown = messages(scenario, said, SIDES[len(said) % 2], culture)
            said.append(_turn(generator.sampled(shown, sampling)))
            done += 1
    return done


def _turn(text: str) -> Turn:
    """The turn as it was asked for; a reply that is not JSON is spoken as it is."""
    try:
        found = json.loads(text[text.index("{") : text.rindex("}") + 1])
        return Turn(action="speak", utterance=str(found["utterance"]))
    except (ValueError, KeyError, TypeError):
        return Turn(action="speak", utterance=text.strip())
