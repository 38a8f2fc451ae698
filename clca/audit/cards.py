"""Cards for people: of the dialogues of a culture, and of a model adapted to it with its scores."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from clca.dialogues import grouped
from clca.survey.card import table as scorecard_table

# Corpora that users fetch, by the kind in the configuration, as their publishers license them.
CORPORA = {
    "sotopia": "CC BY-SA",
    "social_chemistry": "CC BY-SA 4.0",
    "culture_atlas": "CC BY-NC-SA: no commercial use",
    "culturebank": "MIT",
    "normbank": "CC BY-SA",
}
OURS = {"seed": "seed scenarios of this repository", "norm": "norms of this repository"}


class Writer(NamedTuple):
    """A model that wrote or judged: what it did, its name in the configuration, and its file's facts."""

    role: str
    slug: str
    facts: Mapping[str, Any]


class Played(NamedTuple):
    """The dialogues of one teacher: its name, the frames of `clca.schemas`, and the `Quality` record."""

    teacher: str
    dialogues: pl.DataFrame
    dropped: pl.DataFrame
    filtered: pl.DataFrame
    intents: pl.DataFrame
    quality: Mapping[str, Any]


def data_card(
    culture: str, name: str, writers: Sequence[Writer], scenarios: pl.DataFrame, all_played: Sequence[Played]
) -> str:
    """The card of a culture's social dialogues, in Markdown.

    Args:
        culture: Its name in the configuration.
        name: Its name for people.
        writers: Author, teachers and judge.
        scenarios: `AdaptedScenario` rows.
        all_played: Of each teacher.
    """
    parts = [
        f"# Dialogues of {cell(name)}",
        "",
        f"Simulated social dialogues for `{culture}`, with the intent behind each turn: training data of Cultural "
        "Learning-Based Culture Adaptation (CLCA, ACL 2025, arXiv 2504.02953). Language models wrote, judged and "
        "annotated them, in English; no person did, and no answer to a survey was read for them.",
        "",
        "## Who wrote it",
        "",
        table(("role", "model", "revision", "licence"), [_writer(one) for one in writers]),
        "",
        "## Sources",
        "",
        table(("scenarios", "from", "licence"), _sources(scenarios)),
        "",
        "## From scenarios to training data",
        "",
        table(("step", *(one.teacher for one in all_played)), _funnel(len(scenarios), all_played)),
        "",
        "A dialogue is dropped for the first reason that holds. What is learnt from an unfiltered corpus is all that "
        "were played.",
        "",
        "## Quality of what was kept",
        "",
        table(("measure", *(f"{one.teacher}, limit" for one in all_played)), _measured(all_played)),
        "",
        *(f"- {one.teacher}: {cell(one.quality['above'])}" for one in all_played if one.quality["above"]),
        "",
        "## Licence",
        "",
        "The texts are outputs of the models named above: their licences and terms bind whoever shares them or trains "
        "on them. Those of the corpora named under Sources hold as well.",
        "",
        "## Limits",
        "",
        "- The culture is what language models make of it, in English: expect stereotypes, and gaps.",
        "- The people in the dialogues are made up. Nothing here tells what a person of the culture would say.",
        "- A judge that is a language model let through what it likes; see `python -m clca raters` for people's view.",
    ]
    return "\n".join(parts) + "\n"


def model_card(adapter_card: str, scorecard: Mapping[str, Any]) -> str:
    """The card of an adapter with its scores, which are not known when the adapter is made.

    Args:
        adapter_card: The Markdown that training wrote beside the weights.
        scorecard: A `Scorecard` record.
    """
    kind = "synthetic respondents" if scorecard["reference"]["synthetic_respondents"] else "respondents of the survey"
    scores = "\n".join(
        [
            "## Scores",
            "",
            f"Against {scorecard['reference']['respondents']} {kind} ({cell(scorecard['reference']['source'])}), "
            f"{scorecard['personas']} personas, {scorecard['items']} items, language {scorecard['language']}. "
            f"Weights: `{scorecard['provenance']['adapter']}`. The data have a card of their own, "
            f"`data/{scorecard['culture']}/card.md`.",
            "",
            "```text",
            scorecard_table(scorecard),
            "```",
            "",
            *_compared(scorecard),
        ]
    )
    before, mark, after = adapter_card.partition("## Hyperparameters")
    return f"{before.rstrip()}\n\n{scores}\n" + (f"\n{mark}{after}" if mark else "")


