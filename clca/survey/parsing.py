"""Reading a free reply to a question: which option it names, by number or by its wording, and nothing guessed.

A language's wordings are those of its questionnaire. A reply that says more than one option's number or wording is
invalid, since what it says beside them may take the answer back.
"""

import re
import unicodedata
from collections.abc import Sequence

# Full-width digits, letters and punctuation, as Chinese and Japanese type them, and the ASCII they stand for.
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " "}
_NUMBERED = re.compile(r"([1-9])(?:\s*[.:)、]\s*|\s+-\s+|\s+)?(.*)")


def parse(reply: str, options: Sequence[str]) -> int | None:
    """The option that a reply names, counted from 1, or None where the reply is invalid.

    Accepted are the option's number, in ASCII or full-width digits; its number followed by its wording, with or without
    what lists put between them, such as `2.` or `2)`; its wording.
    Case, white space, full-width forms, and one full stop at the end do not matter. All else is invalid: two numbers,
    a number with another option's wording, numbers outside 1..k, other digits, an option within a sentence.

    Args:
        reply: What the model wrote.
        options: The wordings of options 1..k as they were shown, in order; at most nine.
    """
    said = _plain(reply)
    wordings = [_plain(option) for option in options]
    if said in wordings:
        return wordings.index(said) + 1
    numbered = _NUMBERED.fullmatch(said)
    if numbered is None:
        return None
    number, wording = int(numbered[1]), numbered[2]
    if number > len(options) or wording not in ("", wordings[number - 1]):
        return None
    return number


def _plain(text: str) -> str:
    """The text in one typography: composed, half-width, lower case, single spaces, without the last full stop."""
    text = unicodedata.normalize("NFC", text).translate(_FULL_WIDTH)
    text = " ".join(text.split()).casefold()
    return re.sub(r"\s*[.。]$", "", text)
