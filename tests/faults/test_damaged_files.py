"""Artifacts and weights that were cut short: named in one line, and whole again by the way out that it gives."""

import os
from collections import Counter
from pathlib import Path

import pytest
from stages import ADAPTER, COMPUTED, JOURNALED, the_error, trained_equal
from workdir import Workdir

# What is cut short, and the stage that reads it.
TABLES = {
    "respondents": (COMPUTED["respondents"], COMPUTED["personas"]),
    "personas": (COMPUTED["personas"], JOURNALED["answers"]),
    "answers": (JOURNALED["answers"], COMPUTED["wvs_scores"]),
}
WEIGHTS = Path("resources/models/smollm2/model.safetensors")


def cut_short(path: Path) -> None:
    """Leave half of a file, dated as it was: nothing but its content tells."""
    content, stat = path.read_bytes(), path.stat()
    path.unlink()
    path.write_bytes(content[: len(content) // 2])
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def refused(workdir: Workdir, target: str, file: str) -> str:
    """The line with which a run that must read a file ends."""
    status, output = workdir.tiny(target)
    assert status != 0
    assert "with vLLM" not in output
    line = the_error(output)
    assert line.startswith(f"{file}: not a complete ")
    return line


@pytest.mark.parametrize("name", TABLES)
def test_a_truncated_table_is_deleted_and_made_again(workdir, table, name: str):
    made, reader = TABLES[name]
    everything = [*JOURNALED.values(), ADAPTER, *COMPUTED.values()]
    before = [stage.artifacts(workdir) for stage in everything]
    cut_short(workdir.path / made.target)
    reader.delete(workdir)
    with table.trial("truncated Parquet", reader.name) as trial:
        assert refused(workdir, reader.target, made.target).endswith("delete it and run again")
        (workdir.path / made.target).unlink()
        status, output = workdir.tiny(reader.target)
        assert status == 0, output
        assert "with vLLM" not in output
        trial.equal = [stage.artifacts(workdir) for stage in everything] == before


@pytest.mark.long
def test_truncated_weights_are_fetched_again_and_nothing_else_is_done(workdir, table):
    stage = JOURNALED["answers"]
    kept, journal = stage.artifacts(workdir), {file: file.read_bytes() for file in stage.files(workdir)}
    weights = (workdir.path / WEIGHTS).read_bytes()
    stage.cut(workdir, 1)
    cut_short(workdir.path / WEIGHTS)
    with table.trial("truncated safetensors", stage.name) as trial:
        line = refused(workdir, stage.target, str(WEIGHTS))
        assert "make it again with `snakemake -- resources/models/smollm2.json`" in line
        (workdir.path / "resources/models/smollm2.json").unlink()
        status, output = workdir.tiny("resources/models/smollm2.json")
        assert status == 0, output
        assert (workdir.path / WEIGHTS).read_bytes() == weights
        assert workdir.planned(stage.target) == Counter({stage.name: 1})
        # The reply that is missing would have to be computed; it is known.
        for file, content in journal.items():
            file.write_bytes(content)
        status, output = workdir.tiny(stage.target)
        assert status == 0, output
        trial.equal = stage.artifacts(workdir) == kept


def test_training_refuses_truncated_weights(workdir):
    ADAPTER.delete(workdir)
    cut_short(workdir.path / WEIGHTS)
    assert "snakemake -- resources/models/smollm2.json" in refused(workdir, ADAPTER.target, str(WEIGHTS))
    assert ADAPTER.artifacts(workdir) == {}


def test_a_truncated_adapter_is_named_before_anything_is_asked(workdir, table):
    stage = JOURNALED["adapter_answers"]
    before, lines = stage.artifacts(workdir), stage.lines(workdir)
    adapter, stat = (workdir.path / ADAPTER.target), (workdir.path / ADAPTER.target).stat()
    whole = adapter.read_bytes()
    stage.delete(workdir)
    cut_short(adapter)
    with table.trial("truncated safetensors", stage.name) as trial:
        assert "delete it and run again" in refused(workdir, stage.target, ADAPTER.target)
        assert stage.lines(workdir) == lines
        adapter.unlink()
        assert workdir.planned(stage.target) == Counter({"adapter": 1, stage.name: 1})
        adapter.write_bytes(whole)
        os.utime(adapter, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        status, output = workdir.tiny(stage.target)
        assert status == 0, output
        trial.equal = stage.artifacts(workdir) == before


@pytest.mark.long
def test_a_deleted_adapter_is_trained_again_to_the_same(finished, workdir, table):
    cut_short(workdir.path / ADAPTER.target)
    (workdir.path / ADAPTER.target).unlink()
    with table.trial("truncated safetensors", "adapter") as trial:
        status, output = workdir.tiny(ADAPTER.target)
        assert status == 0, output
        folders = [(run.path / ADAPTER.target).parent for run in (workdir, finished.workdir)]
        trial.equal = trained_equal(*folders)
