"""The pictures of the dialogue browser in docs/screenshots: `python tests/bench/browser_screenshots.py [page]`.

If none is named, of the demo's page, results/demo/study/browser/japan.html, which is to be made before.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/helpers"))

import chromium  # noqa: E402

SIZES = {
    "wide": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2},
}
LARGEST = 300_000
# Of the kept dialogues with a cultural intent that in which least is said twice.
CHOICE = """() => {
  const different = dialogue => new Set(dialogue.turns.flatMap(turn => [turn.words, turn.intent])).size;
  const found = data.dialogues.filter(dialogue => !dialogue.reason && intentsOf(dialogue) === "cultural");
  return address(found.sort((one, other) => different(other) - different(one))[0]);
}"""


def main(path: Path) -> None:
    """Take the pictures: on a wide screen a dialogue, and a turn that was searched for; the conversation on a phone."""
    folder = ROOT / "docs/screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    for scheme in ("light", "dark"):
        for name, options in SIZES.items():
            with chromium.opened(path, color_scheme=scheme, **options) as (page, problems):
                chosen = page.evaluate(CHOICE)
                searching = (scheme, name) == ("dark", "wide")
                page.evaluate("address => location.hash = address", chosen + "/3?query=happy" * searching)
                page.locator(".turn").first.wait_for()
                if name == "phone":
                    page.evaluate("document.querySelector('#conversation').scrollIntoView()")
                elif searching:
                    page.locator("#turn-3 .toggle").click()
                    page.evaluate("document.querySelector('#conversation').scrollIntoView()")
                picture = folder / f"browser-{scheme}-{name}.png"
                page.screenshot(path=picture)
                assert not problems, problems
                assert picture.stat().st_size < LARGEST, f"{picture} is larger than {LARGEST} bytes"
                print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else ROOT / "results/demo/study/browser/japan.html")
