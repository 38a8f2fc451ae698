"""Journals as kills, disks and hands leave them: a torn end is dropped, a torn middle named, other keys ignored."""

import json

import pytest
from stages import JOURNALED, asked_twice, the_error
from workdir import Workdir

TORN = b'{"key": "9f3c", "kind": "Completion", "reply": {"text": "I am'


def run(workdir: Workdir, stage) -> tuple[int, str]:
    """A stage that needs no model, since its journal has all."""
    stage.delete(workdir)
    status, output = workdir.tiny(stage.target)
    assert "with vLLM" not in output
    return status, output


@pytest.mark.parametrize("stage", JOURNALED.values(), ids=JOURNALED)
def test_torn_last_lines_are_dropped_and_foreign_keys_ignored(workdir, table, stage):
    before, keys = stage.artifacts(workdir), stage.keys(workdir)
    for file in stage.files(workdir):
        file.write_bytes(file.read_bytes() + TORN)
    other = json.loads(stage.lines(workdir)[0]) | {"key": "0" * 32}
    (stage.journal(workdir) / "elsewhere-7-7.jsonl").write_text(json.dumps(other) + "\n")
    with table.trial("torn last line", stage.name) as torn, table.trial("foreign key", stage.name) as foreign:
        status, output = run(workdir, stage)
        assert status == 0, output
        found = [key for key in stage.keys(workdir) if key != other["key"]]
        torn.lost, torn.twice = len(set(keys) - set(found)), asked_twice(found)
        torn.equal = foreign.equal = stage.artifacts(workdir) == before


@pytest.mark.parametrize("name", ["dialogues", "answers"])
def test_a_torn_middle_line_is_named_with_the_way_out_and_nothing_is_lost(workdir, table, name: str):
    stage = JOURNALED[name]
    before, keys = stage.artifacts(workdir), stage.keys(workdir)
    file = stage.files(workdir)[0]
    first, *rest = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(first + TORN + b"\n" + b"".join(rest))
    with table.trial("torn middle line", stage.name) as trial:
        status, output = run(workdir, stage)
        assert status != 0
        line = the_error(output)
        assert line.startswith(f"{file.relative_to(workdir.path)}: row 2 is damaged: ")
        assert "delete this line and its request is asked again" in line
        file.write_bytes(first + b"".join(rest))
        status, output = workdir.tiny(stage.target)
        assert status == 0, output
        found = stage.keys(workdir)
        trial.lost, trial.twice = len(set(keys) - set(found)), asked_twice(found)
        trial.equal = stage.artifacts(workdir) == before
