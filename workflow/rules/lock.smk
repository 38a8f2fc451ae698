"""Snakemake's lock of the working directory, released by itself when the run that held it was killed on this machine.

Each run leaves its host and process id as a file's name under .snakemake/holders, with a word in it if SLURM has its jobs.
A lock is stale when every holder was here and is gone, and none of its jobs runs on, here or with SLURM. A holder on another
machine cannot be asked and keeps its lock; who unlocks by hand is still kept from starting what SLURM runs a second time.
"""

import atexit
import shutil
import socket
import subprocess
import sys

import psutil

LOCKS = Path(".snakemake/locks")
HOLDERS = Path(".snakemake/holders")
# What the plugin calls all jobs of a run.
RUN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


def working_here():
    """Processes of this machine, but our own, that run this workflow's Snakemake or its scripts in this folder."""
    me = psutil.Process()
    own = {me.pid, *(parent.pid for parent in me.parents())}
    for process in psutil.process_iter(["cmdline"]):
        try:
            if process.pid not in own and Path(process.cwd()) == Path.cwd():
                if any("snakemake" in word for word in process.info["cmdline"] or []):
                    yield process
        except psutil.Error:
            continue  # it ended, or is another user's


def queued_here():
    """SLURM's ids of Snakemake's jobs of this folder that wait or run; None where the queue does not answer."""
    command = ["squeue", "--me", "--noheader", "--format=%A|%j|%Z"]
    if shutil.which(command[0]) is None:
        return []
    try:
        told = subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    jobs = (line.split("|", 2) for line in told.stdout.splitlines())
    # A session of the user's, or a job that runs Snakemake itself, is none of them.
    return sorted(
        number
        for number, name, folder in jobs
        if RUN_ID.search(name) and Path(folder) == Path.cwd()
    )


def held():
    """Host and process id of each holder."""
    for file in list(HOLDERS.glob("*~*")):
        host, _, pid = file.name.rpartition("~")
        yield host, int(pid)


def release_stale_lock():
    """Remove the locks that a killed run left behind."""
    if not any(LOCKS.glob("*")):
        forget_holders()
        return
    hosts = {host for host, _ in held()}
    if hosts != {socket.gethostname()}:
        return
    running = sorted(process.pid for process in working_here())
    holders = {pid for _, pid in held()}
    queued = [] if holders & set(running) else queued_here()
    # Of a run without SLURM, nobody minds a queue that does not answer.
    if queued is None and any(file.stat().st_size for file in HOLDERS.glob("*~*")):
        print(
            "The last run here was killed, and SLURM does not say whether its jobs go on (squeue); try again, or if "
            "you know that none does: snakemake --unlock",
            file=sys.stderr,
        )
        return
    if queued:
        print(left_behind(queued), file=sys.stderr)
        return
    if running:
        print(
            f"This folder is in use by process {', '.join(map(str, running))}; wait for it, or kill it.",
            file=sys.stderr,
        )
        return
    shutil.rmtree(LOCKS, ignore_errors=True)
    shutil.rmtree(HOLDERS, ignore_errors=True)
    print("The last run here was killed: its lock is released.", file=sys.stderr)


def left_behind(queued):
    """What is said of jobs that outlived their run, by SLURM's ids."""
    return (
        f"The last run here is over, its jobs {', '.join(queued)} are SLURM's still; wait for them, or: "
        f"scancel {' '.join(queued)}"
    )


def require_no_jobs_left():
    """Start nothing that SLURM runs for a run that is over: two jobs of one adapter would share its checkpoints."""
    # Other targets may have a run beside this one.
    going_on = any(
        host != socket.gethostname() or psutil.pid_exists(pid)
        for host, pid in held()
        if (host, pid) != (socket.gethostname(), os.getpid())
    )
    if not going_on and (queued := queued_here()):
        raise InputError(left_behind(queued))


def forget_holders():
    """Remove the files of holders that are gone; one that runs here may be about to lock."""
    for host, pid in held():
        if host != socket.gethostname() or not psutil.pid_exists(pid):
            (HOLDERS / f"{host}~{pid}").unlink(missing_ok=True)


def holder():
    """The file that says that this process holds the lock."""
    return HOLDERS / f"{socket.gethostname()}~{psutil.Process().pid}"


def hold():
    HOLDERS.mkdir(parents=True, exist_ok=True)
    holder().touch()


def say_where():
    """Write into the holder's file that the run submits jobs to SLURM, if it does."""
    if submits():
        holder().write_text("slurm\n")


def let_go():
    holder().unlink(missing_ok=True)


# Set by workflow/jobs.py, which plans jobs and runs none.
ONLY_LOOKS = "CLCA_ONLY_LOOKS" in os.environ

if workflow.is_main_process and not workflow.dryrun and not ONLY_LOOKS:
    release_stale_lock()
    # Before the lock is there, so that a kill at any moment leaves no lock without its holder.
    hold()
    atexit.register(let_go)


onstart:
    told(require_no_jobs_left)
    say_where()
    told(require_keys)
    told(require_topics)
    told(require_submittable)
    told(require_places)
    date_back()
    show_progress()
    told(remember_code)