def cell(text: Any) -> str:
    """Text as a cell of a table or a line holds it: models and users wrote some of it."""
    plain = " ".join(str(text).split())
    for special in "\\|`*_<>[]":
        plain = plain.replace(special, f"\\{special}" if special != "<" else "&lt;")
    return plain


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in lines)


def _writer(one: Writer) -> tuple[str, ...]:
    licence = cell(one.facts.get("license") or "see the model's own page")
    return one.role, f"`{one.slug}`: {cell(one.facts['name'])}", f"`{one.facts['revision']}`", licence


def _sources(scenarios: pl.DataFrame) -> list[tuple[int, str, str]]:
    """How many scenarios come from where: ours, or a corpus of the user's."""
    counts = Counter(
        next((kind for kind in CORPORA if row["source_id"].startswith(f"{kind}-")), row["source"])
        for row in scenarios.to_dicts()
    )
    return [
        (count, OURS.get(kind, f"{kind}, a copy of the user's"), CORPORA.get(kind, "Apache-2.0"))
        for kind, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def _funnel(scenarios: int, all_played: Sequence[Played]) -> list[tuple[Any, ...]]:
    counted = [_counts(one) for one in all_played]
    reasons = sorted({reason for one in all_played for reason in one.dropped["reason"].to_list()})
    dropped = [[one.dropped["reason"].to_list().count(reason) for one in all_played] for reason in reasons]
    return [
        ("scenarios", *[scenarios] * len(all_played)),
        ("dialogues played", *(one["dialogues"] for one in counted)),
        *((f"dropped: {reason}", *row) for reason, row in zip(reasons, dropped, strict=True)),
        ("dialogues kept", *(one["kept"] for one in counted)),
        ("turns in them", *(one["turns"] for one in counted)),
        ("intents of turns", *(one["intents"] for one in counted)),
        ("of them cultural", *(one["cultural"] for one in counted)),
    ]


def _counts(one: Played) -> dict[str, int]:
    given = one.intents.filter(pl.col("intent").is_not_null())
    return {
        "dialogues": len(grouped(one.dialogues)),
        "kept": len(grouped(one.filtered)),
        "turns": len(one.filtered),
        "intents": len(given),
        "cultural": given.filter(pl.col("relation") == "cultural").height,
    }


def _measured(all_played: Sequence[Played]) -> list[tuple[str, ...]]:
    names = list(dict.fromkeys(name for one in all_played for name in one.quality["measures"]))
    return [
        (
            name.replace("_", " "),
            *(f"{one.quality['measures'][name]['share']:.3f}, {one.quality['limits'][name]}" for one in all_played),
        )
        for name in names
    ]


def _compared(scorecard: Mapping[str, Any]) -> list[str]:
    """The adapter against the model as it was, in each measure that was tested."""
    found = [
        one
        for one in scorecard["comparisons"]
        if {one["a"], one["b"]} == {"persona", "clca"} and one["of"] == "choices"
    ]
    rows = []
    for one in found:
        sign = 1 if one["a"] == "clca" else -1
        value = one["difference"]["value"]
        shown = "-" if value is None else f"{sign * value:+.4f}"
        rows.append((one["metric"], shown, f"{one['p_value']:.4f}", f"{one['p_holm']:.4f}"))
    head = ("measure", "clca minus persona", "p", "p after Holm")
    return [table(head, rows), ""] if rows else []
