"""Merging an adapter into its base model: what vLLM serves where embeddings were trained, and always on a CPU."""

import os
import shutil
from pathlib import Path
from typing import Literal

from clca.artifacts import read_json
from clca.errors import InputError
from clca.models import check_fetched


def trained_embeddings(adapter_dir: str | os.PathLike[str]) -> bool:
    """Whether the adapter holds whole matrices beside its low-rank ones: vLLM serves these only merged."""
    return bool(read_json(Path(adapter_dir) / "adapter_config.json").get("modules_to_save"))


def merge(
    model_dir: str | os.PathLike[str],
    adapter_dir: str | os.PathLike[str],
    out_dir: str | os.PathLike[str],
    dtype: Literal["float32", "float16", "bfloat16"] | None = "float32",
) -> None:
    """Write the base model with the adapter merged in, as safetensors with its tokenizer.

    Merging is done in float32; tied embeddings stay tied. `out_dir` appears when it is complete.

    Args:
        model_dir: Directory of the base model and its tokenizer.
        adapter_dir: Directory that `finetune` wrote.
        out_dir: Replaced if it is there.
        dtype: Of the weights on disk; None for that of the base model's.

    Raises:
        InputError: The adapter is missing or does not fit the model.
    """
    if not (Path(adapter_dir) / "adapter_model.safetensors").is_file():
        raise InputError(f"{adapter_dir}: no adapter_model.safetensors; run the rule `adapter`")
    check_fetched(Path(model_dir))
    import torch
    from peft import PeftModel
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    base = AutoModelForCausalLM.from_pretrained(model_dir, dtype=torch.float32)
    try:
        merged = PeftModel.from_pretrained(base, adapter_dir).merge_and_unload()
    except (RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0][:160]
        raise InputError(f"{adapter_dir}: does not fit the model in {model_dir} ({reason}); train it again") from None
    final = Path(out_dir)
    partial = final.with_name(f".{final.name}.{os.getpid()}")
    try:
        stored = AutoConfig.from_pretrained(model_dir).dtype if dtype is None else getattr(torch, dtype)
        merged.to(stored or torch.float32).save_pretrained(partial)
        AutoTokenizer.from_pretrained(model_dir).save_pretrained(partial)
        shutil.rmtree(final, ignore_errors=True)
        final.parent.mkdir(parents=True, exist_ok=True)
        os.replace(partial, final)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
