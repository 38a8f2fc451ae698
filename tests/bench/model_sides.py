"""What rows with a model have in common: our engine as the workflow makes it, and the reference's."""

import os
from pathlib import Path
from typing import Any

from bench_row import Side

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "resources/models/smollm2.json"


def demo() -> dict[str, Any]:
    """The demo's configuration: what its rules are told."""
    import yaml

    whole, small = (yaml.safe_load((ROOT / f"config/{name}.yaml").read_text()) for name in ("config", "demo"))
    return _merged(whole, small)


def _merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """As Snakemake lays one configuration over another."""
    both = {key: _merged(under[key], over[key]) for key in under.keys() & over.keys() if isinstance(over[key], dict)}
    return under | over | both


class Ours(Side):
    """Our engine, loaded with its first request answered; each call has a journal of its own."""

    def load(self) -> None:
        from clca import node
        from clca.engines.base import ChooseRequest
        from clca.engines.factory import journaled
        from clca.models import ModelSpec

        node.settle({})
        entry = demo()["models"]["smollm2"]
        spec = ModelSpec(engine="vllm", source=entry["source"], max_model_len=entry["max_model_len"])
        self._engine = journaled(MODEL, spec, self.folder / "first")
        self._engine.choose([ChooseRequest([{"role": "user", "content": "Is it cold? 1 Yes 2 No"}], ("1", "2"))])

    def fresh(self, size: int, number: int) -> Any:
        """The engine with an empty journal."""
        from clca.engines.journal import Journal

        self.journal = Journal(self.folder / f"journal-{number}-{size}")
        return self._engine.keeping(self.journal)

    def facts(self, prepared: Any) -> dict[str, float]:
        """Tokens of a reply."""
        tokens = [getattr(reply, "completion_tokens", 1) for reply in self.journal.replies().values()]
        return {"tokens a reply": sum(tokens) / len(tokens)}


class OneByOne(Side):
    """`transformers.generate`, one prompt at a time, in the number format that ours computes in."""

    def load(self) -> None:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        from reference.one_by_one import Generator

        self.generator = Generator(MODEL.with_suffix(""), number_format())
        self.generator.reply([{"role": "user", "content": "Is it cold?"}], max_new_tokens=2)

    def facts(self, prepared: Any) -> dict[str, float]:
        """Tokens of a reply."""
        tokens = self.generator.lengths
        self.generator.lengths = []
        return {"tokens a reply": sum(tokens) / len(tokens)}


def number_format() -> str:
    """The format that our engine picks on this processor."""
    from clca.engines.vllm import _fastest

    return _fastest()
