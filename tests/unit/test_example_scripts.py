"""The scripts in `examples/` run to their end, without a finished run and on one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", sorted(ROOT.glob("examples/*.py")), ids=lambda path: path.name)
def test_an_example_runs_where_nothing_was_made(path, tmp_path):
    done = subprocess.run(
        [sys.executable, str(path), str(tmp_path / "nothing")],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "No run was found" in done.stdout
    assert "persona" in done.stdout
