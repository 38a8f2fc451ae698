"""Training: examples made of the kept dialogues, loss masks for any chat template, LoRA fine-tuning and merging."""

from clca import lazy

__getattr__, __dir__ = lazy.modules(globals())

KNOBS = ("save_steps", "gradient_checkpointing", "gpus")
"""Settings that say how a machine gets there, and not where: no adapter depends on them."""
