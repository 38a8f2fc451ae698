"""Rows of what is built to be looked at: the dialogue browser, and the report's figure of the data."""

import json
from pathlib import Path
from typing import Any

from bench_row import Done, Row, Side

ROOT = Path(__file__).parents[2]
TURNS, TAKES = 12, 2


class Browser(Side):
    """The pages of `size` dialogues of twelve turns."""

    def load(self) -> None:
        import clca.study.browser  # noqa: F401

    def prepare(self, size: int, number: int) -> Any:
        from made_up_dialogues import make, scenarios

        from clca.culture import load

        # Both rows are of the same dialogues, which take longer to make up than to show.
        japan, folder = load(ROOT / "config/cultures/japan.yaml"), self.folder.parent / f"{size} dialogues"
        listed = folder / "paths.json"
        if not listed.is_file():
            folder.mkdir(exist_ok=True)
            made = make(folder, scenarios(max(size // TAKES, 1)), japan, TAKES, TURNS, change=_staying)
            listed.write_text(json.dumps(made, default=str))
        return size, json.loads(listed.read_text()), japan

    def work(self, prepared: Any) -> Done:
        from clca.study.browser import write

        size, paths, japan = prepared
        named = {name: Path(path) for name, path in paths.items()}
        write(named, self.folder / str(size) / "japan.html", japan, paths["journal"])
        return Done(size)

    def facts(self, prepared: Any) -> dict[str, float]:
        """Megabytes of all pages, and of the largest."""
        sizes = [page.stat().st_size / 1e6 for page in (self.folder / str(prepared[0])).rglob("*.html")]
        return {"MB": sum(sizes), "largest page, MB": max(sizes)}


class DataFigure(Browser):
    """The report's figure of what became of `size` dialogues, as a picture."""

    def load(self) -> None:
        import clca.study.figure_tables  # noqa: F401

    def work(self, prepared: Any) -> Done:
        from clca.study.figure_tables import of_data

        size, paths, _ = prepared
        given = {name: [path] for name, path in paths.items()}
        of_data(given, [str(self.folder / f"data{size}.{kind}") for kind in ("svg", "png")], {"cultures": ["japan"]})
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
