"""From a model's entry in the catalogue to an engine that answers from its journal first."""

import logging
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
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
    """The base model, with an adapter as it is where vLLM serves that well, else merged into it."""
    import torch

    from clca.engines.vllm import VLLMEngine
    from clca.training.merge import merge, trained_embeddings

    settings = (spec.max_model_len, gpus, spec.dtype, spec.quantization)
    on_gpu = torch.cuda.is_available()
    # On a CPU a LoRA request costs four times as much as one to merged weights.
    if adapter is None or (on_gpu and not trained_embeddings(adapter)):
        return VLLMEngine(weights, *settings, adapter=adapter)
    # Beside the adapter, where there is room, unless a disk is named: a machine's own temporary folder may be small.
    with _folder_in(Path(os.environ.get(node.STORAGE, adapter.parent))) as folder:
        log.info("merging %s into %s", adapter, weights)
        # On a GPU in the base model's format, so that both are served in one; a CPU's engine picks it by itself.
        merge(weights, adapter, folder / "model", None if on_gpu else "float32")
        return VLLMEngine(folder / "model", *settings)


@contextmanager
def _folder_in(parent: Path) -> Iterator[Path]:
    """A folder of this process for merged weights; what killed ones left goes."""
    mine = f".merged-{socket.gethostname()}-"
    for left in parent.glob(f"{mine}*"):
        if not Path("/proc", left.name.removeprefix(mine)).exists():
            shutil.rmtree(left)
    folder = parent / f"{mine}{os.getpid()}"
    try:
        folder.mkdir()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
