"""JSON replies as pydantic objects: asked, validated, asked again a bounded number of times, then given up."""

import logging
from collections.abc import Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from clca.engines.base import ChatRequest, Completion, Engine, OnDone, ignore

T = TypeVar("T", bound=BaseModel)
log = logging.getLogger(__name__)


def ask(
    engine: Engine, requests: Sequence[ChatRequest], schema: type[T], attempts: int, on_done: OnDone = ignore
) -> list[T | None]:
    """Ask for an object of `schema` each; None where no attempt gave a whole and valid one.

    A reply that was cut off or does not validate is asked again with the next seed, `attempts` times in all.
    `on_done(index, object)` hears of each request once, when it is answered or given up.
    """
    results: list[T | None] = [None] * len(requests)
    pending = dict(enumerate(requests))
    for attempt in range(attempts):
        order, last = list(pending), attempt == attempts - 1

        def hear(position: int, reply: Completion, order: list[int] = order, last: bool = last) -> None:
            index = order[position]
            results[index] = _parse(reply.text, schema) if reply.finish_reason == "stop" else None
            if results[index] is not None or last:
                on_done(index, results[index])

        engine.chat([pending[index] for index in order], hear)
        pending = {index: request.again() for index, request in pending.items() if results[index] is None}
        if not pending:
            break
    if pending:
        log.warning("%d of %d requests gave no valid reply in %d attempts", len(pending), len(requests), attempts)
    return results


def _parse(text: str, schema: type[T]) -> T | None:
    try:
        return schema.model_validate_json(text)
    except ValidationError:
        return None
