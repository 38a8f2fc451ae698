"""Rows of what users wait for before anything is computed: imports, dry runs, a rerun with nothing to do."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

from bench_row import Done, Goal, Row, Side

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(path.stem for path in (ROOT / "workflow/scripts").glob("*.py"))
# Libraries that take seconds, and the scripts whose rules ask a model, train or fetch one.
HEAVY = ("torch", "vllm", "transformers")
LEARNING = {"adapter", "model", "job_engine"}
REPORT = "import sys; print(sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)"


class Import(Side):
    """A fresh interpreter imports `clca`."""

    own_process = True
    code: ClassVar[str] = "import clca"

    def work(self, prepared: int) -> Done:
        for _ in range(prepared):
            run([sys.executable, "-c", self.code])
        return Done(prepared)


class NoImport(Import):
    """A fresh interpreter imports nothing."""

    code = "pass"


class Glue(Side):
    """All that glue scripts import, each in a fresh interpreter: the first `size` of them."""

    own_process = True

    def load(self) -> None:
        self.slowest, self.heavy = 0.0, 0

    def prepare(self, size: int, number: int) -> list[tuple[str, str]]:
        self.slowest, self.heavy = 0.0, 0
        return [(name, imports(ROOT / f"workflow/scripts/{name}.py")) for name in SCRIPTS[:size]]

    def work(self, prepared: list[tuple[str, str]]) -> Done:
        from time import perf_counter

        for name, code in prepared:
            started = perf_counter()
            said = run([sys.executable, "-c", f"{code}\n{REPORT}"]).stderr
            self.slowest = max(self.slowest, perf_counter() - started)
            loaded = set(ast.literal_eval(said.strip().splitlines()[-1]))
            self.heavy += bool(loaded & set(HEAVY)) and name not in LEARNING
        return Done(len(prepared))

    def facts(self, prepared: Any) -> dict[str, float]:
        return {"slowest": self.slowest, "with torch or vllm where not needed": self.heavy}


class DryRun(Side):
    """`snakemake -n` of the study, of about `size` jobs, in a folder without results."""

    own_process = True

    def prepare(self, size: int, number: int) -> list[str]:
        from planned_study import folder_of, study

        folder = folder_of(self.folder / "study")
        config = folder / f"study{size}.json"
        config.write_text(json.dumps(study(size)))
        configs = [str(ROOT / "config/config.yaml"), str(config)]
        return [*snakemake(folder), "--configfile", *configs, "--", "study"]

    def work(self, prepared: list[str]) -> Done:
        return Done(jobs(run(prepared)))


class BareDryRun(Side):
    """The same number of jobs in a workflow of four rules without configuration, checks and parameters."""

    own_process = True

    def prepare(self, size: int, number: int) -> list[str]:
        file = Path(__file__).parent / "reference/bare_workflow.smk"
        return [*snakemake(self.folder, file), "--config", f"jobs={size}"]

    def work(self, prepared: list[str]) -> Done:
        return Done(jobs(run(prepared)))


class Rerun(Side):
    """`snakemake` once more where all is there: the demo, and of larger sizes the study."""

    own_process = True

    def prepare(self, size: int, number: int) -> list[str]:
        from finished_run import finished

        return finished(self.folder / f"finished{size}", size)

    def work(self, prepared: list[str]) -> Done:
        done = run(prepared)
        assert "Nothing to be done" in done.stdout + done.stderr, done.stdout + done.stderr
        from finished_run import files

        self.command = prepared
        return Done(files(prepared))

    def facts(self, prepared: list[str]) -> dict[str, float]:
        said = run([prepared[0], "-X", "importtime", *prepared[1:]]).stderr
        found = set(re.findall(r"^import time:.*\| +(\w+)", said, re.MULTILINE))
        return {"model libraries imported": len(found & set(HEAVY))}


def run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    """Run to its end; what it said where it failed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    if done.returncode:
        raise RuntimeError(f"{command}\n{done.stdout}{done.stderr}")
    return done


def snakemake(folder: Path, file: Path = ROOT / "Snakefile") -> list[str]:
    """A dry run in a folder, up to its further arguments."""
    start = [sys.executable, "-m", "snakemake", "-n", "--quiet", "rules", "--directory", str(folder)]
    return [*start, "--snakefile", str(file)]


def jobs(done: "subprocess.CompletedProcess[str]") -> int:
    """How many jobs a dry run has planned."""
    return int(re.findall(r"^total +(\d+)$", done.stdout + done.stderr, re.MULTILINE)[0])


def imports(script: Path) -> str:
    """The import statements of a script."""
    tree = ast.parse(script.read_text())
    return "\n".join(ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))


ROWS = [
    Row(
        "import",
        "`import clca` in a fresh interpreter",
        "import",
        ours=Import,
        size=1,
        growth=(1, 2, 4),
        quick=1,
        reference=NoImport,
        rounds=9,
        goals=(Goal("seconds", "<=", 0.2),),
    ),
    Row(
        "glue",
        f"what the workflow's {len(SCRIPTS)} scripts import, a fresh interpreter each",
        "script",
        ours=Glue,
        size=len(SCRIPTS),
        growth=(7, 14, len(SCRIPTS)),
        quick=1,
        rounds=2,
        goals=(Goal("with torch or vllm where not needed", "<=", 0),),
    ),
    Row(
        "dry_run",
        "dry run of the study",
        "job",
        ours=DryRun,
        size=2000,
        growth=(100, 500, 2000),
        quick=100,
        reference=BareDryRun,
        goals=(Goal("seconds", "<=", 12),),
    ),
    Row(
        "rerun",
        "rerun of the finished demo, nothing to do",
        "file",
        ours=Rerun,
        size=0,
        growth=(0, 100, 500),
        quick=0,
        goals=(Goal("seconds", "<=", 10), Goal("model libraries imported", "<=", 0)),
    ),
]
