"""vLLM itself, serving the embedded model with an adapter that trained embeddings and head."""

import json
import shutil

import pytest
import torch
from peft import PeftModel
from pydantic import BaseModel
from rows_model import conversations, personas, questionnaire
from small_training import ORIGIN, SMALL, short_examples
from transformers import AutoModelForCausalLM, AutoTokenizer

from clca.engines.base import ChatRequest, ChooseRequest, Sampling
from clca.engines.factory import journaled
from clca.engines.vllm import VLLMEngine
from clca.errors import InputError
from clca.models import ModelSpec, fetch
from clca.survey.answers import persona_answers
from clca.training.finetune import finetune
from clca.training.merge import split, trained_embeddings

# In float32, to compare log-probabilities.
SPEC = ModelSpec(engine="vllm", source="embedded", max_model_len=512, dtype="float32")
# Large steps, so that the adapted model is clearly another one.
SETTINGS = SMALL.model_copy(
    update={"dropout": 0.0, "train_embeddings": True, "learning_rate": 3e-3, "epochs": 1, "accumulation": 1}
)
MESSAGES = [
    {"role": "system", "content": "You live in Japan."},
    {"role": "user", "content": "How important is family to you?\n1. Very\n2. Fairly\n3. Not\nReply with a number."},
]
OPTIONS = ("1", "2", "3")


class Reply(BaseModel):
    """A reply with a shape."""

    mood: str
    calm: bool


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The engine as the workflow makes it, the base model's directory and the adapter's."""
    work = tmp_path_factory.mktemp("serving")
    model, adapter = work / "model", work / "adapter"
    (work / "model.json").write_text(json.dumps(fetch(SPEC, model)))
    finetune(short_examples(train=4, heldout=2), model, adapter, SETTINGS, work / "checkpoints", ORIGIN)
    weights = adapter / "adapter_model.safetensors"
    engine = journaled(work / "model.json", SPEC, work / "journal", weights)
    yield engine, model, adapter
    shutil.rmtree(work)


def first_token(network, tokenizer, messages=MESSAGES, options=OPTIONS):
    """Log-probabilities of the options as the reply's first token, by transformers, of one prompt as a whole."""
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    ids = torch.tensor([tokenizer.encode(text, add_special_tokens=False)])
    with torch.no_grad():
        logprobs = torch.log_softmax(network.eval()(ids).logits[0, -1], dim=-1)
    return [logprobs[tokenizer.encode(option, add_special_tokens=False)].item() for option in options]


def test_merged_embeddings_and_head_give_the_log_probabilities_that_peft_gives(served):
    engine, model, adapter = served
    (choice,) = engine.choose([ChooseRequest(MESSAGES, OPTIONS)])
    tokenizer = AutoTokenizer.from_pretrained(model)
    base = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    plain = first_token(base, tokenizer)
    adapted = first_token(PeftModel.from_pretrained(base, adapter), tokenizer)
    assert choice.logprobs == pytest.approx(adapted, abs=1e-3)
    assert choice.logprobs != pytest.approx(plain, abs=1e-2)
    assert choice.option == max(range(3), key=lambda index: adapted[index])
    assert choice.mass == pytest.approx(sum(torch.tensor(adapted).exp().tolist()), abs=1e-4)


def test_answers_in_batches_with_shared_prefixes_are_those_of_each_prompt_by_itself(served):
    engine, model, adapter = served
    people, shown = personas(2, 1).sort("respondent"), questionnaire()
    shown = shown.model_copy(update={"items": shown.items[::4]})
    asked = [talk for at, talk in enumerate(conversations(people)) if at % 4 == 0]
    tokenizer = AutoTokenizer.from_pretrained(model)
    network = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32), adapter)
    first = persona_answers("persona", people, "Japan", shown, engine)
    engine._journal.replies().clear()
    # The other way round, and now every prompt's beginning is in the cache.
    again = persona_answers("persona", people[::-1], "Japan", shown, engine).sort("respondent", maintain_order=True)
    told = 0
    for talk, *answers in zip(asked, first.to_dicts(), again.to_dicts(), strict=True):
        options = [str(number + 1) for number in range(len(answers[0]["logprobs"]))]
        alone = first_token(network, tokenizer, talk, options)
        best, second = sorted(alone)[:-3:-1]
        for answer in answers:
            assert answer["logprobs"] == pytest.approx(alone, abs=1e-3)
            assert best - alone[answer["option"] - 1] <= 2e-3
        told += best - second > 2e-3
    assert told > 0.9 * len(asked), "options are hardly ever a tie"


def test_an_adapter_with_embeddings_is_known_as_such(served):
    assert trained_embeddings(served[2])


def test_packed_weights_without_a_gpu_are_told(served):
    with pytest.raises(InputError, match="`quantization` is fp8 and no GPU is visible"):
        VLLMEngine(served[1], 512, quantization="fp8")


