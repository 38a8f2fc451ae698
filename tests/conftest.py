"""One run of the whole workflow on the embedded model, killed three times on its way, for tests/workflow and faults."""

import json
import os
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from locked import locked
from workdir import TARGET, Workdir

if "PYTEST_XDIST_WORKER" in os.environ:
    # Threads that wait must not spin where workers share the cores; alone they are slower for it.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    workers = int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, len(os.sched_getaffinity(0)) // workers)))

DIALOGUES = "data/japan/smollm2/social/dialogues.jsonl"
ANSWERS = "smollm2/japan/persona/answers.en.constrained.parquet"
ADAPTER = "smollm2/japan/clca/seed42/adapter/adapter_model.safetensors"
CHECKPOINTS = "smollm2/japan/clca/seed42/checkpoints"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One file makes the finished run while the other worker has those that need none; then come all that do."""
    using = list(dict.fromkeys(item.path for item in items if "finished" in getattr(item, "fixturenames", ())))

    def place(item: pytest.Item) -> int:
        if item.path not in using:
            return 1
        # Backwards: the last two take longest, and would leave one worker idle at the end.
        return 0 if item.path == using[0] else 2 + len(using) - using.index(item.path)

    items.sort(key=place)


@dataclass
class Finished:
    """A finished run, and how far it was each time it was killed."""

    workdir: Workdir
    killed_at: dict[str, int] = field(default_factory=dict)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A copy of the run that the workers of one pytest share, and all suites that are given a folder $FINISHED_RUN."""
    path = tmp_path_factory.mktemp("finished")
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    kept = Path(os.environ.get("FINISHED_RUN") or shared / "finished-run")
    kept.mkdir(exist_ok=True)
    marks = kept / "killed_at.json"
    with locked(kept / "lock"):
        if marks.is_file():
            # Whole copies: tests damage weights too, and a hard link would damage them for all.
            shutil.copytree(kept / "run", path, symlinks=True, dirs_exist_ok=True)
            run = Finished(Workdir(path), json.loads(marks.read_text()))
            if run.workdir.planned(TARGET) == Counter():
                return run
            # The code has changed since.
            marks.unlink()
            shutil.rmtree(path)
        shutil.rmtree(kept / "run", ignore_errors=True)
        run = finish(path)
        run.workdir.copied(kept / "run")
        marks.write_text(json.dumps(run.killed_at))
    return run


def finish(path: Path) -> Finished:
    """The scorecard's whole chain, with kill -9 during dialogues, training and answers."""
    workdir = Workdir(path)
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
    workdir.kill_when(lambda: journaled(ANSWERS, 60), TARGET)
    status, output = workdir.tiny(TARGET)
    assert status == 0, output
    return run
