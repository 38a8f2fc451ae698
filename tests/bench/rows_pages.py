"""Rows of what is built to be looked at: the dialogue browser, and the report's figure of the data."""

from pathlib import Path
from typing import Any

from bench_row import Done, Row, Side

ROOT = Path(__file__).parents[2]
TURNS, TAKES = 12, 2


class Browser(Side):
    """The pages of `size` dialogues of twelve turns."""

    def load(self) -> None:
        import clca.study.browser  # noqa: F401

        self.made: dict[int, dict[str, Path]] = {}

    def prepare(self, size: int, number: int) -> Any:
        from made_up_dialogues import make, scenarios

        from clca.culture import load

        japan, folder = load(ROOT / "config/cultures/japan.yaml"), self.folder / str(size)
        if size not in self.made:
            folder.mkdir()
            self.made[size] = make(folder, scenarios(max(size // TAKES, 1)), japan, TAKES, TURNS, change=_staying)
        return size, folder, japan

    def work(self, prepared: Any) -> Done:
        from clca.study.browser import write

        size, folder, japan = prepared
        paths = self.made[size]
        write(paths, folder / "japan.html", japan, str(paths["journal"]))
        return Done(size)

    def facts(self, prepared: Any) -> dict[str, float]:
        """Megabytes of all pages, and of the largest."""
        folder = prepared[1]
        sizes = [page.stat().st_size / 1e6 for page in folder.rglob("*.html")]
        return {"MB": sum(sizes), "largest page, MB": max(sizes)}


class DataFigure(Browser):
    """The report's figure of what became of `size` dialogues, as a picture."""

    def load(self) -> None:
        import clca.study.figure_tables  # noqa: F401

        self.made = {}

    def work(self, prepared: Any) -> Done:
        from clca.study.figure_tables import of_data

        size, folder, _ = prepared
        given = {name: [str(path)] for name, path in self.made[size].items()}
        of_data(given, [str(folder / f"data.{kind}") for kind in ("svg", "png")], {"cultures": ["japan"]})
        return Done(size)

    def facts(self, prepared: Any) -> dict[str, float]:
        return {}


def _staying(request: Any, reply: dict[str, Any]) -> dict[str, Any]:
    """No dialogue ends early."""
    return reply | {"action": "speak"} if reply.get("action") == "leave" else reply


ROWS = [
    Row(
        "browser",
        "dialogue browser of 500 dialogues of twelve turns, built",
        "dialogue",
        ours=Browser,
        size=500,
        growth=(500, 1500, 5000),
        quick=8,
    ),
    Row(
        "data_figure",
        "the report's figure of 500 dialogues, drawn",
        "dialogue",
        ours=DataFigure,
        size=500,
        growth=(500, 1500, 5000),
        quick=8,
    ),
]
