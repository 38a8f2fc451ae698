"""A culture of made-up dialogues and their page, for tests in Chromium: its first scenario is an attack all over."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
from made_up_dialogues import make, scenarios
from playwright.sync_api import Page

from clca.culture import load
from clca.dialogues import Turn
from clca.engines.base import ChatRequest
from clca.intents import TurnIntent
from clca.judging import Verdict
from clca.schemas import PROFILE
from clca.study.browser import write

JAPAN = load(Path(__file__).parents[2] / "config/cultures/japan.yaml")
NUMBER, TAKES, TURNS = 12, 2, 6
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}

HARM = "window.harmed = 1"
PLANTED = {
    "script": f"</script><script>{HARM}</script>",
    "image": f'<img src=x onerror="{HARM}">',
    "link": f'<a href="javascript:{HARM}">javascript:{HARM}</a>',
    "override": "before \u202edesrever si siht\u202c after",
    "long": "ha" * 50_000,
    "template": "{{ 7 * 7 }} ${harmed} &lt;b&gt; <!-- ]]> \\u003c \u2028 \"'`",
}
ATTACKED = "japan-<b>&/?#%2F \u202ex"
"""A scenario's name with all that may go wrong in an address."""

FAILED = {(Verdict, "japan-seed-003", 1, 1), (Turn, "japan-seed-004", 2, 3)}
"""No verdict on a dialogue, no third turn of another; and the second turn of second takes has no intent."""


def browsed(folder: Path) -> dict[str, Path]:
    """Make the artifacts and the page in a folder.

    Returns:
        Paths as `made_up_dialogues.make` gives them, and `page`.
    """
    told = scenarios(NUMBER)
    attack = "".join(text for name, text in PLANTED.items() if name != "long")
    texts = {f"{side}_{field}": attack for side in "ab" for field in PROFILE if field != "age"}
    told[0] |= texts | {"scenario_id": ATTACKED, "topic": attack, "setting": attack, "relationship": attack}
    made = make(folder, told, JAPAN, TAKES, TURNS, change=_planted)
    write(made, folder / "japan.html", JAPAN, str(made["journal"]))
    return made | {"page": folder / "japan.html"}


def _planted(request: ChatRequest, reply: dict[str, Any]) -> Any:
    """Replies of the first scenario are attacks, one a turn; others never come, or only when asked again."""
    if request.seed_parts[1] != ATTACKED:
        unmeant = request.schema is TurnIntent and request.seed_parts[2:] == (2, 2)
        never = unmeant or (request.schema, *request.seed_parts[1:]) in FAILED
        return "no JSON" if never or request.seed % 17 == 0 else reply
    attacks = list(PLANTED.values())
    if request.schema is Turn:
        return {"action": "speak", "utterance": attacks[request.seed_parts[3] - 1]}
    if request.schema is TurnIntent:
        return reply | {"intent": attacks[request.seed_parts[3] - 1]}
    text = "".join(attacks)
    return reply | ({"reasons": text} if request.schema is Verdict else {"critique": text, "meta": "good"})


@cache
def _read(path: Path) -> pl.DataFrame:
    if path.stat().st_size == 0:
        # Nothing was dropped.
        return pl.DataFrame(schema={"scenario_id": pl.String, "take": pl.Int64, "reason": pl.String})
    return pl.read_ndjson(path)


def table(paths: Mapping[str, Path], name: str) -> pl.DataFrame:
    """An artifact, as it is in its file."""
    return _read(paths[name])


def follow(page: Page, *parts: str) -> None:
    """Go to a dialogue, or a turn of it, by its address, as a link from elsewhere would."""
    start = page.url.split("#")[0]
    page.goto("about:blank")
    page.goto(f"{start}#{'/'.join(parts)}")


def soon(page: Page, expression: str, expected: Any) -> None:
    """Wait until an expression has a value: what follows a click or an address comes a moment later."""
    found = page.evaluate(expression)
    for _ in range(600):
        if found == expected:
            return
        page.wait_for_timeout(100)
        found = page.evaluate(expression)
    assert found == expected, expression


CHOOSE = """filters => {
  for (const [name, value] of Object.entries(filters)) {
    at(name).value = value;
    at(name).dispatchEvent(new Event("input", {bubbles: true}));
  }
}"""


def choose(page: Page, filters: Mapping[str, str]) -> None:
    """Set filters, as typing and choosing do."""
    page.evaluate(CHOOSE, filters)


def expand(page: Page) -> None:
    """Open all there is to open."""
    for place in (".toggle, summary", ".more"):
        page.evaluate("place => at('reading').querySelectorAll(place).forEach(one => one.click())", place)
        page.evaluate("() => new Promise(requestAnimationFrame)")
