"""Modules of a package that are imported where they are first named (PEP 562), so that importing it costs nothing."""

from collections.abc import Callable
from importlib import import_module
from typing import Any


def modules(package: dict[str, Any]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """A package's `__getattr__` and `__dir__`.

    Args:
        package: Its `globals()`.
    """
    name = package["__name__"]

    def inside() -> set[str]:
        from pkgutil import iter_modules

        return {module.name for module in iter_modules(package["__path__"]) if not module.name.startswith("_")}

    def get(attribute: str) -> Any:
        if not attribute.startswith("_") and attribute in inside():
            return import_module(f"{name}.{attribute}")
        raise AttributeError(f"module {name!r} has no attribute {attribute!r}")

    return get, lambda: sorted({*package, *inside()})
