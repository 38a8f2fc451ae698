"""JSON replies as pydantic objects: asked, validated, asked again a bounded number of times, then given up."""

import logging
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from clca.engines.base import ChatRequest, Completion, Engine, OnDone, ignore

T = TypeVar("T", bound=BaseModel)
log = logging.getLogger(__name__)


def ask(
    engine: Engine, requests: Sequence[ChatRequest], schema: type[T], attempts: int, on_done: OnDone = ignore
) -> list[T | None]:
    """Ask for an object of `schema` each; None where no attempt gave a whole and valid one.

    A reply that was cut off or does not validate is asked again with the next seed, `attempts` times in all.
    `on_done(index, object)` hears of each request once, when it is answered or given up. What it returns is asked next
    under the same index, for an object of its own schema; of such an index the last object is returned.
    """
    results: list[Any] = [None] * len(requests)
    current = list(requests)
    ended = given_up = 0

    def hear(index: int, reply: Completion) -> ChatRequest | None:
        nonlocal ended, given_up
        request = current[index]
        results[index] = _parse(reply.text, request.schema or schema) if reply.finish_reason == "stop" else None
        if results[index] is None and request.attempt + 1 < attempts:
            further: ChatRequest | None = request.again()
        else:
            ended += 1
            given_up += results[index] is None
            further = on_done(index, results[index])
        if further is not None:
            current[index] = further
        return further

    engine.chat(requests, hear)
    if given_up:
        log.warning("%d of %d requests gave no valid reply in %d attempts", given_up, ended, attempts)
    return results


def _parse(text: str, schema: type[BaseModel]) -> BaseModel | None:
    try:
        return schema.model_validate_json(text)
    except ValidationError:
        return None
