"""Requests as the workflow makes them, with made-up replies, and the journal that a run would have left."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from clca.dialogues import Turn
from clca.engines.base import ChatRequest, Choice, ChooseRequest, Completion, Message, Reply, Sampling
from clca.engines.journal import Journal, Journaled

MODEL = "sha256:" + "0" * 64
PERSONA = "You are answering a survey. You live in Japan. " + "You are somebody with a home, a job and a family. " * 9
QUESTION = "For each of the following, say how important it is in your life. " * 3 + "1 Very 2 Rather 3 Little 4 Not"


class Replying:
    """An engine that knows all replies already."""

    def choose(self, requests: Sequence[ChooseRequest], on_done) -> list[Reply]:
        return self.chat(requests, on_done)

    def chat(self, requests: Sequence[ChatRequest | ChooseRequest], on_done) -> list[Reply]:
        found = replies(requests)
        for index, reply in enumerate(found):
            on_done(index, reply)
        return found


def requests(count: int) -> list[ChooseRequest]:
    """Personas' questions, 44 each."""
    return [ChooseRequest(_asked(number // 44, number % 44), ("1", "2", "3", "4")) for number in range(count)]


def chats(count: int) -> list[ChatRequest]:
    """Turns of dialogues, eight each: all the turns before are in the prompt."""

    def turns():
        for dialogue in range(count // 8 + 1):
            shown = _asked(dialogue, 0)
            for turn in range(1, 9):
                said = {
                    "role": ("user", "assistant")[turn % 2],
                    "content": f"Turn {turn}: " + "good morning to you " * 5,
                }
                yield ChatRequest(shown, Sampling(temperature=1.0), Turn, (42, f"s{dialogue}", 1, turn))
                shown = [*shown, said]

    return list(islice(turns(), count))


def replies(asked: Sequence[ChatRequest | ChooseRequest]) -> list[Reply]:
    """One for each request."""
    logprobs = (-1.2039728043259361, -2.302585092994046, -0.6931471805599453, -2.302585092994046)
    said = '{"action": "speak", "utterance": "Good morning. I hope that you slept well and have had your tea."}'
    return [
        Choice(2, logprobs, 0.98) if isinstance(request, ChooseRequest) else Completion(said, "stop", 300, 28)
        for request in asked
    ]


def journaled(asked: Sequence[ChatRequest | ChooseRequest], folder: Path) -> None:
    """Leave the journal of a run that asked all this."""
    engine = Journaled(Replying, MODEL, Journal(folder))
    if isinstance(asked[0], ChooseRequest):
        engine.choose(asked)
    else:
        engine.chat(asked)


def _asked(persona: int, question: int) -> list[Message]:
    return [
        {"role": "system", "content": f"{PERSONA} You are number {persona}."},
        {"role": "user", "content": f"{QUESTION} {question}"},
    ]
