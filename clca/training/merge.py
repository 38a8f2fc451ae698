"""An adapter that trained embeddings, as vLLM serves it: merged into its base model, or split from what is low-rank."""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clca.artifacts import read_json, write_json
from clca.errors import InputError
from clca.models import check_fetched

if TYPE_CHECKING:
    import torch


def trained_embeddings(adapter_dir: str | os.PathLike[str]) -> bool:
    """Whether the adapter holds whole matrices beside its low-rank ones: vLLM takes none in a LoRA request."""
    return bool(read_json(Path(adapter_dir) / "adapter_config.json").get("modules_to_save"))


def merge(
    model_dir: str | os.PathLike[str], adapter_dir: str | os.PathLike[str], out_dir: str | os.PathLike[str]
) -> None:
    """Write the base model with the adapter merged in, as float32 safetensors with its tokenizer.

    Rounded to a shorter format most of the low-rank update would be lost: an entry moves by less than half a step of
    its weight. Tied embeddings stay tied. `out_dir` appears when it is complete.

    Args:
        model_dir: Directory of the base model and its tokenizer.
        adapter_dir: Directory that `finetune` wrote.
        out_dir: Replaced if it is there.

    Raises:
        InputError: The adapter is missing or does not fit the model.
    """
    import torch

    _write(_adapted(model_dir, adapter_dir, torch.float32).merge_and_unload(), model_dir, Path(out_dir))


def split(
    model_dir: str | os.PathLike[str], adapter_dir: str | os.PathLike[str], out_dir: str | os.PathLike[str]
) -> None:
    """Write `model`, the base with the adapter's whole matrices in its own format, and `adapter`, the low-rank rest.

    Both together say what the adapted model says, and what is served takes no more memory than the base model.

    Args:
        model_dir: Directory of the base model and its tokenizer.
        adapter_dir: Directory that `finetune` wrote.
        out_dir: Gets the two directories.

    Raises:
        InputError: The adapter is missing or does not fit the model.
    """
    import torch
    from safetensors.torch import load_file, save_file
    from transformers import AutoConfig

    source, out = Path(adapter_dir), Path(out_dir)
    model = _adapted(model_dir, source, AutoConfig.from_pretrained(model_dir).dtype or torch.float32)
    for name, matrix in model.named_parameters():
        if "lora_B" in name:
            # What is merged with it is then left as it was.
            torch.nn.init.zeros_(matrix)
    _write(model.merge_and_unload(), model_dir, out / "model")
    (out / "adapter").mkdir(exist_ok=True)
    low_rank = {name: one for name, one in load_file(source / "adapter_model.safetensors").items() if "lora_" in name}
    save_file(low_rank, out / "adapter/adapter_model.safetensors", metadata={"format": "pt"})
    settings = read_json(source / "adapter_config.json") | {"modules_to_save": None}
    write_json(settings, out / "adapter/adapter_config.json")


def _adapted(model_dir: str | os.PathLike[str], adapter_dir: str | os.PathLike[str], dtype: "torch.dtype") -> Any:
    """The base model with its adapter, in memory and not on a GPU: there vLLM needs the room."""
    if not (Path(adapter_dir) / "adapter_model.safetensors").is_file():
        raise InputError(f"{adapter_dir}: no adapter_model.safetensors; run the rule `adapter`")
    check_fetched(Path(model_dir))
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(model_dir, dtype=dtype)
    try:
        return PeftModel.from_pretrained(base, adapter_dir, torch_device="cpu")
    except (RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0][:160]
        raise InputError(f"{adapter_dir}: does not fit the model in {model_dir} ({reason}); train it again") from None


def _write(model: Any, model_dir: str | os.PathLike[str], final: Path) -> None:
    """A model with the tokenizer of another, in the format of its configuration; it appears when it is complete."""
    from transformers import AutoTokenizer

    partial = final.with_name(f".{final.name}.{os.getpid()}")
    try:
        model.to(model.config.dtype).save_pretrained(partial)
        AutoTokenizer.from_pretrained(model_dir).save_pretrained(partial)
        shutil.rmtree(final, ignore_errors=True)
        final.parent.mkdir(parents=True, exist_ok=True)
        os.replace(partial, final)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
