"""All that costs users time, beside what they would otherwise run: `make bench`, or `python tests/bench/run.py`.

Writes `results/bench/bench.md` and `bench.jsonl`. Rows with a model load the embedded one.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

import bench_table
from bench_row import Row
from bench_rows import every
from measure import ROOT, Line, line, measure

MODEL = ROOT / "resources/models/smollm2.json"


def main() -> None:
    """Measure the rows asked for, one after the other, and print the table."""
    rows = every()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [row.name for row in rows]
    parser.add_argument("--rows", nargs="+", choices=names, default=names, metavar="ROW", help="only these")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: whether it runs, not how fast it is")
    parser.add_argument("--list", action="store_true", help="the rows, one a line")
    parser.add_argument("--results", type=Path, default=ROOT / "results/bench", help="where the tables go")
    asked = parser.parse_args()
    if asked.list:
        for row in rows:
            print(f"{row.name:16}{'model  ' if row.model else '       '}{row.title}")
        return
    rows = [row.quickly() if asked.quick else row for row in rows if row.name in asked.rows]
    if any(row.model for row in rows) and not MODEL.is_file():
        sys.exit(
            f"error: {MODEL.relative_to(ROOT)} is not there; make it with `snakemake -- {MODEL.relative_to(ROOT)}`"
        )
    facts, lines, failed, table = bench_table.machine(), [], [], ""
    with tempfile.TemporaryDirectory() as folder:
        for row in rows:
            try:
                lines += told(row, Path(folder) / row.name)
            except RuntimeError as error:
                failed.append(row.name)
                print(f"error: {error}", file=sys.stderr, flush=True)
            # After each row: what is measured stays, however the bench ends.
            table = bench_table.write(asked.results, facts, lines)
    print("\n" + table)
    if failed:
        sys.exit(f"error: not measured: {', '.join(failed)}")


def told(row: Row, folder: Path) -> list[Line]:
    """Measure a row in a new folder and say how long that took."""
    started = time.perf_counter()
    folder.mkdir()
    measured = measure(row, folder)
    shutil.rmtree(folder)
    print(f"{row.name:16}measured in {time.perf_counter() - started:6.1f} s", file=sys.stderr, flush=True)
    return [line(measured), *(row.derived(measured) if row.derived else [])]


if __name__ == "__main__":
    main()
