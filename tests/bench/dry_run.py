"""Time of planning the study, at two sizes: `python tests/bench/dry_run.py`.

The larger one is seven models x five cultures with every method, language and variant; the catalogue is filled up to
ten variants of three seeds for `clca`, as the paper's study has. Nothing is run; a folder without results is planned.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from math import log
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
VARIANTS, SEEDS = 10, [42, 43, 44]
REPEATS = 3
METHODS = ["persona", "cultural", "anthropological", "clca"]


def study(models: int, config: dict) -> dict:
    """The whole study of the first `models` models, and the catalogue filled up with like variants."""
    clca = config["variants"]["clca"]
    more = {f"variant{number}": clca for number in range(VARIANTS - len(config["variants"]))}
    every = [*config["variants"], *more]
    asked = {"variants": every, "baselines": METHODS[:3], "own_language": METHODS}
    asked |= {"reversed": METHODS, "specificity": ["clca"]}
    return {
        "variants": more | {"clca": {"seeds": SEEDS}},
        "study": {"models": config["study"]["models"][:models], "cultures": config["study"]["cultures"], **asked},
    }


def planned(config: Path, folder: Path) -> tuple[int, float]:
    """How many jobs a dry run plans, and its seconds, the least of some."""
    command = [sys.executable, "-m", "snakemake", "-n", "--quiet", "rules", "--directory", str(folder), "--snakefile"]
    command += [str(ROOT / "Snakefile"), "--configfile", str(ROOT / "config/config.yaml"), str(config), "--", "study"]
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        run = subprocess.run(
            command, cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
        )
        seconds.append(time.perf_counter() - started)
        if run.returncode:
            sys.exit(run.stdout + run.stderr)
    jobs = re.findall(r"^total +(\d+)$", run.stdout + run.stderr, re.MULTILINE)[0]
    return int(jobs), min(seconds)


def main() -> None:
    """Plan both sizes and print what it took."""
    catalogue = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("config", "workflow", "envs", "clca", "profiles"):
            (folder / part).symlink_to(ROOT / part)
        for models in (2, 7):
            config = folder / f"study{models}.yaml"
            config.write_text(yaml.safe_dump(study(models, catalogue)))
            jobs, seconds = planned(config, folder)
            found.append((jobs, seconds))
            print(f"{jobs:6} jobs{seconds:8.1f} s{1000 * seconds / jobs:8.1f} ms/job", flush=True)
    (few, short), (many, long) = found
    print(f"growth exponent {log(long / short) / log(many / few):.2f}")


if __name__ == "__main__":
    main()
