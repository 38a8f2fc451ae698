"""From a model's entry in the catalogue to an engine that answers from its journal first."""

import logging
import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from clca import node
from clca.artifacts import read_json
from clca.engines.base import Engine
from clca.engines.hosting import Hosting
from clca.engines.journal import Journal, Journaled
from clca.engines.usage import PROMPTED, Ledger
from clca.models import ModelSpec, check_weights, weights_hash

log = logging.getLogger(__name__)


def journaled(
    model: str | os.PathLike[str],
    spec: ModelSpec,
    journal: str | os.PathLike[str],
    adapter: str | os.PathLike[str] | None = None,
    gpus: int = 1,
    hosting: Hosting | None = None,
) -> Journaled:
    """An engine that keeps every reply under `journal` and loads the model at the first request not kept there.

    Args:
        model: `resources/models/{model}.json`, which says what the model is; its weights lie beside it.
        adapter: `adapter_model.safetensors` of an adapter to answer with.
        gpus: How many GPUs vLLM spreads the model over; a machine without any ignores it.
        hosting: How a hosted model is asked and what it may cost; a model loaded here ignores it.
    """
    facts = read_json(model)
    weights = Path(os.fspath(model).removesuffix(".json"))
    identity = facts["revision"] if facts["revision"].startswith("sha256:") else f"{facts['name']}@{facts['revision']}"
    if spec.structured == "prompt":
        identity += PROMPTED
    if spec.dtype != "auto":
        identity += f"+{spec.dtype}"
    if spec.quantization is not None:
        identity += f"+{spec.quantization}"
    folder = None if adapter is None else Path(adapter).parent
    if folder is not None:
        check_weights(folder, "delete it and run again")
        identity += f"+{weights_hash(folder)}"

    if spec.engine == "openai":
        ledger = Ledger(identity, hosting, Path(journal))
        # What the stage cost so far, also where it has nothing left to ask.
        ledger.save()

    def load() -> Engine:
        if spec.engine == "openai":
            from clca.engines.openai import OpenAIEngine

            return OpenAIEngine(spec, ledger)
        return _served(node.staged(weights), folder, spec, gpus)

    return Journaled(load, identity, Journal(journal))


def _served(weights: Path, adapter: Path | None, spec: ModelSpec, gpus: int) -> Engine:
    """The base model, with an adapter as it is where vLLM serves that well, else all or a part of it in the weights."""
    from clca.engines.vllm import VLLMEngine, on_gpu
    from clca.training.merge import merge, split, trained_embeddings

    settings = (spec.max_model_len, gpus, spec.dtype, spec.quantization)
    node.require_gpus(on_gpu())
    # vLLM takes no LoRA request in float32, where merging rounds nothing away.
    requests = on_gpu() and spec.dtype != "float32"
    if adapter is None or (requests and not trained_embeddings(adapter)):
        return VLLMEngine(weights, *settings, adapter=adapter)
    with _folder_in(_place(adapter.parent, sum(node.sizes(weights).values()))) as folder:
        log.info("merging %s into %s", adapter, weights)
        if requests:
            split(weights, adapter, folder)
            return VLLMEngine(folder / "model", *settings, adapter=folder / "adapter")
        # On a CPU a LoRA request costs four times as much as one to merged weights.
        merge(weights, adapter, folder / "model")
        return VLLMEngine(folder / "model", *settings)


def _place(beside: Path, size: int) -> Path:
    """Where merged weights go: the machine's own disk, or beside the adapter where none is named or it has no room."""
    try:
        disk = node.own_disk()
        if disk is not None:
            # On a CPU they are merged in float32, twice as large.
            node.require_room(disk, 2 * size)
            return disk
    except OSError as error:
        log.warning("merged beside the adapter, the machine's own disk cannot be used: %s", error)
    return beside


def _left_behind(folder: Path) -> bool:
    """Whether the process that merged weights into a folder is gone; of another machine's, after a day, it is."""
    host, _, process = folder.name.removeprefix(".merged-").rpartition("-")
    if host == socket.gethostname():
        return not Path("/proc", process).exists()
    return time.time() - folder.stat().st_mtime > 24 * 3600


@contextmanager
def _folder_in(parent: Path) -> Iterator[Path]:
    """A folder of this process for merged weights; what killed ones left goes."""
    for left in parent.glob(".merged-*"):
        # Another job may be removing it.
        with suppress(OSError):
            if _left_behind(left):
                shutil.rmtree(left, ignore_errors=True)
    folder = parent / f".merged-{socket.gethostname()}-{os.getpid()}"
    try:
        folder.mkdir()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
