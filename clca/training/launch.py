"""Fine-tuning in as many processes as GPUs are asked for: one in this process, several under torch's launcher.

`python -m clca.training.launch JOB.json` is one of several; the launcher tells it which.
"""

import ctypes
import logging
import math
import os
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from pydantic import BaseModel, ConfigDict

from clca import artifacts, node, schemas
from clca.errors import InputError
from clca.progress import start_logging
from clca.training.card import Origin
from clca.training.finetune import Settings, finetune, share
from clca.training.variant_card import retold
from clca.training.variants import file_of

_DIE_WITH_PARENT = 1
"""Linux's PR_SET_PDEATHSIG."""


class Job(BaseModel):
    """What the processes of one fine-tuning are told; see `finetune`.

    Attributes:
        examples: Table of `Example` rows, or a variant's `Data`, which names one.
        log: Gets the log of all processes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    examples: Path
    model_dir: Path
    out_dir: Path
    settings: Settings
    checkpoint_dir: Path
    origin: Origin
    log: Path

    def run(self) -> None:
        """Train in this process."""
        examples = artifacts.read(self.examples, schemas.Example)
        finetune(examples, self.model_dir, self.out_dir, self.settings, self.checkpoint_dir, self.origin)


def train(job: Job, gpus: int) -> None:
    """Train on so many GPUs, one process each; a machine without any trains in one process on its CPU.

    Raises:
        InputError: The machine has fewer, or the batches of a step cannot be shared by so many.
    """
    import torch

    if job.examples.suffix == ".json":
        variant(job, gpus)
        return
    node.require_gpus(torch.cuda.is_available())
    share(job.settings.accumulation, gpus)
    if gpus == 1 or not torch.cuda.is_available():
        job.run()
    elif gpus > torch.cuda.device_count():
        raise InputError(f"training.gpus is {gpus} and {torch.cuda.device_count()} are visible; lower training.gpus")
    else:
        together(job, gpus)


def variant(job: Job, gpus: int) -> None:
    """Train on what a variant's `Data` name, in their number of steps, and say on the card what they are."""
    examples, data = file_of(job.examples)
    settings = job.settings
    if data.accumulation is not None:
        # It was chosen for the steps, not for the GPUs: as many train as can share it.
        gpus = math.gcd(gpus, data.accumulation)
        settings = settings.model_copy(update={"accumulation": data.accumulation})
    train(job.model_copy(update={"examples": examples, "settings": settings}), gpus)
    path = job.out_dir / "README.md"
    artifacts.write_text(retold(path.read_text(encoding="utf-8"), data), path)


def together(job: Job, processes: int) -> None:
    """Train in several processes of this machine, on a GPU each where there are any.

    Raises:
        InputError: What one of them raised.
    """
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    # It tells the end of a process at length; what matters is in our log.
    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)
    # As `torch.distributed.run --standalone`: a free port of this machine.
    here = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=processes,
        run_id=uuid4().hex,
        rdzv_backend="c10d",
        rdzv_endpoint="127.0.0.1:0",
        local_addr="127.0.0.1",
        max_restarts=0,
    )
    with TemporaryDirectory() as folder:
        told = Path(folder) / "job.json"
        told.write_text(job.model_dump_json())
        try:
            elastic_launch(here, sys.executable)("-m", "clca.training.launch", str(told))
        except ChildFailedError:
            mistakes = sorted(told.parent.glob("*.mistake"))
            if not mistakes:
                raise
            raise InputError(mistakes[0].read_text()) from None


def main(told: Path) -> None:
    """One of the processes: the first writes and reports, the others only tell their errors."""
    # The launcher gives each a session of its own: a kill of the job's would pass it by.
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    job, rank = Job.model_validate_json(told.read_text()), os.environ["RANK"]
    start_logging(job.log)
    if rank != "0":
        logging.getLogger().setLevel(logging.ERROR)
    # The processes find each other on this machine.
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    try:
        job.run()
    except InputError as error:
        told.with_name(f"{rank}.mistake").write_text(str(error))
        sys.exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
