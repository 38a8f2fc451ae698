"""The dialogue browser of 500 dialogues of 12 turns, made up: `python tests/bench/browser_page.py [dialogues]`.

Build time, size of the page, time until it can be used, and until a search shows what it found, in Chromium.
"""

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/helpers")]

import chromium  # noqa: E402
from made_up_dialogues import make, scenarios  # noqa: E402

from clca.culture import load  # noqa: E402
from clca.study.browser import write  # noqa: E402

TURNS, TAKES = 12, 2
REPEATS = 5
QUERIES = ("tea", "promise", "the", "grateful apology", "no such words")
# From the key to the frame in which the list and its counts are seen.
SEARCH = """query => new Promise(done => {
  const box = document.getElementById("query");
  const start = performance.now();
  box.value = query;
  box.dispatchEvent(new Event("input", {bubbles: true}));
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
})"""

READ = """() => new Promise(done => {
  const start = performance.now();
  addEventListener("hashchange", () => requestAnimationFrame(() => setTimeout(() => done(performance.now() - start))));
  location.hash = address(data.dialogues[7], 3);
})"""


def talking(request, reply):
    """No dialogue ends early."""
    return reply | {"action": "speak"} if reply.get("action") == "leave" else reply


def main(dialogues: int) -> None:
    """Make the page, open it and search in it; print a table."""
    japan = load(ROOT / "config/cultures/japan.yaml")
    with tempfile.TemporaryDirectory() as name:
        page = Path(name) / "japan.html"
        paths = make(Path(name), scenarios(dialogues // TAKES), japan, TAKES, TURNS, change=talking)
        started = time.perf_counter()
        write(paths, page, japan, str(paths["journal"]))
        built = time.perf_counter() - started
        sizes = [page.stat().st_size, *(part.stat().st_size for part in page.with_suffix(".parts").glob("*.html"))]
        turns = sum(1 for _ in paths["dialogues"].open())
        print(f"{dialogues} dialogues, {turns} turns")
        row("build", f"{built:.1f} s")
        row("pages", f"{len(sizes)}, the largest {max(sizes) / 1e6:.2f} MB, all {sum(sizes) / 1e6:.2f} MB")
        opening, searching, reading = measured(page)
        row("open", f"{opening:.0f} ms until it can be used")
        for query, times in searching.items():
            row(f"search {query!r}", f"{times[0]:.0f} ms first, {median(times[1:]):.0f} ms median")
        row("open a dialogue", f"{reading:.0f} ms")


def measured(path: Path) -> tuple[float, dict[str, list[float]], float]:
    """Milliseconds: to open the page, of each search, and to open a dialogue; medians where there are several."""
    openings = []
    for _ in range(REPEATS):
        with chromium.opened(path) as (page, problems):
            openings.append(
                page.evaluate("performance.timing.domContentLoadedEventEnd - performance.timing.fetchStart")
            )
            searching = {query: [page.evaluate(SEARCH, query) for _ in range(REPEATS)] for query in QUERIES}
            reading = page.evaluate(READ)
            if problems:
                sys.exit("\n".join(problems))
    return median(openings), searching, reading


def row(name: str, value: str) -> None:
    print(f"  {name:28}{value}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 500)
