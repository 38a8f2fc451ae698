"""Training in several processes: the loss of one, what the first alone writes, and mistakes in one line."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest
import torch
from safetensors.torch import load_file
from small_training import ORIGIN, SMALL, short_examples

from clca import artifacts, schemas
from clca.errors import InputError
from clca.models import unpack_embedded
from clca.training.finetune import FILES, share
from clca.training.launch import Job, together, train
from clca.training.variants import Data

GSM8K = ORIGIN.model_copy(update={"tasks": ("single_turn",)})


@pytest.fixture(scope="module", autouse=True)
def one_thread_each():
    """Two jobs of two threads each on two cores wait for each other most of the time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """A short training; dropout would draw other numbers in each process."""
    folder = tmp_path_factory.mktemp("launch")
    unpack_embedded(folder / "model")
    artifacts.write(short_examples(train=6, heldout=2), folder / "examples.jsonl", schemas.Example)
    settings = SMALL.model_copy(update={"dropout": 0.0, "save_steps": 3})
    yield Job(
        examples=folder / "examples.jsonl",
        model_dir=folder / "model",
        out_dir=folder / "one/adapter",
        settings=settings,
        checkpoint_dir=folder / "checkpoints",
        origin=ORIGIN,
        log=folder / "one.log",
    )
    shutil.rmtree(folder)


def lines_of(job):
    return [json.loads(line) for line in (job.out_dir / "training_log.jsonl").read_text().splitlines()]


def elsewhere(job, name, **settings):
    folder = job.examples.parent / name
    changed = {"out_dir": folder / "adapter", "log": folder / "adapter.log", "checkpoint_dir": folder / "checkpoints"}
    return job.model_copy(update=changed | {"settings": job.settings.model_copy(update=settings)})


@pytest.fixture(scope="module")
def alone(job):
    """The losses of one process, one of its own: vLLM, where other tests have loaded it, rounds otherwise."""
    code = "import sys\nfrom clca.training.launch import Job, train\ntrain(Job.model_validate_json(sys.argv[1]), 1)"
    subprocess.run([sys.executable, "-c", code, job.model_dump_json()], check=True)
    return lines_of(job)


def test_two_processes_train_to_the_loss_of_one_and_the_first_alone_writes(job, alone, monkeypatch):
    # Long over: a checkpoint is due at once, which they must write together.
    monkeypatch.setenv("SLURM_JOB_END_TIME", "1")
    two = elsewhere(job, "two")
    together(two, 2)
    # As accelerate and torch count them, and only the first says it.
    assert re.findall(r"adapter: (\d+) processes train together", two.log.read_text()) == ["2"]
    assert len(alone) == 9
    # Half the batches a step each: as one they would be twice as many steps.
    assert lines_of(two) == [pytest.approx(line, abs=1e-3) for line in alone]
    assert sorted(os.listdir(two.out_dir)) == sorted(FILES)
    assert sorted(os.listdir(two.out_dir.parent)) == ["adapter", "adapter.log"]
    assert two.log.read_text().count("held-out loss") == 3
    assert two.log.read_text().count("of this job's time") == 1
    weights, others = (load_file(one.out_dir / "adapter_model.safetensors") for one in (job, two))
    assert all(torch.allclose(weights[name], others[name], atol=1e-3) for name in weights)


def test_a_variant_trains_in_its_own_number_of_steps_and_its_card_says_on_what(job):
    matched = {"seed": 42, "wanted_tokens": 100, "tokens": 99, "steps": 2}
    data = Data(examples="examples.jsonl", corpus="gsm8k", origin="generated", accumulation=3, matched=matched)
    artifacts.write_record(data.model_dump(), job.examples.with_name("training_data.json"), Data)
    variant = elsewhere(job, "variant").model_copy(
        update={"examples": job.examples.with_name("training_data.json"), "origin": GSM8K}
    )
    # More GPUs than can share an accumulation of 3: they are fewer, and not refused.
    train(variant, 2)
    assert max(line["step"] for line in lines_of(variant)) == 2 * matched["steps"]
    assert sorted(os.listdir(variant.out_dir)) == sorted(FILES)
    card = (variant.out_dir / "README.md").read_text()
    assert "fine-tuning on arithmetic problems" in card
    assert "social dialogues" not in card
    assert "| accumulation | 3 |" in card


def test_killed_processes_all_end_and_one_goes_on_from_their_checkpoint(job, alone, caplog):
    killed = elsewhere(job, "killed")
    code = (
        "import sys\nfrom clca.training.launch import Job, together\ntogether(Job.model_validate_json(sys.argv[1]), 2)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, killed.model_dump_json()], start_new_session=True)
    mark, until = killed.checkpoint_dir / "checkpoint-3/complete", time.monotonic() + 300
    while not (mark.exists() and mark.read_text()):
        assert parent.poll() is None
        assert time.monotonic() < until
        time.sleep(0.02)
    children = psutil.Process(parent.pid).children(recursive=True)
    assert len(children) >= 2
    os.killpg(parent.pid, signal.SIGKILL)
    parent.wait()
    assert psutil.wait_procs(children, timeout=30)[1] == []
    assert not killed.out_dir.exists()

    with caplog.at_level("INFO"):
        train(killed, 1)
    assert "going on from checkpoint-3" in caplog.text
    assert lines_of(killed) == [pytest.approx(line, abs=1e-3) for line in alone]


def test_mistake_in_several_processes_is_the_line_that_one_would_tell(job, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    half = elsewhere(job, "half", precision="fp16")
    told = []
    for way in (lambda: train(half, 1), lambda: together(half, 2)):
        with pytest.raises(InputError) as mistake:
            way()
        told.append(str(mistake.value))
    assert told[0] == told[1]


def test_batches_that_cannot_be_shared_evenly_are_refused():
    assert share(8, 4) == 2
    with pytest.raises(InputError, match=r"accumulation = 4 cannot be shared by 3 GPUs; .*multiple of training\.gpus"):
        share(4, 3)


def test_more_gpus_than_there_are_is_refused(job, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(InputError, match=r"training\.gpus is 2 and 1 are visible"):
        train(job, 2)
