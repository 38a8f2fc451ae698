"""Command line: `show` a scorecard, `verify` results, `plan` a run; `python -m clca COMMAND --help` says more."""

import argparse
import sys

from clca.artifacts import read_record
from clca.errors import InputError

ARGUMENTS = "arguments as for snakemake, such as --configfile config/demo.yaml -- TARGET"


def main() -> int:
    """Run the command; a user's mistake is one line and exit status 1."""
    parser = argparse.ArgumentParser(prog="python -m clca", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    show = commands.add_parser("show", help="print a scorecard as a table")
    show.add_argument("path", help="a wvs.json")
    for name, does in (
        ("verify", "say which results are stale, missing, or changed by hand; status 1 if any is"),
        ("plan", "say what a run would cost: jobs, requests, tokens, hours, money, disk"),
    ):
        commands.add_parser(name, help=does).add_argument("arguments", nargs=argparse.REMAINDER, help=ARGUMENTS)
    # Snakemake's own options are not ours to know.
    known, rest = parser.parse_known_args()
    try:
        return COMMANDS[known.command](known, rest)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _show(known: argparse.Namespace, rest: list[str]) -> int:
    from clca.survey.card import Scorecard, table

    print(table(read_record(known.path, Scorecard)))
    return 0


def _verify(known: argparse.Namespace, rest: list[str]) -> int:
    from clca.audit.verify import told, verify

    findings, summary = verify([*rest, *known.arguments])
    print(told(findings), end="\n" if findings else "")
    print(summary)
    return int(bool(findings))


def _plan(known: argparse.Namespace, rest: list[str]) -> int:
    from clca.audit.planner import plan

    print(plan([*rest, *known.arguments]))
    return 0


COMMANDS = {"show": _show, "verify": _verify, "plan": _plan}

if __name__ == "__main__":
    sys.exit(main())
