"""The texts of a page, each stored once: a longer one, such as a prompt, is made of others that are there anyway."""

import json
from collections.abc import Iterable, Sequence

# A reference takes about as many bytes as a shorter text.
SHORTEST = 12


class Texts:
    """Texts by number. `stored` holds them in order, `size` is about what they take as JSON, in bytes."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self.size = 0

    @property
    def stored(self) -> list[str]:
        """The texts, in the order of their numbers."""
        return list(self._numbers)

    def number(self, text: str) -> int:
        """The number of a text."""
        if text not in self._numbers:
            self._numbers[text] = len(self._numbers)
            self.size += len(json.dumps(text, ensure_ascii=False).encode()) + 1
        return self._numbers[text]

    def made(self, text: str, of: Iterable[str]) -> list[int]:
        """The numbers of texts that joined give `text`; those in `of` are among them wherever they occur in it.

        Args:
            text: Any text.
            of: Texts that are likely to be in it; short ones are not looked for.
        """
        known = sorted({part for part in of if len(part) >= SHORTEST and part in text}, key=len, reverse=True)
        return [self.number(part) for part in _split(text, known)]


def _split(text: str, known: Sequence[str]) -> list[str]:
    """The parts of a text, the longest of `known` cut out first; none is empty."""
    if not known or not text:
        return [text] if text else []
    first, *rest = known
    parts: list[str] = []
    for number, part in enumerate(text.split(first)):
        parts += [first] * (number > 0) + _split(part, rest)
    return parts
