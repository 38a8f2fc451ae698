"""What texts have in common, word by word: with each other, with the survey, with English."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from datasketch import MinHash, MinHashLSH

from clca.survey.questionnaire import Questionnaire

Words = tuple[str, ...]

# Scripts without spaces between words: there a character counts as a word.
_SPACELESS = "\u3040-\u30ff\u3400-\u9fff"
_WORD = re.compile(rf"[{_SPACELESS}]|[^\W_{_SPACELESS}]+")

_SHINGLE = 3
_SHORTEST_QUESTION = 5

LATIN_LETTERS = 0.9
"""English has at least this share of letters in Latin script."""
FUNCTION_SHARE = 0.1
"""English has at least this share of function words; a text of fewer than `ENOUGH` words may do without."""
ENOUGH = 20


def words(text: str) -> Words:
    """The words of a text without case and punctuation; in Chinese and Japanese its characters."""
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


# Frequent in any English prose, and no words of German or Spanish; of French, Italian and Dutch hardly any.
FUNCTION_WORDS = frozenset(
    words("""
        the of and to that it is for you with this have are be not but they we my your what can would i at if how been
        our from there his her their which by has had were who should could about just when
    """)
)


def runs(text: Sequence[str], length: int) -> Iterator[Words]:
    """All runs of `length` words, in order; none of a shorter text."""
    return (tuple(text[start : start + length]) for start in range(len(text) - length + 1))


def survey_wording(questionnaires: Iterable[Questionnaire], length: int) -> dict[Words, str]:
    """What gives the survey away, and where it stands there, such as `en Q1`.

    Each run of `length` words of a question or option, and each whole question that is shorter. Short options, such as
    "I would not mind", are everyday speech and give nothing away.
    """
    found: dict[Words, str] = {}
    for questionnaire in questionnaires:
        for item in questionnaire.items:
            where = f"{questionnaire.language} {item.question}"
            asked = [words(line) for line in item.text.splitlines()]
            for text in (*asked, *map(words, item.options)):
                for run in runs(text, length):
                    found.setdefault(run, where)
            for text in asked:
                if _SHORTEST_QUESTION <= len(text) < length:
                    found.setdefault(text, where)
    return found


def from_survey(text: str, wording: dict[Words, str], lengths: Sequence[int]) -> str | None:
    """The first words of `text` that are the survey's, and where they stand in it; None where there are none.

    `lengths` are those of the runs in `wording`.
    """
    said = words(text)
    for length in lengths:
        for run in runs(said, length):
            if run in wording:
                return f"'{' '.join(run)}' of {wording[run]}"
    return None


def latin_letters(text: str) -> tuple[int, int]:
    """How many letters are of Latin script, and how many there are."""
    letters = [letter for letter in text if letter.isalpha()]
    return sum(map(_is_latin, letters)), len(letters)


def function_words(text: str) -> tuple[int, int]:
    """How many words are function words of English, and how many there are."""
    said = words(text)
    return sum(word in FUNCTION_WORDS for word in said), len(said)


def is_english(text: str) -> bool:
    """Whether a text has the letters and, where it is long enough to tell, the function words of English."""
    latin, letters = latin_letters(text)
    function, said = function_words(text)
    return latin >= LATIN_LETTERS * letters and (said < ENOUGH or function >= FUNCTION_SHARE * said)


def alike(texts: Sequence[Words], similarity: float) -> list[tuple[int, int, float]]:
    """Texts that are like an earlier one: its number, the earlier one's, their similarity, rounded; in order.

    Similarity is the share of three-word runs that two texts have in common, of all that either has (Jaccard); 1 is
    given to the same words in the same order alone. Pairs are found by MinHash and then compared in full.
    """
    shingles = [frozenset(runs(text, _SHINGLE)) or frozenset([text]) for text in texts]
    # Rather too many candidates than too few: each is compared in full.
    index = MinHashLSH(threshold=max(0.1, similarity - 0.1), num_perm=128, weights=(0.1, 0.9))
    first: dict[Words, int] = {}
    found = []
    for number, text in enumerate(texts):
        if text in first:
            found.append((number, first[text], 1.0))
            continue
        sketch = MinHash(num_perm=128)
        sketch.update_batch([" ".join(run).encode() for run in shingles[number]])
        near = ((_jaccard(shingles[number], shingles[other]), -other) for other in index.query(sketch))
        closest = max(near, default=(0.0, 0))
        if closest[0] >= similarity:
            # Runs may be the same where the texts are not.
            found.append((number, -closest[1], min(round(closest[0], 3), 0.999)))
        first[text] = number
        index.insert(number, sketch)
    return found


def _jaccard(one: frozenset[Words], other: frozenset[Words]) -> float:
    return len(one & other) / len(one | other)


@cache
def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("LATIN")
