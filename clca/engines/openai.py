"""Hosted models, and any server that speaks their protocol, through the `openai` client.

The client itself asks again after 408, 409, 429, 5xx, time-outs and cut connections, with exponential back-off (0.5 to
8 s) and jitter, and waits as long as Retry-After says up to two minutes; where a server wants longer, the run ends and
is to be started again then. What it leaves to us: a reply that is no chat completion, such as broken JSON under 200.
"""

import asyncio
import json
import math
import os
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from openai import APIConnectionError, APITimeoutError, AsyncOpenAI, OpenAIError, Timeout
from openai.types.chat import ChatCompletion

from clca.engines.base import ChatRequest, Choice, ChooseRequest, Completion, Message, OnDone, ignore, json_schema
from clca.engines.usage import Budget, Ledger
from clca.errors import InputError
from clca.models import ModelSpec, require_key
from clca.prompts import render

TOP_LOGPROBS = 20
# Seconds to connect in: a server that is there answers at once, however long it thinks afterwards.
CONNECT = 10.0
# What a reply ends for. A call of a tool, which none is offered of, is a reply's end too.
REASONS = {"length": "length", "content_filter": "filter"}


class OpenAIEngine:
    """One hosted model; the key comes from the environment and goes nowhere else.

    Args:
        spec: The model's entry in the catalogue.
        ledger: Where use is accounted for, with the knobs of how the model is asked; by default nothing is kept.

    Raises:
        InputError: The key is not in the environment.
    """

    def __init__(self, spec: ModelSpec, ledger: Ledger | None = None) -> None:
        require_key(spec)
        self._spec = spec
        self._ledger = ledger or Ledger(f"{spec.source}@{spec.source}")
        self._hosting = self._ledger.hosting

    def chat(self, requests: Sequence[ChatRequest], on_done: OnDone = ignore) -> list[Completion]:
        """Reply to each request; see `clca.engines.base.Engine`.

        Raises:
            InputError: A request was given up, or the spending cap is reached; `on_done` has heard of all replies.
        """
        return _run(self._all(requests, self._complete, on_done))

    def choose(self, requests: Sequence[ChooseRequest], on_done: OnDone = ignore) -> list[Choice]:
        """Choose from the log-probabilities of the first token; an option outside the server's top 20 counts as 0.

        Raises:
            InputError: As for `chat`, and where the server gives no log-probabilities.
        """
        return _run(self._all(requests, self._choice, on_done))

    async def _all(
        self, requests: Sequence[Any], ask: Callable[["_Connection", Any], Awaitable[Any]], on_done: OnDone
    ) -> list[Any]:
        """Ask everything, a bounded number at a time. After a failure nothing is begun, what is under way is heard."""
        replies: list[Any] = [None] * len(requests)
        failures: list[InputError] = []
        todo = iter(range(len(requests)))

        async def work(connection: _Connection) -> None:
            for index in todo:
                if failures:
                    return
                request = requests[index]
                try:
                    while request is not None and not failures:
                        replies[index] = await ask(connection, request)
                        # It may find no room for the reply.
                        request = on_done(index, replies[index])
                except InputError as error:
                    failures.append(error)
                    return

        try:
            async with _Connection(self._spec, self._ledger) as connection, asyncio.TaskGroup() as group:
                for _ in range(min(self._hosting.concurrency, len(requests))):
                    group.create_task(work(connection))
        finally:
            self._ledger.save()
        if failures:
            raise failures[0]
        return replies

    async def _complete(self, connection: "_Connection", request: ChatRequest) -> Completion:
        sampling = request.sampling
        settings: dict[str, Any] = {"temperature": sampling.temperature, "top_p": sampling.top_p, "seed": request.seed}
        messages: list[Message] = list(request.messages)
        prompted = request.schema is not None and self._spec.structured == "prompt"
        if request.schema is not None and prompted:
            messages = _with_schema(messages, json_schema(request.schema))
        elif request.schema is not None:
            schema = {"name": request.schema.__name__, "schema": json_schema(request.schema), "strict": True}
            settings["response_format"] = {"type": "json_schema", "json_schema": schema}
        reply = await connection.ask(messages, sampling.max_tokens, settings)
        choice, usage = reply.choices[0], reply.usage
        text = choice.message.content or ""
        counts = (usage.prompt_tokens, usage.completion_tokens) if usage else (0, 0)
        return Completion(unfenced(text) if prompted else text, REASONS.get(choice.finish_reason, "stop"), *counts)

    async def _choice(self, connection: "_Connection", request: ChooseRequest) -> Choice:
        settings = {"temperature": 0, "logprobs": True, "top_logprobs": TOP_LOGPROBS}
        reply = await connection.ask(list(request.messages), 1, settings)
        content = reply.choices[0].logprobs and reply.choices[0].logprobs.content
        if not content:
            raise InputError(
                f"model {self._spec.source}: the server gives no log-probabilities; use a local model as student"
            )
        found = {top.token.strip(): top.logprob for top in reversed(content[0].top_logprobs)}
        logprobs = tuple(found.get(option, -9999.0) for option in request.options)
        mass = min(1.0, sum(math.exp(logprob) for logprob in logprobs))
        return Choice(max(range(len(logprobs)), key=lambda index: logprobs[index]), logprobs, mass)


