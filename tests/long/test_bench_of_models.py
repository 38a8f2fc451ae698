"""The bench's rows with a model run, in tiny, and their references."""

import json
import subprocess
import sys
from pathlib import Path

from bench_rows import every

ROOT = Path(__file__).parents[2]


def test_every_row_with_a_model_is_measured_beside_its_reference(tmp_path):
    rows = [row.name for row in every() if row.model]
    model = "resources/models/smollm2.json"
    if not (ROOT / model).is_file():
        made = [sys.executable, "-m", "snakemake", "--quiet", "all", "--configfile", "config/demo.yaml", "--", model]
        subprocess.run(made, cwd=ROOT, check=True)
    command = [sys.executable, "tests/bench/run.py", "--quick", "--results", str(tmp_path), "--rows", *rows]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    _, *lines = map(json.loads, (tmp_path / "bench.jsonl").read_text().splitlines())
    assert [found["row"] for found in lines] == [rows[0], "answers_load", *rows[1:]]
    for found in lines:
        assert found["figures"]["rate"] > 0
        assert found["figures"]["ratio"] > 0
    assert 0 < lines[0]["figures"]["bound share"] < 1.2
