"""The protocol every language model is used through, and the requests and replies it speaks."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict, Field

# `json.dumps` makes an encoder each time it is told how.
canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False).encode
"""JSON of a value, the same on every machine: what keys are hashes of."""

Message = dict[str, str]
"""One chat message: `role` (system, user, assistant) and `content`."""


class Sampling(BaseModel):
    """How a reply is drawn; temperature 0 is greedy. Tokens are bounded by `max_tokens`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: float = Field(default=0.0, ge=0)
    top_p: float = Field(default=1.0, gt=0, le=1)
    top_k: int = Field(default=0, ge=0)
    min_p: float = Field(default=0.0, ge=0, le=1)
    max_tokens: int = Field(default=500, ge=1)


@dataclass(frozen=True)
class ChatRequest:
    """One reply wanted. `schema` constrains it to JSON; `seed_parts` name the draw (scenario, take, turn, ...)."""

    messages: Sequence[Message]
    sampling: Sampling
    schema: type[BaseModel] | None = None
    seed_parts: tuple[str | int, ...] = ()
    attempt: int = 0

    @property
    def seed(self) -> int:
        """The seed of this draw: a hash of its parts and the attempt, non-negative, below 2**63."""
        return derive_seed(*self.seed_parts, self.attempt)

    def again(self) -> "ChatRequest":
        """The same request with the next seed. A greedy reply would only repeat itself, so the second try samples."""
        warmed = self.sampling.model_copy(update={"temperature": self.sampling.temperature or 0.7})
        return replace(self, sampling=warmed, attempt=self.attempt + 1)

    def identity(self) -> str:
        """What decides the reply, as JSON values with commas between: the request's part of the journal's key."""
        return f'"chat", {canonical(self.messages)}, {_drawn_by(self.sampling, self.schema)}, {self.seed}'


@dataclass(frozen=True)
class ChooseRequest:
    """One of `options` wanted as the reply's first token; no sampling, so no seed."""

    messages: Sequence[Message]
    options: tuple[str, ...]

    def identity(self) -> str:
        """What decides the choice, as JSON values with commas between."""
        return f'"choose", {canonical(self.messages)}, {canonical(self.options)}'


class Completion(NamedTuple):
    """A reply; `finish_reason` is `stop`, or `length` where cut off at the token limit, `filter` where by its host."""

    text: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int


class Choice(NamedTuple):
    """The most probable option and how probable the unconstrained model finds each.

    Attributes:
        option: Index of the option with the highest log-probability; the first of equals.
        logprobs: Natural log-probability of every option, in the order asked.
        mass: Probability of all options together, in [0, 1].
    """

    option: int
    logprobs: tuple[float, ...]
    mass: float


Reply = Completion | Choice
OnDone = Callable[[int, Any], ChatRequest | None]
"""A listener, told (index, reply) as each completes. What it returns to `chat` is asked next, under the same index."""


def ignore(index: int, reply: Reply) -> None:
    """The default listener: nobody wants to hear of single replies."""


class Engine(Protocol):
    """A language model. Replies come back in the order asked, of an index that asked more than once its last."""

    def chat(self, requests: Sequence[ChatRequest], on_done: OnDone = ignore) -> list[Completion]:
        """Reply to each request, and to those that the listener asks next."""
        ...

    def choose(self, requests: Sequence[ChooseRequest], on_done: OnDone = ignore) -> list[Choice]:
        """Choose an option for each request."""
        ...


def one_by_one(requests: Sequence[Any], on_done: OnDone, reply: Callable[[Any], Any]) -> list[Any]:
    """Replies of an engine that has each at once, `reply(request)`; what the listener asks next comes before others."""
    last: list[Any] = [None] * len(requests)
    for index, request in enumerate(requests):
        while request is not None:
            last[index] = reply(request)
            request = on_done(index, last[index])
    return last


@cache  # pydantic takes 0.2 ms, and every request names its schema
def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a reply: objects closed, as strict modes want it, and no prose of ours about the class.

    All callers get one object: it is not to be changed.
    """

    def plain(part: Any) -> Any:
        if isinstance(part, list):
            return [plain(one) for one in part]
        if not isinstance(part, dict):
            return part
        kept = {key: plain(value) for key, value in part.items() if not (key == "title" and isinstance(value, str))}
        if kept.get("type") == "object":
            kept.pop("description", None)
            kept["additionalProperties"] = False
        return kept

    schema: dict[str, Any] = plain(model.model_json_schema())
    return schema


@cache
def _drawn_by(sampling: Sampling, schema: type[BaseModel] | None) -> str:
    """How a stage's replies are drawn and what they must be: the same for all its requests."""
    return f"{canonical(sampling.model_dump())}, {canonical(schema and json_schema(schema))}"


def derive_seed(*parts: str | int) -> int:
    """A 63-bit seed from the names of a draw, the same on every machine."""
    digest = hashlib.blake2b(json.dumps(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
