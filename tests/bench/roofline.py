"""What a model's answers need of a processor at least: floating-point operations of the tokens that none shares."""

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench_row import Done, Side


class MatrixProducts(Side):
    """The best rate of products of large square matrices in our number format, in operations a second."""

    def load(self) -> None:
        import torch
        from model_sides import number_format

        self.dtype = getattr(torch, number_format())

    def prepare(self, size: int, number: int) -> list[Any]:
        import torch

        return [torch.randn(side, side, dtype=self.dtype) for side in (1024, 2048, 4096)]

    def work(self, prepared: list[Any]) -> Done:
        from time import perf_counter

        best = 0.0
        for matrix in prepared:
            matrix @ matrix  # the first chooses a kernel
            for _ in range(4):
                started = perf_counter()
                matrix @ matrix
                best = max(best, 2 * len(matrix) ** 3 / (perf_counter() - started))
        return Done(best, seconds=1)


def operations(prompts: Sequence[Sequence[int]], model: Path) -> float:
    """Floating-point operations for one token's distribution after each prompt, prefixes computed once.

    Of every token that is new: the layers' matrices, and the attention to what stands before it. Of every prompt: the
    head. Multiplications and additions are counted apart.
    """
    config = json.loads((model / "config.json").read_text())
    width, layers, inner = config["hidden_size"], config["num_hidden_layers"], config["intermediate_size"]
    head = config.get("head_dim") or width // config["num_attention_heads"]
    queries, keys = head * config["num_attention_heads"], head * config["num_key_value_heads"]
    a_token = 2 * layers * (width * (queries + 2 * keys) + queries * width + 3 * width * inner)
    tokens, attended = unshared(prompts)
    return a_token * tokens + 4 * layers * queries * attended + 2 * width * config["vocab_size"] * len(prompts)


def unshared(prompts: Sequence[Sequence[int]]) -> tuple[int, int]:
    """How many tokens are new after the longest prefix that an earlier prompt has, and how many stand before them."""
    # Sorted, the longest common prefix with any earlier one is that with the one before.
    ordered = sorted(map(tuple, prompts))
    tokens = attended = 0
    for before, prompt in pairwise([(), *ordered]):
        shared = next((at for at, (a, b) in enumerate(zip(before, prompt, strict=False)) if a != b), len(before))
        shared = min(shared, len(prompt))
        tokens += len(prompt) - shared
        attended += (len(prompt) * (len(prompt) + 1) - shared * (shared + 1)) // 2
    return tokens, attended
