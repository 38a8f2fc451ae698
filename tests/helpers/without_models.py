"""Processes in which no library that loads a model can be imported."""

from pathlib import Path

CODE = """
import sys
from importlib.machinery import ModuleSpec


class Forbidden:
    # Others may ask whether it is installed.
    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self) if name in {libraries} else None

    def create_module(self, spec):
        raise ImportError(f"{{spec.name}} is not to be imported here")

    def exec_module(self, module):
        pass


sys.meta_path.insert(0, Forbidden())
"""

LIBRARIES = ("torch", "vllm", "transformers", "trl", "peft", "accelerate")


def forbid(folder: Path, libraries: tuple[str, ...] = LIBRARIES) -> None:
    """Make a folder one that forbids them to every Python that has it on PYTHONPATH."""
    (folder / "sitecustomize.py").write_text(CODE.format(libraries=libraries))