class _Connection:
    """The client while a batch is asked: what it sends is paid from the budget, what it fails with is told."""

    def __init__(self, spec: ModelSpec, ledger: Ledger) -> None:
        self._spec, self._ledger, self._budget = spec, ledger, Budget(ledger)
        self._key, hosting = os.environ[spec.key_variable], ledger.hosting
        self._client = AsyncOpenAI(
            api_key=self._key,
            base_url=spec.base_url,
            max_retries=hosting.retries,
            timeout=Timeout(hosting.timeout, connect=min(CONNECT, hosting.timeout)),
        )

    async def __aenter__(self) -> "_Connection":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def ask(self, messages: list[Message], max_tokens: int, settings: dict[str, Any]) -> ChatCompletion:
        """One chat completion.

        Raises:
            InputError: All tries failed, the cap leaves no room, or the server counts no tokens where a cap needs it.
        """
        extra = json.dumps(settings.get("response_format", ""))
        reserved = await self._budget.reserve(messages, extra, max_tokens)
        try:
            reply = await self._whole({"messages": messages, "max_tokens": max_tokens, **settings})
            if reply.usage is None and self._ledger.hosting.spending_cap is not None:
                raise self._failure("the server reports no tokens, so `spending_cap` cannot be kept; take it away")
            usage = reply.usage
            self._ledger.now.add(*((usage.prompt_tokens, usage.completion_tokens) if usage else (0, 0)))
            return reply
        finally:
            await self._budget.settle(reserved)

    async def _whole(self, settings: dict[str, Any]) -> ChatCompletion:
        """A reply that is one: what the client takes for a success, and cannot read, is asked again."""
        create = self._client.chat.completions.with_raw_response.create
        for attempt in range(self._ledger.hosting.retries + 1):
            if attempt:
                self._ledger.retries += 1
                await asyncio.sleep(min(8.0, 0.5 * 2 ** (attempt - 1)) * random.uniform(0.75, 1))  # noqa: S311
            try:
                raw = await create(model=self._spec.source, **settings)
            except OpenAIError as error:
                raise self._failure(self._reason(error)) from None
            self._ledger.retries += raw.retries_taken
            try:
                reply = raw.parse()
            except ValueError:
                continue
            # The client checks no types: a gateway's page comes as text, its error as an object without choices.
            if isinstance(reply, ChatCompletion) and reply.choices and reply.choices[0].message:
                return reply
        raise self._failure(f"no reply: what the server at {self._client.base_url} sends is no chat completion")

    def _reason(self, error: OpenAIError) -> str:
        """What went wrong, in words of a user."""
        if isinstance(error, APITimeoutError):
            return f"no reply: the server at {self._client.base_url} took over {self._ledger.hosting.timeout:g} s"
        if isinstance(error, APIConnectionError):
            return f"no reply: the server at {self._client.base_url} cannot be reached, or cuts the connection"
        return f"no reply ({' '.join(str(error).split())[:300]})"

    def _failure(self, reason: str) -> InputError:
        # Some gateways repeat the key in what they say.
        reason = reason.replace(self._key, "***")
        return InputError(f"model {self._spec.source}: {reason}; what was answered is kept, run again to go on")


def unfenced(text: str) -> str:
    """`text` without the Markdown fence around all of it; unchanged where there is none."""
    head, newline, rest = text.strip().partition("\n")
    if newline and head.startswith("```") and head[3:].strip().lower() in ("", "json") and rest.endswith("```"):
        return rest[:-3].strip()
    return text


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
