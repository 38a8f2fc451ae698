"""The processes of a run, to be killed one by one."""

import subprocess

import psutil


def child(process: "subprocess.Popen[str] | psutil.Process", word: str) -> psutil.Process | None:
    """A process under another one that has a word in its name or command, if it is there."""
    try:
        for found in psutil.Process(process.pid).children(recursive=True):
            if word in " ".join([found.name(), *found.cmdline()]):
                return found
    except psutil.Error:
        pass  # one of them has just ended
    return None


def worker_of(process: "subprocess.Popen[str]") -> psutil.Process | None:
    """The process that runs a rule's script under Snakemake."""
    return child(process, ".snakemake/scripts")
