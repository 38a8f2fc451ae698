"""Rows of what is read and computed without a model: the survey file, the bootstrap, the journal."""

from pathlib import Path
from typing import Any

from bench_row import Done, Goal, Row, Side

ROOT = Path(__file__).parents[2]
CULTURES = {"germany": ["DEU"], "china": ["CHN"], "japan": ["JPN"], "mexico": ["MEX"], "uk": ["GBR", "NIR"]}


class SurveyFile(Side):
    """Five cultures' respondents of a file in the layout of the cross-national CSV."""

    def prepare(self, size: int, number: int) -> Path:
        from made_up_survey import write

        path = self.folder / f"WVS_Cross-National_Wave_7_csv_v6_0.{size}.csv"
        if not path.is_file():
            write(path, size)
        # Both sides read from memory, so that the disk says nothing.
        with path.open("rb") as file:
            while file.read(1 << 24):
                pass
        return path

    def load(self) -> None:
        import clca.survey.wvs  # noqa: F401

    def work(self, prepared: Path) -> Done:
        from clca.survey.wvs import read

        found = read(prepared, CULTURES)
        return Done(found["japan"].rows)


class SurveyFileByPandas(SurveyFile):
    """The same with pandas."""

    def load(self) -> None:
        import pandas  # noqa: F401

    def work(self, prepared: Path) -> Done:
        from reference.pandas_file import respondents

        return Done(respondents(prepared, CULTURES)[1])


class Bootstrap(Side):
    """Intervals of one method's distances to a culture, over personas and items: `size` personas."""

    replicates = 10_000

    def load(self) -> None:
        import clca.survey.scorecard  # noqa: F401

    def prepare(self, size: int, number: int) -> Any:
        from made_up_method import method

        return method(size, number)

    def work(self, prepared: Any) -> Done:
        import numpy as np

        from clca.survey.metrics import METRICS
        from clca.survey.scorecard import Resampler
        from clca.survey.statistics import interval

        cells, human = prepared
        resampler = Resampler(len(cells.right), self.replicates, np.random.default_rng(1))
        for metric in METRICS:
            interval(resampler.distances(cells, human, metric, expected=False))
        return Done(self.replicates * len(cells.right))


class BootstrapByLoop(Bootstrap):
    """A loop over replicates and items; as many personas as in ours, fewer replicates."""

    def load(self) -> None:
        import reference.loop_bootstrap  # noqa: F401

    def work(self, prepared: Any) -> Done:
        from reference.loop_bootstrap import intervals

        cells, human = prepared
        intervals(cells.chosen, human, replicates=10, seed=1)
        return Done(10 * len(cells.right))


class Replay(Side):
    """Every request is answered from the journal: read, and looked up."""

    def load(self) -> None:
        import clca.engines.journal  # noqa: F401

    def prepare(self, size: int, number: int) -> Any:
        from made_up_requests import journaled, requests

        asked, folder = requests(size), self.folder / f"journal{size}"
        if not folder.is_dir():
            journaled(asked, folder)
        return asked, folder

    def work(self, prepared: Any) -> Done:
        from made_up_requests import MODEL

        from clca.engines.journal import Journal, Journaled

        asked, folder = prepared
        replies = Journaled(_no_model, MODEL, Journal(folder)).choose(asked)
        return Done(len(replies))

    def facts(self, prepared: Any) -> dict[str, float]:
        asked, folder = prepared
        return {"bytes a request": sum(file.stat().st_size for file in folder.iterdir()) / len(asked)}


class ReplayOfChats(Replay):
    """The same of replies in text, which are kept with their prompts."""

    def prepare(self, size: int, number: int) -> Any:
        from made_up_requests import chats, journaled

        asked, folder = chats(size), self.folder / f"chats{size}"
        if not folder.is_dir():
            journaled(asked, folder)
        return asked, folder

    def work(self, prepared: Any) -> Done:
        from made_up_requests import MODEL

        from clca.engines.journal import Journal, Journaled

        asked, folder = prepared
        return Done(len(Journaled(_no_model, MODEL, Journal(folder)).chat(asked)))


class ReplayBySqlite(Replay):
    """A cache in SQLite, as evaluation harnesses keep one: a query a request."""

    def prepare(self, size: int, number: int) -> Any:
        from made_up_requests import replies, requests
        from reference.sqlite_cache import fill

        asked, path = requests(size), self.folder / f"cache{size}.sqlite"
        if not path.is_file():
            fill(path, asked, replies(asked))
        return asked, path

    def work(self, prepared: Any) -> Done:
        from reference.sqlite_cache import look_up

        return Done(len(look_up(prepared[1], prepared[0])))

    def facts(self, prepared: Any) -> dict[str, float]:
        return {"bytes a request": prepared[1].stat().st_size / len(prepared[0])}


class ChatsBySqlite(ReplayBySqlite):
    """The same of replies in text."""

    def prepare(self, size: int, number: int) -> Any:
        from made_up_requests import chats, replies
        from reference.sqlite_cache import fill

        asked, path = chats(size), self.folder / f"chats{size}.sqlite"
        if not path.is_file():
            fill(path, asked, replies(asked))
        return asked, path


def _no_model() -> Any:
    raise AssertionError("a model is asked for")


ROWS = [
    Row(
        "survey_file",
        "survey file (97,220 rows x 600 columns) to respondents of five cultures",
        "row",
        ours=SurveyFile,
        size=97_220,
        growth=(24_305, 48_610, 97_220),
        quick=12_000,
        reference=SurveyFileByPandas,
        goals=(Goal("ratio", ">=", 5), Goal("memory ratio", "<=", 0.1)),
    ),
    Row(
        "bootstrap",
        "bootstrap: 10,000 replicates x 1,000 personas x 44 items, four distances",
        "replicate of a persona",
        ours=Bootstrap,
        size=1000,
        growth=(500, 1000, 2000),
        quick=20,
        reference=BootstrapByLoop,
        rounds=5,
        goals=(Goal("seconds", "<=", 1),),
    ),
    Row(
        "replay_answers",
        "journal replay: answers read and looked up",
        "request",
        ours=Replay,
        size=44_000,
        growth=(11_000, 22_000, 44_000),
        quick=100,
        reference=ReplayBySqlite,
        rounds=5,
        goals=(Goal("rate", ">=", 50_000),),
    ),
    Row(
        "replay_chats",
        "journal replay: dialogue turns read and looked up",
        "request",
        ours=ReplayOfChats,
        size=20_000,
        growth=(5_000, 10_000, 20_000),
        quick=100,
        reference=ChatsBySqlite,
        rounds=5,
        goals=(Goal("rate", ">=", 50_000),),
    ),
]
