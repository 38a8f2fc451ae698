"""The Makefile's commands that remove something: what they take and what they leave."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
TRAINED = "smollm2/japan/clca/seed42"


def clean_checkpoints(folder: Path) -> str:
    """What the command prints."""
    shutil.copy(ROOT / "Makefile", folder)
    # Under `make test`, a make within make says where it is.
    command = ["make", "--no-print-directory", "clean-checkpoints"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_clean_checkpoints_is_silent_where_nothing_was_made(tmp_path):
    assert clean_checkpoints(tmp_path) == ""


def test_clean_checkpoints_takes_those_of_finished_adapters_alone(tmp_path):
    finished, going_on = "results", "results/journal of mine/demo"
    for results in (finished, going_on):
        (tmp_path / results / "journal" / TRAINED / "checkpoints/checkpoint-5").mkdir(parents=True)
        (tmp_path / results / "journal" / TRAINED / "replies.jsonl").touch()
    adapter = tmp_path / finished / TRAINED / "adapter/adapter_model.safetensors"
    adapter.parent.mkdir(parents=True)
    adapter.touch()

    assert clean_checkpoints(tmp_path) == f"removed results/journal/{TRAINED}/checkpoints\n"
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


def test_clean_checkpoints_finds_results_behind_a_link(tmp_path):
    elsewhere = tmp_path / "scratch"
    (elsewhere / "journal" / TRAINED / "checkpoints").mkdir(parents=True)
    (elsewhere / TRAINED / "adapter").mkdir(parents=True)
    (elsewhere / TRAINED / "adapter/adapter_model.safetensors").touch()
    (tmp_path / "results").symlink_to(elsewhere)
    assert clean_checkpoints(tmp_path) == f"removed results/journal/{TRAINED}/checkpoints\n"
    assert not (elsewhere / "journal" / TRAINED / "checkpoints").exists()
