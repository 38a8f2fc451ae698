"""Memory and time of reading a survey file as large as wave 7's, beside pandas: `python tests/bench/survey_file.py`.

Writes 97,220 made-up rows of 600 columns in the layout of v6, plain and as a zip, into a temporary folder. Every
reading runs in a process of its own, whose peak resident memory is printed; the first line is importing alone.
"""

import random
import subprocess
import sys
import tempfile
import time
import zipfile
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT), str(ROOT / "tests/helpers")]

ROWS, COLUMNS = 97_220, 600
COUNTRIES = {"DEU": 1528, "CHN": 3036, "JPN": 1353, "MEX": 1741, "GBR": 2609, "NIR": 447}
CULTURES = {"germany": ["DEU"], "china": ["CHN"], "japan": ["JPN"], "mexico": ["MEX"], "uk": ["GBR", "NIR"]}

IMPORT = "import clca.survey.wvs"
OURS = (
    f"from clca.survey.wvs import read; found = read(sys.argv[1], {CULTURES!r}); "
    "print(sum(len(one.respondents) for one in found.values()), 'respondents')"
)
PANDAS = "import pandas; print(len(pandas.read_csv(sys.argv[1], low_memory=False)), 'rows')"
# Peak resident memory in kilobytes, as Linux counts it.
MEASURE = "\nimport resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, 'MB')"


def write(path: Path) -> None:
    """The file: five cultures' countries first, the rest of the rows from Uruguay."""
    import survey_files as files

    header = (*files.HEADER, *(f"X{number}" for number in range(COLUMNS - len(files.HEADER))))
    rng = random.Random(1)
    with path.open("w") as file:
        file.write(",".join(header) + "\n")
        counts = COUNTRIES | {"URY": ROWS - sum(COUNTRIES.values())}
        for country, n in counts.items():
            # A few hundred different rows are enough for any reader, and quick to make.
            some = files.people(country, min(n, 300))
            lines = [",".join(str(row.get(name, rng.choice([1, 2, -4]))) for name in header) for row in some]
            for number in range(n):
                file.write(lines[number % len(lines)] + "\n")


def measure(what: str, code: str, path: Path) -> None:
    """Run `code` in a process of its own."""
    started = time.perf_counter()
    run = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}{MEASURE}", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    result = ", ".join(run.stdout.split("\n")[:-1]) if run.returncode == 0 else run.stderr.strip().splitlines()[-1]
    print(f"{what:32}{time.perf_counter() - started:8.1f} s  {result}", flush=True)


def main() -> None:
    """Write the files and measure."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "WVS_Cross-National_Wave_7_csv_v6_0.csv"
        write(path)
        packed = path.with_suffix(".zip")
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.write(path, path.name)
        sizes = [f"{file.stat().st_size / 1e6:.0f} MB" for file in (path, packed)]
        print(f"{ROWS} rows x {COLUMNS} columns: {sizes[0]}, in its zip {sizes[1]}")
        measure("importing alone", IMPORT, path)
        measure("five cultures from the CSV", OURS, path)
        measure("five cultures from the zip", OURS, packed)
        if find_spec("pandas"):
            measure("pandas.read_csv", PANDAS, path)


if __name__ == "__main__":
    main()
