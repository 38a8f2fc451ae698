"""Snakemake's lock of the working directory, released by itself when the run that held it was killed on this machine.

Each run leaves its host, process and start time under .snakemake/holders. A lock whose every known holder is a dead
process of this machine is stale; a holder on another machine cannot be asked and keeps its lock.
"""

import json
import shutil
import socket
import sys

import psutil

HOLDERS = Path(".snakemake/holders")


def holder_is_gone(path):
    """Whether the process that wrote a holder file has ended on this machine."""
    holder = json.loads(path.read_text())
    if holder["host"] != socket.gethostname():
        return False
    try:
        # Process ids are used again: the start time tells one from another.
        return psutil.Process(holder["pid"]).create_time() != holder["started"]
    except psutil.NoSuchProcess:
        return True


def release_stale_lock():
    """Remove the locks that a killed run left behind."""
    holders = list(HOLDERS.glob("*.json"))
    if holders and all(map(holder_is_gone, holders)):
        shutil.rmtree(".snakemake/locks", ignore_errors=True)
        shutil.rmtree(HOLDERS)
        print("The last run here was killed: its lock is released.", file=sys.stderr)


def hold():
    """Note that this process holds the lock."""
    HOLDERS.mkdir(parents=True, exist_ok=True)
    process = psutil.Process()
    record = {
        "host": socket.gethostname(),
        "pid": process.pid,
        "started": process.create_time(),
    }
    (HOLDERS / f"{record['host']}-{record['pid']}.json").write_text(json.dumps(record))


def let_go():
    """Note that this process has ended its run."""
    (HOLDERS / f"{socket.gethostname()}-{psutil.Process().pid}.json").unlink(
        missing_ok=True
    )


if workflow.is_main_process and not workflow.dryrun:
    release_stale_lock()


onstart:
    told(require_keys)
    hold()


onsuccess:
    let_go()


onerror:
    let_go()
