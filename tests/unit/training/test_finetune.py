"""Fine-tuning and merging of the real embedded model on a few short examples."""

import json
import os
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from peft import PeftModel
from pydantic import ValidationError
from safetensors.torch import load_file
from small_training import ORIGIN, SMALL, short_examples
from transformers import AutoModelForCausalLM, AutoTokenizer

from clca.errors import InputError
from clca.models import unpack_embedded
from clca.training import finetune as module
from clca.training.card import Origin
from clca.training.deadline import Deadline
from clca.training.finetune import FILES, Settings, finetune, losses
from clca.training.masks import tokenised
from clca.training.merge import merge, split
from clca.training.watcher import watcher


class Interrupted(Exception):
    """Stands in for a kill."""


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Two jobs of two threads each on two cores wait for each other most of the time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder that goes when the tests are done: adapters with embeddings are large."""
    folder = tmp_path_factory.mktemp("training")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def model(work):
    unpack_embedded(work / "model")
    return work / "model"


@pytest.fixture(scope="module")
def examples():
    return short_examples(train=6, heldout=2)


def settings(embeddings, **options):
    return SMALL.model_copy(update={"train_embeddings": embeddings, **options})


@pytest.fixture(scope="module", params=[False, True], ids=["lora", "lora and embeddings"])
def trained(request, examples, model, work):
    """An undisturbed run: whether embeddings are trained, and the adapter's directory."""
    out = work / f"whole-{request.param}" / "adapter"
    steps = []
    checkpoints = work / f"checkpoints-{request.param}"
    finetune(examples, model, out, settings(request.param), checkpoints, ORIGIN, lambda *step: steps.append(step))
    assert steps == [(step, 6) for step in range(1, 7)]
    assert not checkpoints.exists()
    return request.param, out


def lines_of(out):
    return [json.loads(line) for line in (out / "training_log.jsonl").read_text().splitlines()]


def test_log_has_each_step_and_heldout_losses_at_start_epochs_and_end(trained):
    lines = lines_of(trained[1])
    assert [line["step"] for line in lines if "loss" in line] == [1, 2, 3, 4, 5, 6]
    assert [(line["step"], line["epoch"]) for line in lines if "heldout_loss" in line] == [(0, 0), (3, 1), (6, 2)]
    assert all(line.keys() <= {"step", "epoch", "loss", "learning_rate", "heldout_loss"} for line in lines)
    heldout = [line["heldout_loss"] for line in lines if "heldout_loss" in line]
    assert heldout[-1] < heldout[0]


