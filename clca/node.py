"""The machine that a job runs on: its own disk for weights, caches away from HOME, no network.

A site names the folders as resources of its profile: `node_storage` and `caches`. Without them weights are read where
they lie and caches stay where libraries put them.
"""

import ctypes
import fcntl
import hashlib
import logging
import os
import shutil
import socket
import subprocess
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from clca.errors import InputError

log = logging.getLogger(__name__)

STORAGE = "CLCA_NODE_STORAGE"
"""Environment variable with a folder on the machine's own disk."""

ON_CPU = "CLCA_ON_CPU"
"""Environment variable that, when set, lets a job that SLURM gave GPUs compute without them."""

END = "SLURM_JOB_END_TIME"
"""Environment variable with the unix time at which SLURM ends the job; older versions do not set it."""

_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "VLLM_NO_USAGE_STATS": "1",
    # All processes of a job are on one machine; by itself vLLM finds its address through the network.
    "VLLM_HOST_IP": "127.0.0.1",
}
_CACHES = {
    "XDG_CACHE_HOME": "",
    "HF_HOME": "huggingface",
    "VLLM_CACHE_ROOT": "vllm",
    "VLLM_CONFIG_ROOT": "vllm/config",
    "TRITON_CACHE_DIR": "triton",
    "TORCHINDUCTOR_CACHE_DIR": "inductor",
    "TORCH_HOME": "torch",
    "FLASHINFER_WORKSPACE_BASE": "",
    "CUDA_CACHE_PATH": "cuda",
}
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
# Of another job or the login shell: two jobs of a machine would meet at one port. Without them a free one is taken.
_RENDEZVOUS = ("MASTER_ADDR", "MASTER_PORT", "VLLM_PORT")


def settle(named: Mapping[str, Any]) -> None:
    """Set what libraries read from the environment; call it before any of them is imported.

    Args:
        named: A job's resources: `caches` and `node_storage` are read, where they are there.

    Raises:
        InputError: A folder that is named holds a variable that this machine does not have.
    """
    for name in _RENDEZVOUS:
        os.environ.pop(name, None)
    values = dict(_OFFLINE)
    if named.get("caches"):
        caches = _folder("caches", named["caches"])
        values |= {name: str(caches / below) for name, below in _CACHES.items()}
    if named.get("node_storage"):
        values[STORAGE] = str(_folder("node_storage", named["node_storage"]))
    if "SLURM_JOB_ID" in os.environ and END not in os.environ:
        values |= _end_of_job()
    for name, value in values.items():
        os.environ.setdefault(name, value)


def require_gpus(seen: bool) -> None:
    """Refuse to compute on a CPU while SLURM keeps GPUs for this job: they would idle until its limit.

    Args:
        seen: Whether the software finds a GPU.

    Raises:
        InputError: It finds none, and the job has some.
    """
    given = os.environ.get("SLURM_GPUS_ON_NODE") if "SLURM_JOB_ID" in os.environ else None
    if given and not seen and ON_CPU not in os.environ:
        raise InputError(
            f"{socket.gethostname()}: SLURM gave this job {given} GPUs and the software finds none; install the "
            f"software for GPUs (where no driver is: `make LOCK=envs/gpu.txt setup`), or set {ON_CPU}=1 to do without"
        )


def keep_memory() -> None:
    """Let this process keep what it frees, where its C library is glibc (mallopt(3)).

    On a CPU, a model's activations are big blocks, which glibc hands back to the system and takes again page by page:
    a fifth of the time of answers and of dialogues.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, -1)


def own_disk() -> Path | None:
    """Our folder on the machine's own disk; None where no disk is named.

    Raises:
        OSError: It cannot be made.
    """
    storage = os.environ.get(STORAGE)
    if not storage:
        return None
    # Another user's files are not ours to trust.
    folder = Path(storage) / f"clca-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def require_room(folder: Path, size: int) -> None:
    """Raise an OSError where a folder's disk has no room for so many bytes."""
    free = shutil.disk_usage(folder).free
    if size > free:
        raise OSError(f"{size >> 20} MB are more than the {free >> 20} MB that are free")


def sizes(folder: Path) -> dict[str, int]:
    """Bytes of each file below a folder, by its path there; what a hub's client keeps for itself is left out."""
    files = {file.relative_to(folder): file for file in folder.rglob("*") if file.is_file()}
    return {str(name): file.stat().st_size for name, file in files.items() if ".cache" not in name.parts}


def staged(weights: str | os.PathLike[str]) -> Path:
    """A copy of a directory of weights on the machine's own disk, or the directory itself where none is named.

    Jobs of one machine share the copy: the first makes it, the others wait. Where it cannot be made, the weights are
    read where they lie.
    """
    source = Path(weights)
    # What the model is, as the rule `model` wrote it: weights that changed get a copy of their own.
    facts = Path(f"{source}.json")
    identity = facts.read_bytes() if facts.is_file() else os.fsencode(source.resolve())
    try:
        folder = own_disk()
        if folder is None:
            return source
        target = folder / f"{source.name}-{hashlib.sha256(identity).hexdigest()[:12]}"
        # The lock goes with the process, however it ends.
        with target.with_name(f".{target.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Cleaners of temporary folders take what was not read for long.
            if not target.is_dir() or sizes(target) != sizes(source):
                _copy(source, target)
    except OSError as error:
        log.warning("%s: not copied to %s (%s); read where it lies", source, os.environ[STORAGE], error)
        return source
    return target


def _copy(source: Path, target: Path) -> None:
    """Copy a directory; `target` appears when it is complete."""
    shutil.rmtree(target, ignore_errors=True)
    require_room(target.parent, sum(sizes(source).values()))
    partial = target.with_name(f".{target.name}.partial")
    # Of a job that was killed.
    shutil.rmtree(partial, ignore_errors=True)
    log.info("copying %s to %s", source, target)
    shutil.copytree(source, partial, ignore=shutil.ignore_patterns(".cache"))
    os.replace(partial, target)


def _end_of_job() -> dict[str, str]:
    """When SLURM ends this job, as the queue tells it; nothing where it does not."""
    command = ["squeue", "--noheader", "--format=%e", f"--jobs={os.environ['SLURM_JOB_ID']}"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout.strip()
        return {END: str(int(datetime.fromisoformat(told).timestamp()))}
    except (OSError, subprocess.SubprocessError, ValueError):
        return {}


def _folder(name: str, value: Any) -> Path:
    path = os.path.expandvars(str(value))
    if "$" in path:
        raise InputError(
            f"{name} = {value!r}: the variable is not set on {socket.gethostname()}; name another folder in the profile"
        )
    return Path(path).expanduser().absolute()
