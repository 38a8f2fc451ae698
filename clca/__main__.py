"""Command line of results and runs: `python -m clca --help` lists the commands."""

import argparse
import logging
import sys
from pathlib import Path

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
        ("report", "put figures and tables into one file, with what made them"),
        ("why", "say why each job that would run would: which setting, input or file of code changed"),
        ("audit", "draw the workflow on a page with each job's command, parameters, log, time and hashes"),
        ("crate", "describe how the results came to be: an RO-Crate in the study's folder"),
    ):
        command = commands.add_parser(name, help=does)
        if name == "audit":
            command.add_argument("--drawing", help="write the drawing alone, as SVG, to this path")
        if name == "crate":
            command.add_argument("--agent", help="who ran the workflow: a name, and an ORCID's address after it")
        if name == "report":
            command.add_argument("--zip", action="store_true", help="a page and its files in a zip, for a large study")
        command.add_argument("arguments", nargs=argparse.REMAINDER, help=ARGUMENTS)
    watch = commands.add_parser("watch", help="show the progress of running jobs, from their logs; Ctrl-C ends it")
    watch.add_argument("--once", action="store_true", help="print it once, as it is where the output is no terminal")
    watch.add_argument("--every", type=float, default=2.0, help="seconds between two looks (default: %(default)s)")
    watch.set_defaults(arguments=[])
    raters = commands.add_parser("raters", help="draw dialogues to rate, or compare two filled sheets")
    actions = raters.add_subparsers(dest="action", required=True)
    drawing = actions.add_parser("draw", help="write a sheet for raters: CSV to fill in, HTML to print")
    drawing.add_argument("data", type=Path, help="folder with filtered.jsonl and intents.jsonl")
    drawing.add_argument("culture", type=Path, help="the culture's file, such as config/cultures/japan.yaml")
    drawing.add_argument("to", type=Path, help="the CSV to write; the page goes beside it")
    drawing.add_argument(
        "--scenarios", type=Path, help="adapted_scenarios.jsonl; two folders above the data if not given"
    )
    drawing.add_argument("--dialogues", type=int, default=5, help="how many (default: %(default)s)")
    drawing.add_argument("--seed", type=int, default=42, help="decides which (default: %(default)s)")
    agree = actions.add_parser("agree", help="say how far two raters agree")
    agree.add_argument("sheets", nargs="+", help="filled sheets, two of each culture side by side: a.csv b.csv ...")
    known, rest = parser.parse_known_args()
    if hasattr(known, "arguments"):
        # Snakemake's own options are not ours to know.
        known.arguments = [*rest, *known.arguments]
    elif rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        return COMMANDS[known.command](known)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _show(known: argparse.Namespace) -> int:
    from clca.survey.card import Scorecard, table

    print(table(read_record(known.path, Scorecard)))
    return 0


def _verify(known: argparse.Namespace) -> int:
    from clca.audit.verify import told, verify

    findings, summary = verify(known.arguments)
    print(told(findings), end="\n" if findings else "")
    print(summary)
    return int(bool(findings))


def _plan(known: argparse.Namespace) -> int:
    from clca.audit.planner import plan

    print(plan(known.arguments))
    return 0


def _watch(known: argparse.Namespace) -> int:
    from clca.watch import watch

    watch(known.arguments, known.once, known.every)
    return 0


def _report(known: argparse.Namespace) -> int:
    from clca.study.report import write

    path = write(known.arguments, known.zip)
    opens = "unpack it and open its report.html" if known.zip else "opens"
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB, {opens} in any browser, without a network")
    return 0


def _why(known: argparse.Namespace) -> int:
    from clca.audit.why import why

    print(why(known.arguments))
    return 0


def _audit(known: argparse.Namespace) -> int:
    from clca.audit.page import write

    print(write(known.arguments, known.drawing))
    return 0


def _crate(known: argparse.Namespace) -> int:
    from clca.audit.crate import write

    print(write(known.arguments, known.agent))
    return 0


def _raters(known: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    return _draw(known) if known.action == "draw" else _agree(known)


def _draw(known: argparse.Namespace) -> int:
    from clca.culture import load
    from clca.study.raters import write

    if known.to.suffix != ".csv":
        raise InputError(f"{known.to}: the sheet is a CSV; name it so, such as japan.csv")
    if known.to.exists():
        raise InputError(f"{known.to}: is there already, and may hold marks; name another file")
    culture = load(known.culture)
    given = {
        "scenarios": known.scenarios or (known.data / "../../adapted_scenarios.jsonl").resolve(),
        "filtered": known.data / "filtered.jsonl",
        "intents": known.data / "intents.jsonl",
    }
    output = {"sheet": known.to, "page": known.to.with_suffix(".html")}
    names = {"culture": known.culture.stem, "name": culture.name, "people": culture.people}
    write(given, output, names, known.dialogues, known.seed)
    print(f"{output['sheet']} and {output['page']}: give each rater a copy")
    return 0


def _agree(known: argparse.Namespace) -> int:
    from clca.study.agreement import agreement, pair, table

    firsts, seconds = known.sheets[::2], known.sheets[1::2]
    if len(firsts) != len(seconds):
        raise InputError(f"{firsts[-1]}: has no second sheet; name two of each culture, side by side")
    print(table(agreement([row for one, other in zip(firsts, seconds, strict=True) for row in pair(one, other)])))
    return 0


COMMANDS = {
    "show": _show,
    "verify": _verify,
    "plan": _plan,
    "watch": _watch,
    "report": _report,
    "why": _why,
    "audit": _audit,
    "crate": _crate,
    "raters": _raters,
}

if __name__ == "__main__":
    sys.exit(main())