def test_directory_holds_the_declared_files_and_no_path_of_this_machine(trained, work):
    _, out = trained
    assert sorted(os.listdir(out)) == sorted(FILES)
    assert os.listdir(out.parent) == [out.name]
    for name in FILES[:-1]:
        assert str(work) not in (out / name).read_text()
    config = json.loads((out / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "org/SmolLM2"
    card = (out / "README.md").read_text()
    for told in ("org/SmolLM2", "Japan", "apache-2.0", "| perspective | heldout | 2 |", "| rank | 4 |", "Limits"):
        assert told in card


def test_interrupted_run_ends_like_the_undisturbed_one(trained, examples, model, work):
    embeddings, whole = trained
    # With embeddings it goes on across an epoch's end, without them from exactly there.
    every, last = (2, 4) if embeddings else (3, 5)
    again = settings(embeddings, save_steps=every)
    checkpoints, out = work / f"resumed-{embeddings}", work / f"again-{embeddings}"

    def interrupt(step, _):
        if step == last:
            raise Interrupted

    with pytest.raises(Interrupted):
        finetune(examples, model, out, again, checkpoints, ORIGIN, interrupt)
    assert not out.exists()
    kept = checkpoints / f"checkpoint-{every}"
    torn = checkpoints / f"checkpoint-{every + 1}"
    torn.mkdir()
    (torn / "trainer_state.json").write_bytes((kept / "trainer_state.json").read_bytes()[:100])

    steps = []
    finetune(examples, model, out, again, checkpoints, ORIGIN, lambda step, _: steps.append(step))
    assert steps[0] == every + 1
    before, after = lines_of(whole), lines_of(out)
    assert after == [pytest.approx(line, abs=1e-4) for line in before]
    weights, others = (load_file(path / "adapter_model.safetensors") for path in (whole, out))
    assert weights.keys() == others.keys()
    assert all(torch.allclose(weights[name], others[name], atol=1e-5) for name in weights)


def test_a_checkpoint_more_is_written_when_the_job_s_time_ends(examples, model, work):
    now = [0.0]

    def pass_time(step, _):
        now[0] = 900.0 if step == 2 else now[0]
        if step == 5:
            raise Interrupted

    checkpoints, deadline = work / "ending", Deadline(1000, lambda: now[0])
    with pytest.raises(Interrupted):
        finetune(examples, model, work / "late", settings(False), checkpoints, ORIGIN, pass_time, deadline)
    assert [path.parent.name for path in checkpoints.glob("*/complete")] == ["checkpoint-3"]


def logprobs(model, ids):
    with torch.inference_mode():
        return torch.log_softmax(model.eval()(torch.tensor([ids])).logits, dim=-1)


def test_peft_loads_the_adapter_and_the_merged_model_says_the_same(trained, examples, model, work):
    embeddings, out = trained
    merge(model, out, work / f"merged-{embeddings}")
    assert not [name for name in os.listdir(work) if name.startswith(".")]
    tokenizer = AutoTokenizer.from_pretrained(work / f"merged-{embeddings}")
    row = tokenised(examples, tokenizer, 128)[0]["heldout"][0]

    base = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    untrained = logprobs(base, row["input_ids"])
    adapted = logprobs(PeftModel.from_pretrained(base, out), row["input_ids"])
    alone = AutoModelForCausalLM.from_pretrained(work / f"merged-{embeddings}")
    assert torch.allclose(logprobs(alone, row["input_ids"]), adapted, atol=1e-3)
    assert not torch.allclose(untrained, adapted, atol=1e-2)

    assert alone.config.tie_word_embeddings
    assert alone.lm_head.weight is alone.model.embed_tokens.weight
    fresh = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    same = torch.equal(fresh.model.embed_tokens.weight, alone.model.embed_tokens.weight)
    assert same == (not embeddings)

    # The reported held-out loss is that of the assistant's tokens under the adapter.
    rows = tokenised(examples, tokenizer, 128)[0]["heldout"]
    found = [
        alone(input_ids=torch.tensor([r["input_ids"]]), labels=torch.tensor([r["labels"]])).loss.item() for r in rows
    ]
    assert np.mean(found) == pytest.approx(lines_of(out)[-1]["heldout_loss"], abs=1e-3)


def test_the_parts_of_a_split_adapter_say_together_what_the_adapter_says(trained, examples, model, work):
    embeddings, out = trained
    parts = work / f"split-{embeddings}"
    split(model, out, parts)
    tokenizer = AutoTokenizer.from_pretrained(parts / "model")
    row = tokenised(examples, tokenizer, 128)[0]["heldout"][0]
    base = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    rest = AutoModelForCausalLM.from_pretrained(parts / "model", dtype=torch.float32)

    # No low-rank update is rounded into the weights, which are bfloat16.
    assert json.loads((parts / "model/config.json").read_text())["dtype"] == "bfloat16"
    before, after = base.state_dict(), rest.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == ({"model.embed_tokens.weight", "lm_head.weight"} if embeddings else set())
    assert rest.lm_head.weight is rest.model.embed_tokens.weight

    without = logprobs(rest, row["input_ids"])
    adapted = logprobs(PeftModel.from_pretrained(base, out), row["input_ids"])
    joined = logprobs(PeftModel.from_pretrained(rest, parts / "adapter"), row["input_ids"])
    # Trained embeddings are rounded to bfloat16.
    assert torch.allclose(joined.exp(), adapted.exp(), atol=0.02 if embeddings else 1e-5)
    assert not torch.allclose(joined.exp(), without.exp(), atol=1e-5)


def test_checkpoints_of_other_runs_and_torn_ones_are_removed(tmp_path):
    for step, key in ((5, "this"), (10, "this"), (15, "other"), (20, None)):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        if key is not None:
            (folder / "complete").write_text(key)
    assert module._last_complete(tmp_path, "this") == tmp_path / "checkpoint-10"
    assert sorted(os.listdir(tmp_path)) == ["checkpoint-10", "checkpoint-5"]
    assert module._last_complete(tmp_path / "nothing", "this") is None


def test_key_of_a_run_changes_with_data_settings_and_base():
    rows = {"train": [{"input_ids": [1], "labels": [1]}], "heldout": []}
    keys = {
        module._key(rows, SMALL, ORIGIN),
        module._key({**rows, "train": []}, SMALL, ORIGIN),
        module._key(rows, settings(True), ORIGIN),
        module._key(rows, SMALL, ORIGIN.model_copy(update={"revision": "sha256:1"})),
    }
    assert len(keys) == 4


def test_machine_that_cannot_train_so_is_told_before_a_model_is_loaded(examples, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    half = settings(False, precision="fp16")
    with pytest.raises(InputError, match="needs a GPU"):
        finetune(examples, tmp_path / "none", tmp_path / "out", half, tmp_path / "c", ORIGIN)


def test_merge_without_an_adapter_is_told(tmp_path):
    with pytest.raises(InputError, match="run the rule `adapter`"):
        merge(tmp_path, tmp_path, tmp_path / "merged")


def test_loss_that_is_no_number_stops_the_run():
    watching = watcher("key", None, Deadline(None))
    with pytest.raises(InputError, match="loss at step 3 is nan"):
        watching.on_log(None, SimpleNamespace(global_step=3), None, logs={"loss": float("nan")})


@pytest.mark.parametrize(
    ("step", "epoch", "measured", "saved"), [(5, 1.5, False, True), (3, 1.0, True, True), (6, 2.0, True, False)]
)
def test_heldout_loss_is_due_at_epochs_ends_and_no_checkpoint_at_the_last_step(step, epoch, measured, saved):
    watching = watcher("key", None, Deadline(None))
    state = SimpleNamespace(global_step=step, epoch=epoch, max_steps=6, is_world_process_zero=False)
    control = SimpleNamespace(should_evaluate=False, should_save=True)
    watching.on_step_end(None, state, control)
    assert (control.should_evaluate, control.should_save) == (measured, saved)


def test_unknown_setting_is_refused():
    with pytest.raises(ValidationError, match="ranks"):
        Settings(**SMALL.model_dump(), ranks=3)


def test_origin_refuses_a_path():
    with pytest.raises(ValidationError):
        Origin(base="/home/somebody/model", culture="Japan")


def test_losses_leave_out_times():
    history = [
        {"eval_loss": 2.0, "eval_runtime": 9.0, "step": 0},
        {"loss": 1.0, "learning_rate": 0.1, "grad_norm": 3.0, "epoch": 0.5, "step": 1},
        {"train_runtime": 12.0, "epoch": 0.5, "step": 1},
    ]
    assert losses(history) == [
        {"step": 0, "epoch": 0.0, "heldout_loss": 2.0},
        {"step": 1, "epoch": 0.5, "loss": 1.0, "learning_rate": 0.1},
    ]
