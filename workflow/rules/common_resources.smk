"""What a job asks of a machine, derived from the size of the model it loads; without a cluster only `gpu` is counted.

Memory and time grow with each attempt, so that a profile's `retries` end what a limit had ended.
"""

import math

# Gigabytes of weights that one GPU of 80 takes: vLLM wants the rest for its cache of keys and values.
WEIGHTS_PER_GPU = 60


def size(name):
    """Billions of parameters; 8 for each of its GPUs where the catalogue does not say, none where it is hosted."""
    if hosted(name):
        return 0
    model = config["models"][name]
    return model.get("size", 8 * model.get("gpus", 1))


def gpus(name):
    """GPUs that a model is spread over; one served elsewhere needs none here."""
    if hosted(name):
        return 0
    needed = 2 * size(name) / WEIGHTS_PER_GPU
    # Heads are shared evenly: a power of two.
    return config["models"][name].get("gpus", 2 ** max(0, math.ceil(math.log2(needed))))


def cores(name):
    """Threads of a job that asks a model: one that is served elsewhere is waited for."""
    return 2 if hosted(name) else THREADS


def memory(model, per_billion=3000):
    """Resource function: megabytes of memory for a model, given by name or as `{wildcard}`."""

    def mem_mb(wildcards, attempt):
        name = model.format(**wildcards)
        base = 4000 if hosted(name) else 8000
        # Weights need no more at a second attempt, and nodes have only so much: half as much again each time.
        return round((1 + attempt) / 2 * (base + per_billion * size(name)))

    return mem_mb


def training_memory(wildcards, attempt):
    """Megabytes of memory for training: as much again for each process."""
    return training_gpus(wildcards) * memory("{model}")(wildcards, attempt)


def training_cores(wildcards):
    return training_gpus(wildcards) * THREADS


def minutes(model, per_billion=3):
    """Resource function: minutes for a stage of a model, given by name or as `{wildcard}`."""

    def runtime(wildcards, attempt):
        name = model.format(**wildcards)
        # The pace of a server is not ours.
        base = 240 if hosted(name) else 60
        return attempt * round(base + per_billion * size(name))

    return runtime


def submits():
    """Whether the jobs of this run go to SLURM; known once they are planned."""
    return workflow.executor_plugin.executor.__module__.endswith("_slurm")


def require_submittable():
    """Tell what SLURM's plugin would refuse: it refuses in a thread that nobody hears, and Snakemake waits for ever."""
    if not submits():
        return
    from snakemake.logging import logger
    from snakemake_executor_plugin_slurm.accounts import test_account
    from snakemake_executor_plugin_slurm.submit_string import get_submit_command
    from snakemake_executor_plugin_slurm.utils import set_gres_string
    from snakemake_executor_plugin_slurm.validation import validate_slurm_extra

    told_by_plugin = dict.fromkeys(
        "run_uuid slurm_logfile comment_str account partition workdir".split(), ""
    )
    accounts = set()
    for job in workflow.dag.needrun_jobs():
        if job.is_local:
            continue
        try:
            validate_slurm_extra(job)
            get_submit_command(job, told_by_plugin)
            set_gres_string(job)
            account = job.resources.get("slurm_account")
            if account and account not in accounts:
                test_account(str(account), logger)
                accounts.add(account)
        except Exception as error:
            reason = " ".join(str(error).split())
            raise InputError(
                f"SLURM cannot be asked for a job of `{job.rule.name}`: {reason} "
                "Mend the resources in the profile."
            )
