"""What Snakemake would do, for `clca verify` and `clca plan`: one JSON line for the workflow, then one a job.

Takes the arguments of `snakemake`; nothing is run. With `--present` every file of the results folder that a rule makes
is a target too, besides those named. With `--logs` no job is planned: the line says where rules leave their logs.
"""

import json
import os
import sys
from collections import Counter
from contextlib import redirect_stdout
from pathlib import Path

from snakemake.api import SnakemakeApi
from snakemake.cli import parse_args, parse_config
from snakemake.io import is_flagged
from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, Quietness, ResourceSettings

from clca.audit.measured import measured, patterns


def files(names):
    """Named and unnamed values of an input, output or params, as JSON can hold them."""
    return {"values": list(names), "names": dict(names.items())}


def changed(job, kept):
    """Parameters that only the record has, and only the job; None where they are the same.

    The record itself is asked: where an input is made again too, Snakemake's reason does not say it. And as often as
    they are there: of two that were alike, one may have changed.
    """
    params = kept.params_changed(job)
    if not params:
        return None
    old, new = Counter(kept.params(job.output[0])), Counter(kept._params(job))
    differ = [sorted((old - new).elements()), sorted((new - old).elements())]
    return differ if any(differ) else [sorted(params.only_old), sorted(params.only_new)]


def job_record(job, dag):
    """A job, and why it would run; `reason` is empty where it would not."""
    reason = dag.reason(job)
    kept = dag.workflow.persistence
    made = kept.metadata(job.output[0])
    return {
        "rule": job.rule.name,
        "wildcards": job.wildcards_dict,
        "input": files(job.input),
        "output": files(job.output),
        "params": files(job.params),
        "resources": {key: value for key, value in job.resources.items() if isinstance(value, int | str)},
        "threads": job.threads,
        "log": list(job.log),
        "benchmark": job.benchmark and str(job.benchmark),
        "script": job.rule.script and str(Path(job.rule.basedir.get_path_or_uri(True)) / job.rule.script),
        "temporary": all(is_flagged(file, "temp") for file in job.output),
        "local": job.is_local,
        "runs": dag.needrun(job),
        "changed": changed(job, kept),
        "newer": sorted(map(str, reason.updated_input - reason.updated_input_run)),
        "missing": sorted(map(str, reason.missing_output)),
        "incomplete": sorted(map(str, reason.incomplete_output)),
        "follows": sorted(map(str, reason.updated_input_run)),
        "software": bool(reason.software_stack_changed),
        "reason": str(reason),
        "started": made and made.starttime,
        "ended": made and made.endtime,
    }


def present(workflow):
    """Files below the results folder, other configurations' and the journal left out, by whether a rule makes them."""
    results = Path(workflow.config["pathvars"]["results"])
    made, strays = [], []
    for folder, below, names in os.walk(results):
        # A folder with a journal of its own is another configuration's; one with a dot is of a job under way.
        kept = [one for one in sorted(below) if one != "journal" and not one.startswith(".")]
        below[:] = [one for one in kept if not Path(folder, one, "journal").is_dir()]
        for name in sorted(names):
            path = str(Path(folder, name))
            (made if any(rule.is_producer(path) for rule in workflow.rules) else strays).append(path)
    return made, strays


def logs(workflow):
    """The names of all rules' logs, as regular expressions with the wildcards as groups."""
    return [{"rule": rule.name, "pattern": file.regex().pattern} for rule in workflow.rules for file in rule.log]


def planned(flow, workflow, args, wanted):
    """The workflow's record, and its jobs'."""
    made, strays = present(workflow) if wanted else ([], [])
    targets = [*(args.targets or [workflow.default_target]), *made]
    settings = DAGSettings(
        targets=targets,
        rerun_triggers=args.rerun_triggers,
        max_checksum_file_size=args.max_checksum_file_size,
        force_incomplete=True,
    )
    dag = flow.dag(settings)
    # The summary is for people; what it is made of stays.
    dag.summary()
    timed = measured(patterns(workflow), Path(workflow.config["pathvars"]["benchmarks"]))
    head = {"config": workflow.config, "strays": strays, "measured": [one.model_dump() for one in timed]}
    head["code"] = workflow.globals.get("CODE_FILES", {})
    jobs = [job_record(job, workflow.dag) for job in workflow.dag.jobs if job.output]
    return head, jobs


def main(arguments):
    """Print the workflow and its jobs; exit status 1 where Snakemake refuses."""
    # Whoever only looks releases no lock, and holds none.
    os.environ["CLCA_ONLY_LOOKS"] = "1"
    wanted, told = "--present" in arguments, "--logs" in arguments
    _, args = parse_args([argument for argument in arguments if argument not in ("--present", "--logs")])
    quiet = OutputSettings(quiet=set(Quietness) - {Quietness.ALL}, enable_file_logging=False)
    # Nothing but the answer goes to the standard output.
    with redirect_stdout(sys.stderr), SnakemakeApi(quiet) as api:
        try:
            flow = api.workflow(
                resource_settings=ResourceSettings(
                    cores=1,
                    default_resources=args.default_resources,
                    overwrite_resources=args.set_resources,
                    overwrite_threads=args.set_threads,
                ),
                config_settings=ConfigSettings(
                    config=parse_config(args.config), configfiles=args.configfile, config_args=args.config
                ),
                snakefile=args.snakefile,
            )
            workflow = flow._workflow  # the API gives no way to a DAG that is only looked at
            if told:
                head, jobs = {"config": workflow.config, "strays": [], "logs": logs(workflow)}, []
            else:
                head, jobs = planned(flow, workflow, args, wanted)
        except OSError as error:
            print(f"{error.filename}: {error.strerror}", file=sys.stderr)
            return 1
        except Exception as error:
            api.print_exception(error)
            return 1
    for record in (head, *jobs):
        print(json.dumps(record, default=str))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
