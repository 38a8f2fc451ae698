"""Replies as the published code takes them: `transformers.generate`, one prompt at a time, and the text parsed."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from clca.engines.base import Completion, json_schema, one_by_one

Messages = Sequence[Mapping[str, str]]


class Generator:
    """A model that is asked one thing at a time."""

    def __init__(self, path: Path, dtype: str) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(path)
        self.model = AutoModelForCausalLM.from_pretrained(path, dtype=getattr(torch, dtype)).eval()
        self.lengths: list[int] = []

    @torch.no_grad()
    def reply(self, messages: Messages, max_new_tokens: int, **how: Any) -> str:
        """One reply; greedy where nothing else is said."""
        prompt = self.tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True)
        asked = self.tokenizer(prompt, return_tensors="pt", add_special_tokens=False)
        how = {"do_sample": False, "pad_token_id": self.tokenizer.eos_token_id} | how
        output = self.model.generate(**asked, max_new_tokens=max_new_tokens, **how)[0]
        reply = output[asked["input_ids"].shape[1] :]
        self.lengths.append(len(reply))
        text: str = self.tokenizer.decode(reply, skip_special_tokens=True)
        return text

    def sampled(self, messages: Messages, sampling: Mapping[str, Any]) -> str:
        """A reply drawn as a stage's configuration has it."""
        names = ("temperature", "top_p", "top_k", "min_p")
        how = {name: sampling[name] for name in names if name in sampling}
        return self.reply(messages, sampling["max_tokens"], do_sample=True, **({"top_k": 0} | how))


class Recorder:
    """An engine that keeps what it is asked, and gives the first valid reply that comes to mind."""

    def __init__(self) -> None:
        self.asked: list[Messages] = []

    def chat(self, requests: Sequence[Any], on_done: Any) -> list[Completion]:
        """Keep each conversation."""

        def reply(request: Any) -> Completion:
            self.asked.append(request.messages)
            return Completion(json.dumps(_valid(request.schema)), "stop", 0, 0)

        return one_by_one(requests, on_done, reply)


def _valid(schema: Any) -> dict[str, str]:
    """A reply to a schema of texts and choices."""
    text = "They greet each other as people there do, and each gives the other time."
    fields = json_schema(schema)["properties"]
    return {name: field["enum"][0] if "enum" in field else text for name, field in fields.items()}


def survey_answers(generator: Generator, conversations: Sequence[Messages]) -> list[int]:
    """The option that each reply begins with; -1 where it names none."""
    answers = []
    for messages in conversations:
        text = generator.reply(messages, max_new_tokens=500)
        found = re.match(r"\D{0,20}(\d+)", text.strip())
        answers.append(int(found[1]) if found else -1)
    return answers
