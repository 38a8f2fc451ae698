"""The Makefile's commands that remove something: what they take and what they leave."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
TRAINED = "smollm2/japan/clca/seed42"


def test_clean_checkpoints_takes_those_of_finished_adapters_alone(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    finished, going_on = "results", "results/journal of mine/demo"
    for results in (finished, going_on):
        (tmp_path / results / "journal" / TRAINED / "checkpoints/checkpoint-5").mkdir(parents=True)
        (tmp_path / results / "journal" / TRAINED / "replies.jsonl").touch()
    adapter = tmp_path / finished / TRAINED / "adapter/adapter_model.safetensors"
    adapter.parent.mkdir(parents=True)
    adapter.touch()

    # Under `make test`, a make within make says where it is.
    command = ["make", "--no-print-directory", "clean-checkpoints"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"removed results/journal/{TRAINED}/checkpoints\n"
    left = {
        str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file() or path.match("checkpoint-*")
    }
    assert left == {
        "Makefile",
        f"results/{TRAINED}/adapter/adapter_model.safetensors",
        f"results/journal/{TRAINED}/replies.jsonl",
        f"{going_on}/journal/{TRAINED}/checkpoints/checkpoint-5",
        f"{going_on}/journal/{TRAINED}/replies.jsonl",
    }
