"""One run of the whole workflow on the embedded model, killed three times on its way, for all tests of this folder."""

import json
from dataclasses import dataclass, field

import pytest
from workdir import TARGET, Workdir

DIALOGUES = "data/japan/smollm2/social/dialogues.jsonl"
ANSWERS = "smollm2/japan/persona/answers.en.constrained.parquet"
ADAPTER = "smollm2/japan/clca/seed42/adapter/adapter_model.safetensors"
CHECKPOINTS = "smollm2/japan/clca/seed42/checkpoints"


@dataclass
class Finished:
    """A finished run, and how far it was each time it was killed."""

    workdir: Workdir
    killed_at: dict[str, int] = field(default_factory=dict)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The scorecard's whole chain, with kill -9 during dialogues, training and answers."""
    workdir = Workdir(tmp_path_factory.mktemp("finished"))
    run = Finished(workdir)

    def journaled(artifact: str, lines: int) -> bool:
        run.killed_at[artifact] = len(workdir.journal(artifact))
        return run.killed_at[artifact] >= lines

    def trained(steps: int) -> bool:
        marks = workdir.path.glob(f"results/demo/journal/{CHECKPOINTS}/checkpoint-*/complete")
        run.killed_at[CHECKPOINTS] = max((int(mark.parent.name.rpartition("-")[2]) for mark in marks), default=0)
        return run.killed_at[CHECKPOINTS] >= steps

    # Answers need no adapter and might come first: the first two runs are told how far to go.
    workdir.kill_when(lambda: journaled(DIALOGUES, 12), f"results/demo/{DIALOGUES}")
    workdir.kill_when(lambda: trained(3), f"results/demo/{ADAPTER}")
    workdir.kill_when(lambda: journaled(ANSWERS, 80), TARGET)
    status, output = workdir.tiny(TARGET)
    assert status == 0, output
    return run


@pytest.fixture(scope="session")
def scorecard(finished: Finished) -> dict[str, object]:
    """The scorecard of the finished run."""
    return json.loads((finished.workdir.path / TARGET).read_text())
