"""The dialogue browser: a culture's dialogues as static pages that need no server and load nothing.

All that models wrote stands in the page as JSON, and the page's script only ever makes text nodes of it. Data that are
too large for one page are split by scenario; the pages know of each other.
"""

import json
import logging
import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from clca import artifacts, schemas
from clca.culture import Traits
from clca.html import policy_hash, templates
from clca.study.browser_data import Data, Entry, Tables
from clca.study.browser_prompts import given
from clca.study.browser_texts import Texts

log = logging.getLogger(__name__)

LARGEST = 4_500_000
"""Bytes of data at which a page is full; 500 dialogues of 12 turns take about half of it."""

SCRIPTS = ("browser_data.js", "browser_parts.js", "browser_dialogue.js", "browser.js")


def write(paths: Mapping[str, Any], page: str | Path, culture: Traits, journal: str, largest: int = LARGEST) -> None:
    """Read a culture's artifacts and write its browser.

    Args:
        paths: Of `scenarios`, `dialogues`, `judgements`, `filtered`, `dropped`, `intents`, and of `examples` if any.
        page: The HTML to write. Where one is not enough, the others are 2.html and so on in the folder
            `{stem}.parts` beside it.
        culture: What prompts know of it.
        journal: Folder of the replies that the dialogues were made of; it may be gone.
        largest: Bytes of data at which a page is full.

    Raises:
        InputError: A table or the journal is damaged, or tables do not belong together.
    """
    tables = Tables(
        artifacts.read(paths["scenarios"], schemas.AdaptedScenario),
        artifacts.read(paths["dialogues"], schemas.Utterance),
        artifacts.read(paths["judgements"], schemas.Judgement),
        artifacts.read(paths["filtered"], schemas.Utterance),
        artifacts.read(paths["dropped"], schemas.Dropped),
        artifacts.read(paths["intents"], schemas.Intent),
        artifacts.read(paths["examples"], schemas.Example) if paths["examples"] else None,
    )
    pages = split(Data(tables, culture, given(journal)), largest)
    inexact = sum(not dialogue["exact"] for one in pages for dialogue in one["dialogues"])
    if inexact:
        log.warning("browser: the journal lacks turns of %d dialogues, whose prompts may differ in spaces", inexact)
    first, folder = Path(page), Path(page).with_suffix(".parts")
    names = [first, *(folder / f"{number}.html" for number in range(2, len(pages) + 1))]
    common = {"culture": culture.name, "examples": tables.examples is not None}
    # The first, which is the rule's output, comes last: when it is there, all are.
    for index in reversed(range(len(pages))):
        links = _links(names, index, pages)
        artifacts.write_text(as_page(pages[index] | common | {"part": index, "parts": links}), names[index])
    for other in set(folder.glob("*.html")) - set(names):
        other.unlink()


def split(data: Data, largest: int = LARGEST) -> list[Entry]:
    """The data of each page: `texts`, `scenarios` and `dialogues`; all takes of a scenario are on one page."""
    pages: list[Entry] = []
    size, texts = largest, Texts()
    for scenario, dialogues in data.played():
        if size + texts.size >= largest:
            size, texts = 0, Texts()
            pages.append({"texts": texts, "scenarios": [], "dialogues": []})
        place = len(pages[-1]["scenarios"])
        told = [data.scenario(scenario, texts)]
        made = [data.dialogue(key, turns, texts) | {"scenario": place} for key, turns in dialogues]
        pages[-1]["scenarios"] += told
        pages[-1]["dialogues"] += made
        size += len(json.dumps(told + made, separators=(",", ":")))
    return [page | {"texts": page["texts"].stored} for page in pages]


def as_page(data: Entry) -> str:
    """One page of HTML; its policy lets no script run but its own, and nothing be loaded."""
    folder = files("clca.study") / "pages"
    style = (folder / "browser.css").read_text(encoding="utf-8")
    script = "\n".join((folder / name).read_text(encoding="utf-8") for name in SCRIPTS)
    environment = templates("clca.study", "pages")
    # No "<" is in the data as it stands in the page, so nothing in them ends the element or opens another.
    inside = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return environment.get_template("browser.html.j2").render(
        culture=data["culture"],
        style=style,
        style_hash=policy_hash(style),
        script=script,
        script_hash=policy_hash(script),
        data=inside,
    )


def _links(names: list[Path], index: int, pages: list[Entry]) -> list[Entry]:
    """Where each page is, seen from one of them, and the scenarios on it."""

    def address(name: Path) -> str:
        return quote(Path(os.path.relpath(name, names[index].parent)).as_posix())

    return [
        {"address": address(name), "scenarios": [scenario["id"] for scenario in page["scenarios"]]}
        for name, page in zip(names, pages, strict=True)
    ]
