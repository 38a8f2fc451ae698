"""Configurations whose study has about so many jobs, and a folder without results to plan them in."""

from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "config", "workflow", "envs", "clca", "profiles")
MODELS = ["llama8b", "llama3b", "llama1b", "mistral7b", "qwen7b", "qwen1.5b", "qwen0.5b"]
CULTURES = ["china", "germany", "uk", "mexico", "japan"]
METHODS = ["persona", "cultural", "anthropological", "clca"]
# At most so many jobs: how many models and cultures, and seeds of the adapter that all is compared with.
SIZES = {100: (1, 1, 2), 500: (2, 4, 2), 2000: (7, 5, 3)}


def study(size: int) -> dict[str, Any]:
    """What is laid over `config/config.yaml`."""
    models, cultures, seeds = SIZES[size]
    asked = {"models": MODELS[:models], "cultures": CULTURES[-cultures:], "own_language": METHODS, "reversed": METHODS}
    return {"variants": {"clca": {"seeds": list(range(42, 42 + seeds))}}, "study": asked}


def folder_of(folder: Path) -> Path:
    """The folder, with the workflow in it."""
    folder.mkdir(exist_ok=True)
    for part in PARTS:
        if not (folder / part).exists():
            (folder / part).symlink_to(ROOT / part)
    return folder
