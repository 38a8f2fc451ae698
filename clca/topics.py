"""Dialogues without social goals: scenarios in which two people only talk about a fact or a concept of their culture.

Facts and concepts are text files beside the culture's own, one a line, so that an edit reruns what is made of them
alone. Who talks are the people of the culture's adapted scenarios.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from clca.errors import InputError

if TYPE_CHECKING:
    import polars as pl

log = logging.getLogger(__name__)

# They follow "You keep this to yourself:" and "You want this:" in the dialogues' prompt.
NO_SECRET = "nothing, there is no secret in this conversation."  # noqa: S105


class Kind(NamedTuple):
    """What a corpus is about: its file's name, the `source` of its scenarios, and what a and b want."""

    file: str
    source: str
    goals: tuple[str, str]


KINDS = {
    "wiki": Kind(
        "facts",
        "fact",
        (
            "only to talk about this fact: {topic}",
            "only to talk about the fact that {other} brings up.",
        ),
    ),
    "concepts": Kind(
        "concepts",
        "concept",
        (
            "only to understand what this is, by asking about it: {topic}",
            "only to explain what this is: {topic}",
        ),
    ),
}
"""By corpus."""


def path_of(culture_file: str | Path, corpus: str) -> Path:
    """The file of a corpus' topics: `japan.facts.txt` beside `japan.yaml`."""
    return Path(culture_file).with_suffix(f".{KINDS[corpus].file}.txt")


def load(culture_file: str | Path, corpus: str) -> list[str]:
    """The topics of a corpus, one a line; empty lines and those that begin with # are left out.

    Raises:
        InputError: There is no such file, it is not text, it is empty, or a line is there twice.
    """
    path, kind = path_of(culture_file, corpus), KINDS[corpus]
    if not path.is_file():
        raise InputError(
            f"{path}: no such file, and the corpus {corpus} is made of it; write one {kind.source} a line, as in "
            f"config/cultures/japan.{kind.file}.txt"
        )
    try:
        # Not splitlines: a text may hold other line separators.
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").split("\n")]
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8; save it as UTF-8 text") from None
    topics: dict[str, int] = {}
    for row, line in enumerate(lines, start=1):
        if line and not line.startswith("#"):
            if line in topics:
                raise InputError(f"{path}: row {row} = {line[:60]!r} is row {topics[line]} again; leave one of them")
            topics[line] = row
    if not topics:
        raise InputError(f"{path}: no line in it; write one {kind.source} a line")
    return list(topics)


def scenarios(
    adapted: "pl.DataFrame", topics: Sequence[str], corpus: str, culture_name: str, count: int
) -> "pl.DataFrame":
    """At most `count` scenarios: the topics in turn, each time with other people, until each pair has had each topic.

    Args:
        adapted: `AdaptedScenario` rows of the culture; each gives two people.
        topics: As from `load`.
        corpus: A key of `KINDS`.
        culture_name: As prompts name it.
        count: Scenarios wanted; more keep those of fewer.

    Returns:
        `AdaptedScenario` rows without social goals and secrets; who wrote them is `clca`.
    """
    # Not needed to plan jobs, and slow to import.
    import polars as pl

    from clca.schemas import PROFILE, SIDES, AdaptedScenario

    kind, pairs = KINDS[corpus], adapted.to_dicts()
    if count > len(topics) * len(pairs):
        log.warning("%s: %d scenarios, not %d: no more pairs and topics", corpus, len(topics) * len(pairs), count)
    rows = []
    for number in range(min(count, len(topics) * len(pairs))):
        turn, index = divmod(number, len(topics))
        # Each time round, a topic moves on to the next pair.
        pair, topic = pairs[(index + turn) % len(pairs)], topics[index]
        names = {side: pair[f"{side}_name"] for side in SIDES}
        name = f"{kind.source}-{number + 1:04}"
        row = {"culture": pair["culture"], "scenario_id": f"{pair['culture']}-{name}", "source": kind.source}
        row |= {"source_id": f"{kind.source}-{index + 1}", "author": "clca", "topic": topic}
        row |= {
            "setting": f"{names['a']} and {names['b']} sit together and talk about {culture_name}.",
            "relationship": "acquaintances",
        }
        for side, other, goal in zip(SIDES, reversed(SIDES), kind.goals, strict=True):
            known = {f"{side}_{key}": pair[f"{side}_{key}"] for key in PROFILE if key not in ("goal", "secret")}
            told = {f"{side}_goal": goal.format(topic=topic, other=names[other]), f"{side}_secret": NO_SECRET}
            row |= known | told
        rows.append(row)
    return pl.DataFrame(rows, schema=AdaptedScenario.dtypes())