def test_a_schema_constrains_the_reply(served):
    engine, *_ = served
    requests = [ChatRequest(MESSAGES, Sampling(temperature=1.0, max_tokens=60), Reply, ("x", n)) for n in range(6)]
    replies = engine.chat(requests)
    whole = [reply for reply in replies if reply.finish_reason == "stop"]
    assert whole
    for reply in whole:
        Reply.model_validate_json(reply.text)
    assert len({reply.text for reply in replies}) > 1


def test_a_seed_pins_the_reply_and_a_limit_cuts_it_off(served):
    engine, *_ = served
    sampling = Sampling(temperature=1.0, max_tokens=5)
    # What is drawn varies with the processor: one of eight may well end by itself.
    ask = [ChatRequest(MESSAGES, sampling, seed_parts=("a", n)) for n in range(8)]
    journal = engine._journal
    first = engine.chat(ask)
    journal.replies().clear()
    assert engine.chat(ask) == first
    assert {reply.completion_tokens for reply in first if reply.finish_reason == "length"} == {5}
    assert all(reply.completion_tokens <= 5 for reply in first)
    assert len({reply.text for reply in first}) > 1


def test_an_interrupted_call_leaves_nothing_behind_for_the_next(served):
    engine, *_ = served

    def interrupted(index, reply):
        raise KeyboardInterrupt

    # The first ends before the others.
    ask = [ChatRequest(MESSAGES, Sampling(max_tokens=1 + 7 * n), seed_parts=("cut", n)) for n in range(3)]
    with pytest.raises(KeyboardInterrupt):
        engine.chat(ask, interrupted)
    assert [reply.completion_tokens <= 1 + 7 * n for n, reply in enumerate(engine.chat(ask))] == [True] * 3


def test_what_the_listener_asks_next_joins_the_batch_and_is_answered_as_by_itself(served):
    _, model, _ = served
    engine = VLLMEngine(model, max_model_len=512, dtype="float32")

    def said(*lines):
        roles = ("user", "assistant")
        return [{"role": roles[at % 2], "content": line} for at, line in enumerate(lines)]

    greedy, heard = Sampling(max_tokens=12), {0: [], 1: []}
    first = [ChatRequest(said(line), greedy) for line in ("Good morning.", "What is a torii?")]

    def further(index, reply):
        heard[index].append(reply)
        shown = [*first[index].messages, *said("", reply.text)[1:], *said("Why?")]
        return ChatRequest(shown, greedy) if len(heard[index]) == 1 else None

    assert engine.chat(first, further) == [heard[0][1], heard[1][1]]
    for index, request in enumerate(first):
        (alone,) = engine.chat([request])
        (then,) = engine.chat([ChatRequest([*request.messages, *said("", alone.text)[1:], *said("Why?")], greedy)])
        assert heard[index] == [alone, then]


def test_options_of_several_tokens_and_prompts_that_do_not_fit_are_told(served):
    engine, *_ = served
    with pytest.raises(InputError, match="not one token each"):
        engine.choose([ChooseRequest(MESSAGES, ("1", "10"))])
    with pytest.raises(InputError, match="raise the model's max_model_len"):
        engine.chat([ChatRequest([{"role": "user", "content": "word " * 600}], Sampling())])


# The last of the file: with a second engine in one process, the first is not to be asked again.
def test_a_split_adapter_gives_the_log_probabilities_that_peft_gives(served, tmp_path):
    # How a GPU serves an adapter; the factory merges on a CPU, because there this is slow.
    _, model, adapter = served
    split(model, adapter, tmp_path)
    assert not trained_embeddings(tmp_path / "adapter")
    tokenizer = AutoTokenizer.from_pretrained(model)
    rest = AutoModelForCausalLM.from_pretrained(tmp_path / "model", dtype=torch.float32)
    plain = first_token(rest, tokenizer)
    adapted = first_token(PeftModel.from_pretrained(rest, tmp_path / "adapter"), tokenizer)
    engine = VLLMEngine(tmp_path / "model", 512, dtype="float32", adapter=tmp_path / "adapter")
    shutil.rmtree(tmp_path / "adapter")  # it is read at once
    (choice,) = engine.choose([ChooseRequest(MESSAGES, OPTIONS)])
    assert choice.logprobs == pytest.approx(adapted, abs=1e-3)
    assert choice.logprobs != pytest.approx(plain, abs=1e-2)
    # As a whole, but for embeddings that are rounded to bfloat16.
    base = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    whole = first_token(PeftModel.from_pretrained(base, adapter), tokenizer)
    assert choice.logprobs == pytest.approx(whole, abs=0.05)
    assert choice.option == max(range(3), key=lambda index: whole[index])
