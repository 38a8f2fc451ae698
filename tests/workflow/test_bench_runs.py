"""The bench runs: every row that needs no model, in tiny. How fast anything is, is not tested."""

import json
import subprocess
import sys
from pathlib import Path

from bench_rows import every

ROOT = Path(__file__).parents[2]


def bench(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(ROOT / "tests/bench/run.py"), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_every_row_without_a_model_is_measured_beside_its_reference(tmp_path):
    rows = [row for row in every() if not row.model]
    done = bench("--quick", "--results", str(tmp_path), "--rows", *(row.name for row in rows))
    assert done.returncode == 0, done.stderr
    _, *lines = map(json.loads, (tmp_path / "bench.jsonl").read_text().splitlines())
    assert [found["row"] for found in lines] == [row.name for row in rows]
    for found, row in zip(lines, rows, strict=True):
        assert found["figures"]["rate"] > 0
        assert found["figures"]["memory"] > 0
        assert ("ratio" in found["figures"]) == (row.reference is not None)
    assert str(ROOT) not in (tmp_path / "bench.md").read_text()
    # Whatever the machine: these are counts.
    figures = {found["row"]: found["figures"] for found in lines}
    assert figures["rerun"]["model libraries imported"] == 0
    assert figures["glue"]["with torch or vllm where not needed"] == 0


def test_rows_are_listed_and_an_unknown_one_is_told():
    assert {line.split()[0] for line in bench("--list").stdout.splitlines()} == {row.name for row in every()}
    wrong = bench("--rows", "nothing")
    assert wrong.returncode == 2
    assert "invalid choice: 'nothing'" in wrong.stderr
