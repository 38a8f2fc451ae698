"""A run in which all is there: every output made up, and recorded by Snakemake as made by the rules as they are."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

from planned_study import ROOT, folder_of, study


def finished(folder: Path, size: int) -> list[str]:
    """The command that then has nothing to do.

    Args:
        folder: Gets the run.
        size: Jobs of the study, about; 0 for the demo.
    """
    folder_of(folder)
    if size:
        # No hosted model: its key would be asked for.
        (folder / "more.json").write_text(json.dumps(study(size) | {"author": "llama70b", "judge": "llama70b"}))
        arguments = ["--configfile", str(ROOT / "config/config.yaml"), str(folder / "more.json"), "--", "study"]
    else:
        arguments = ["--configfile", str(ROOT / "config/demo.yaml"), "--", "all"]
    snakemake = [sys.executable, "-m", "snakemake", "--directory", str(folder), "--snakefile", str(ROOT / "Snakefile")]
    if (folder / "results").exists():
        return [*snakemake, *arguments]
    for name in _outputs(folder, tuple(arguments)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("made up\n")
    _run([*snakemake, "--touch", "--quiet", "rules", *arguments], folder)
    return [*snakemake, *arguments]


def files(command: list[str]) -> int:
    """How many files the run of a command has made."""
    arguments = command[command.index("--configfile") :]
    return len(_outputs(Path(command[command.index("--directory") + 1]), tuple(arguments)))


@cache
def _outputs(folder: Path, arguments: tuple[str, ...]) -> list[str]:
    lines = _run([sys.executable, str(ROOT / "workflow/jobs.py"), *arguments], folder).splitlines()[1:]
    return [name for line in lines for name in json.loads(line)["output"]["values"]]


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command}\n{done.stdout}{done.stderr}")
    return done.stdout
