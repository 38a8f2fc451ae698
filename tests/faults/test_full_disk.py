"""A disk that is full when a stage writes: one line, no half of a file, and with room again the same bytes."""

import json

import pytest
from hosted import Server, reply
from machine import disk
from paid_author import CONFIGS, SCENE, hire
from stages import ADAPTER, COMPUTED, JOURNALED, RESULTS, asked_twice, the_error, trained_equal

IN_CI = ("dialogues", "answers", "wvs_scores")
STAGES = JOURNALED | COMPUTED
# Long enough that a few do not fit where one does.
LONG = SCENE | {"setting": "A shop. " * 120}


def no_halves(workdir) -> list[str]:
    """Files under results that were begun and are not done."""
    return [str(file) for file in (workdir.path / RESULTS).rglob(".*")]


@pytest.mark.parametrize(
    "name", [name if name in IN_CI else pytest.param(name, marks=pytest.mark.long) for name in STAGES]
)
def test_a_stage_without_room_for_its_artifact_loses_nothing(workdir, table, tmp_path, name: str):
    stage = STAGES[name]
    with table.trial("disk full", name) as trial, disk(workdir, tmp_path / "disk") as full:
        before = stage.artifacts(workdir)
        stage.delete(workdir)
        full.fill()
        status, output = workdir.tiny(stage.target)
        assert status != 0
        line = the_error(output)
        assert line.startswith(f"{RESULTS}/{stage.outputs[0].rpartition('/')[0]}")
        assert "cannot be written (" in line
        assert "make room there" in line
        assert stage.artifacts(workdir) == {}
        assert no_halves(workdir) == []
        full.empty()
        status, output = workdir.tiny(stage.target)
        assert status == 0, output
        assert "with vLLM" not in output
        trial.equal = stage.artifacts(workdir) == before


def test_a_stage_without_room_for_its_replies_goes_on_where_it_ended(workdir, table, tmp_path):
    """Of a hosted author, since replies come without a model's load."""
    stage = JOURNALED["adapted_scenarios"]
    stage.cut(workdir, len(stage.lines(workdir)))
    with (
        Server() as server,
        table.trial("disk full", "adapted_scenarios, its journal") as trial,
        disk(workdir, tmp_path / "disk") as full,
    ):
        server.answer = lambda body: reply(json.dumps(LONG))
        hire(workdir, server, concurrency=1)
        full.fill(16384)
        status, output = workdir.run(stage.target, configs=CONFIGS)
        assert status != 0
        # The journal's file, or the account of what was spent, whichever is written last.
        assert "cannot be written (" in the_error(output)
        kept = stage.lines(workdir)
        assert all(file.read_bytes().endswith(b"\n") for file in stage.files(workdir) if file.stat().st_size)
        assert 0 < len(kept) < 5
        full.empty()
        before = len(server.bodies)
        status, output = workdir.run(stage.target, configs=CONFIGS)
        assert status == 0, output
        lines = stage.lines(workdir)
        trial.lost, trial.twice = len(set(kept) - set(lines)), asked_twice(stage.keys(workdir))
        assert len(lines) == 5
        assert len(server.bodies) - before == 5 - len(kept)
        made = stage.artifacts(workdir)
        stage.delete(workdir)
        status, output = workdir.run(stage.target, configs=CONFIGS)
        assert status == 0, output
        assert len(server.bodies) - before == 5 - len(kept)
        trial.equal = stage.artifacts(workdir) == made


@pytest.mark.long
@pytest.mark.parametrize("room", [0, 1 << 24], ids=["first checkpoint", "later"])
def test_training_without_room_goes_on_from_its_last_checkpoint(finished, workdir, table, tmp_path, room: int):
    with table.trial("disk full", "adapter") as trial, disk(workdir, tmp_path / "disk", 256) as full:
        ADAPTER.delete(workdir)
        full.fill(room)
        status, output = workdir.tiny(ADAPTER.target)
        assert status != 0
        assert "cannot be written (" in the_error(output)
        assert ADAPTER.artifacts(workdir) == {}
        full.empty()
        status, output = workdir.tiny(ADAPTER.target)
        assert status == 0, output
        folders = [(run.path / ADAPTER.target).parent for run in (workdir, finished.workdir)]
        trial.equal = trained_equal(*folders)
