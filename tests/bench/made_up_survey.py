"""A survey file of the size of wave 7's cross-national one, of made-up rows: no row here is a respondent's."""

import random
from pathlib import Path

ROWS, COLUMNS = 97_220, 600
COUNTRIES = {"DEU": 1528, "CHN": 3036, "JPN": 1353, "MEX": 1741, "GBR": 2609, "NIR": 447}


def write(path: Path, rows: int = ROWS) -> None:
    """The file: five cultures' countries first, the rest of the rows from Uruguay."""
    import survey_files as files

    header = (*files.HEADER, *(f"X{number}" for number in range(COLUMNS - len(files.HEADER))))
    rng = random.Random(1)
    counts = COUNTRIES | {"URY": rows - sum(COUNTRIES.values())}
    with path.open("w") as file:
        file.write(",".join(header) + "\n")
        for country, n in counts.items():
            # A few hundred different rows are enough for any reader, and quick to make.
            some = files.people(country, min(n, 300))
            lines = [",".join(str(row.get(name, rng.choice([1, 2, -4]))) for name in header) + "\n" for row in some]
            file.writelines(lines[number % len(lines)] for number in range(n))
