"""Our prompts: Jinja2 templates, one a prompt, one folder a language."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def _environment(language: str) -> Environment:
    # Prompts are plain text, never HTML: nothing is to be escaped.
    return Environment(
        loader=PackageLoader("clca", f"prompts/{language}"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )


def render(template: str, /, language: str = "en", **values: Any) -> str:
    """The text of `template` (without its suffix) with `values` filled in, stripped at both ends.

    Raises:
        jinja2.UndefinedError: The template uses a value that was not given.
    """
    return _environment(language).get_template(f"{template}.j2").render(**values).strip()
