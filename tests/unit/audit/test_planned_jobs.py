"""What Snakemake says of its jobs is what a run of it would do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from clca.audit import jobs

SNAKEFILE = """
config["pathvars"] = {"results": "results", "benchmarks": "benchmarks"}


rule copy:
    input:
        "large.txt",
    output:
        "results/copy.txt",
    shell:
        "cp {input} {output}"
"""


def test_a_new_date_on_the_same_bytes_is_no_change_up_to_the_size_that_a_profile_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(jobs, "SCRIPT", Path(jobs.SCRIPT).absolute())
    monkeypatch.chdir(tmp_path)
    Path("Snakefile").write_text(SNAKEFILE)
    Path("large.txt").write_bytes(b"x" * 2_000_000)
    named = ["--max-checksum-file-size", "1GB"]
    subprocess.run([sys.executable, "-m", "snakemake", "--cores", "1", *named], check=True, capture_output=True)
    later = Path("results/copy.txt").stat().st_mtime + 60
    os.utime("large.txt", (later, later))

    def told(*arguments: str) -> list[tuple[bool, list[str]]]:
        return [(job.runs, job.newer) for job in jobs.planned(arguments).jobs]

    assert told(*named) == [(False, [])]
    assert told() == [(True, ["large.txt"])]
