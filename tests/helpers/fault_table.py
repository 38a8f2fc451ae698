"""The table that the fault suite ends with: what was tried, and what each fault cost."""

import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from workdir import REPOSITORY

HEAD = "| fault | stage | times tried | lost | asked twice | ended equal |"


@dataclass
class Trial:
    """One fault and what it cost: replies that were kept and are gone, and requests that were answered twice."""

    fault: str
    stage: str
    lost: int = 0
    twice: int = 0
    equal: bool = False


@dataclass
class Table:
    """All trials of this run."""

    trials: list[Trial] = field(default_factory=list)

    @contextmanager
    def trial(self, fault: str, stage: str) -> Iterator[Trial]:
        """Count a trial, also one whose test fails before it has ended equal."""
        trial = Trial(fault, stage)
        self.trials.append(trial)
        yield trial
        assert (trial.lost, trial.twice, trial.equal) == (0, 0, True)

    def lines(self) -> list[str]:
        """The table in Markdown, a line a fault and stage by their names: workers end in any order."""
        groups: dict[tuple[str, str], list[Trial]] = {}
        for trial in self.trials:
            groups.setdefault((trial.fault, trial.stage), []).append(trial)
        rows = [
            f"| {fault} | {stage} | {len(group)} | {sum(trial.lost for trial in group)} | "
            f"{sum(trial.twice for trial in group)} | {'yes' if all(trial.equal for trial in group) else 'no'} |"
            for (fault, stage), group in sorted(groups.items())
        ]
        return [HEAD, "|---|---|---|---|---|---|", *rows]

    def save(self, page: Path) -> None:
        """Put the table in the place of the one that ends a page."""
        text = page.read_text(encoding="utf-8")
        page.write_text(text[: text.index(HEAD)] + "\n".join(self.lines()) + "\n", encoding="utf-8")


def seed() -> str:
    """What decides the moments of kills: $FAULT_SEED, or the commit, so that each commit is tried at others."""
    if "FAULT_SEED" in os.environ:
        return os.environ["FAULT_SEED"]
    command = ["git", "-C", str(REPOSITORY), "rev-parse", "--short=12", "HEAD"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    # A copy without its history, such as a download.
    return found.stdout.strip() or "0"


def drawn(number: int) -> random.Random:
    """The source of chance of a kill."""
    return random.Random(f"{seed()}/{number}")
