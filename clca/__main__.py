"""Command line: `python -m clca show results/.../wvs.json` prints a scorecard."""

import argparse
import sys

from clca.artifacts import read_record
from clca.errors import InputError


def main() -> int:
    """Run the command; a user's mistake is one line and exit status 1."""
    parser = argparse.ArgumentParser(prog="python -m clca", description=__doc__)
    show = parser.add_subparsers(dest="command", required=True).add_parser("show", help="print a scorecard as a table")
    show.add_argument("path", help="a wvs.json")
    try:
        from clca.survey.card import Scorecard, table

        print(table(read_record(parser.parse_args().path, Scorecard)))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
