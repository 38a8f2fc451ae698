"""Hosted models, and any server that speaks their protocol, through the `openai` client.

The client itself retries with back-off on 429, 5xx and time-outs and honours Retry-After; here requests are bounded in
number and handed on as they complete.
"""

import asyncio
import json
import math
import os
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from openai import APIError, AsyncOpenAI

from clca.engines.base import ChatRequest, Choice, ChooseRequest, Completion, Message, OnDone, ignore, json_schema
from clca.errors import InputError
from clca.models import ModelSpec, require_key
from clca.prompts import render

CONCURRENCY = 16
TOP_LOGPROBS = 20


class OpenAIEngine:
    """One hosted model; the key comes from the environment and goes nowhere else."""

    def __init__(self, spec: ModelSpec, max_retries: int = 6) -> None:
        require_key(spec)
        self._spec, self._max_retries = spec, max_retries

    def chat(self, requests: Sequence[ChatRequest], on_done: OnDone = ignore) -> list[Completion]:
        """Reply to each request; see `clca.engines.base.Engine`."""
        return _run(self._all(requests, self._complete, on_done))

    def choose(self, requests: Sequence[ChooseRequest], on_done: OnDone = ignore) -> list[Choice]:
        """Choose from the log-probabilities of the first token; an option outside the server's top 20 counts as 0."""
        return _run(self._all(requests, self._choice, on_done))

    async def _all(
        self, requests: Sequence[Any], ask: Callable[[Any, Any], Awaitable[Any]], on_done: OnDone
    ) -> list[Any]:
        """Ask everything, `CONCURRENCY` at a time; the first failure ends the rest, what was answered is kept."""
        slots = asyncio.Semaphore(CONCURRENCY)
        replies: list[Any] = [None] * len(requests)
        key = os.environ[self._spec.key_variable]
        async with AsyncOpenAI(api_key=key, base_url=self._spec.base_url, max_retries=self._max_retries) as client:

            async def one(index: int) -> None:
                async with slots:
                    replies[index] = await ask(client, requests[index])
                on_done(index, replies[index])

            # A raise within `except*` would come out as a group again.
            failures: list[Exception] = []
            try:
                async with asyncio.TaskGroup() as group:
                    for index in range(len(requests)):
                        group.create_task(one(index))
            except* (APIError, InputError) as errors:
                failures += errors.exceptions
        if failures and isinstance(failures[0], InputError):
            raise failures[0]
        if failures:
            # Some gateways repeat the key in what they say.
            reason = str(failures[0]).replace(key, "***").splitlines()[0][:200]
            raise InputError(
                f"model {self._spec.source}: no reply ({reason}); what was answered is kept, run again to go on"
            )
        return replies

    async def _complete(self, client: AsyncOpenAI, request: ChatRequest) -> Completion:
        sampling = request.sampling
        settings: dict[str, Any] = {"temperature": sampling.temperature, "top_p": sampling.top_p}
        messages: list[Message] = list(request.messages)
        if request.schema is not None and self._spec.structured == "schema":
            schema = {"name": request.schema.__name__, "schema": json_schema(request.schema), "strict": True}
            settings["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif request.schema is not None:
            messages = _with_schema(messages, json_schema(request.schema))
        settings["messages"] = messages
        reply = await client.chat.completions.create(
            model=self._spec.source,
            max_tokens=sampling.max_tokens,
            seed=request.seed,
            **settings,
        )
        choice, usage = reply.choices[0], reply.usage
        reason = "length" if choice.finish_reason == "length" else "stop"
        counts = (usage.prompt_tokens, usage.completion_tokens) if usage else (0, 0)
        return Completion(choice.message.content or "", reason, *counts)

    async def _choice(self, client: AsyncOpenAI, request: ChooseRequest) -> Choice:
        settings: dict[str, Any] = {"messages": list(request.messages)}
        reply = await client.chat.completions.create(
            model=self._spec.source,
            max_tokens=1,
            temperature=0,
            logprobs=True,
            top_logprobs=TOP_LOGPROBS,
            **settings,
        )
        content = reply.choices[0].logprobs and reply.choices[0].logprobs.content
        if not content:
            raise InputError(
                f"model {self._spec.source}: the server gives no log-probabilities; use a local model as student"
            )
        found = {top.token.strip(): top.logprob for top in reversed(content[0].top_logprobs)}
        logprobs = tuple(found.get(option, -9999.0) for option in request.options)
        mass = min(1.0, sum(math.exp(logprob) for logprob in logprobs))
        return Choice(max(range(len(logprobs)), key=lambda index: logprobs[index]), logprobs, mass)


def _run(work: Coroutine[Any, Any, list[Any]]) -> list[Any]:
    """Run `work` to its end, in a notebook too, where a loop is running already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def _with_schema(messages: list[Message], schema: dict[str, Any]) -> list[Message]:
    """The messages with the schema told in the last one, for models that cannot be held to it."""
    *head, last = messages
    return [*head, last | {"content": render("schema_reply", request=last["content"], schema=json.dumps(schema))}]
