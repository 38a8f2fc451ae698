"""A job's machine: no network, caches where the site wants them, weights copied once however jobs end."""

import os
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path

import pytest

from clca import node
from clca.errors import InputError


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in (*node._OFFLINE, *node._CACHES, *node._RENDEZVOUS, node.STORAGE, node.END, node.ON_CPU, "SLURM_JOB_ID"):
        # Noted by the first call, so that it is put back.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    folder = tmp_path / "models/qwen0.5b"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "config.json").write_text("{}")
    Path(f"{folder}.json").write_text('{"revision": "1"}')
    return folder


def copies(storage: Path) -> list[Path]:
    return sorted((storage / f"clca-{os.getuid()}").glob("[!.]*"))


def test_a_job_is_offline_and_its_caches_stay_where_they_are_if_nobody_names_a_folder():
    node.settle({"gpu": 1})
    assert os.environ["HF_HUB_OFFLINE"] == os.environ["VLLM_NO_USAGE_STATS"] == "1"
    assert not set(node._CACHES) & set(os.environ)
    assert node.STORAGE not in os.environ


def test_what_the_environment_says_already_is_kept(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("TRITON_CACHE_DIR", "/mine")
    node.settle({"caches": "/scratch"})
    assert os.environ["HF_HUB_OFFLINE"] == "0"
    assert os.environ["TRITON_CACHE_DIR"] == "/mine"
    assert os.environ["VLLM_CACHE_ROOT"] == "/scratch/vllm"


def test_memory_that_is_kept_is_not_taken_from_the_system_again():
    """In a process of its own, which it is for good."""
    blocks = """
import resource, sys
from clca.node import keep_memory
if sys.argv[1] == "kept":
    keep_memory()
faults = []
for _ in range(5):
    block = bytearray(64 << 20)
    del block
    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
print(faults[-1] - faults[0])
"""

    def again(how: str) -> int:
        return int(subprocess.run([sys.executable, "-c", blocks, how], capture_output=True, check=True).stdout)

    assert again("kept") < 1000 < again("as it is")


def test_the_ports_of_another_job_are_forgotten(monkeypatch):
    for name in ("MASTER_PORT", "VLLM_PORT"):
        monkeypatch.setenv(name, "29500")
    node.settle({})
    assert not {"MASTER_PORT", "VLLM_PORT"} & set(os.environ)


@pytest.mark.parametrize(("told", "known"), [("2031-05-06T07:08:09", True), ("N/A", False)])
def test_a_job_of_slurm_knows_its_end_if_the_queue_tells(told, known, tmp_path, monkeypatch):
    queue = tmp_path / "squeue"
    queue.write_text(f'#!/bin/sh\n[ "$3" = --jobs=7 ] && echo {told}\n')
    queue.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    node.settle({})
    assert node.END not in os.environ
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    node.settle({})
    end = datetime(2031, 5, 6, 7, 8, 9).timestamp()
    assert os.environ.get(node.END) == (str(int(end)) if known else None)


def test_libraries_take_the_caches_that_are_named(tmp_path):
    code = (
        "from clca import node; node.settle({'caches': 'some/cache'})\n"
        "from huggingface_hub import constants\n"
        "from torch._inductor.runtime.cache_dir_utils import cache_dir\n"
        "import vllm.envs\n"
        "print(constants.HF_HUB_CACHE, cache_dir(), vllm.envs.VLLM_CACHE_ROOT, vllm.envs.VLLM_CONFIG_ROOT, sep='\\n')\n"
        "assert constants.HF_HUB_OFFLINE\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "HOME": str(tmp_path / "home")}
    command = [sys.executable, "-c", code]
    told = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert told.returncode == 0, told.stderr
    folders = told.stdout.splitlines()[-4:]
    assert all(folder.startswith(str(tmp_path / "some/cache")) for folder in folders), folders


def test_a_variable_is_the_node_s_and_one_that_it_lacks_is_told(monkeypatch):
    monkeypatch.setenv("DISK", "/local/7")
    node.settle({"node_storage": "$DISK/weights"})
    assert os.environ[node.STORAGE] == "/local/7/weights"
    with pytest.raises(InputError, match=r"node_storage = '\$NO_SUCH_DISK': the variable is not set on"):
        node.settle({"node_storage": "$NO_SUCH_DISK"})


def test_weights_are_read_where_they_lie_if_no_disk_is_named(weights):
    assert node.staged(weights) == weights


def test_weights_are_copied_once_and_again_when_they_change(weights, tmp_path, monkeypatch):
    monkeypatch.setenv(node.STORAGE, str(tmp_path / "disk"))
    copy = node.staged(weights)
    assert copies(tmp_path / "disk") == [copy]
    assert (copy / "model.safetensors").read_bytes() == b"weights"
    assert node.staged(weights) == copy
    Path(f"{weights}.json").write_text('{"revision": "2"}')
    assert node.staged(weights) != copy


def test_a_link_to_a_user_s_weights_is_copied_with_what_it_leads_to(weights, tmp_path, monkeypatch):
    monkeypatch.setenv(node.STORAGE, str(tmp_path / "disk"))
    link = weights.with_name("mine")
    link.symlink_to(weights)
    copy = node.staged(link)
    assert not copy.is_symlink()
    assert (copy / "model.safetensors").read_bytes() == b"weights"


def test_two_jobs_of_a_node_make_one_copy(weights, tmp_path, monkeypatch):
    monkeypatch.setenv(node.STORAGE, str(tmp_path / "disk"))
    copied, slow, found = [], threading.Barrier(2), []
    copy = node._copy

    def copy_slowly(source, target):
        copied.append(target)
        slow.wait(30)
        copy(source, target)

    monkeypatch.setattr(node, "_copy", copy_slowly)
    jobs = [threading.Thread(target=lambda: found.append(node.staged(weights))) for _ in range(2)]
    for job in jobs:
        job.start()
    # One is copying now, the other waits for it.
    slow.wait(30)
    for job in jobs:
        job.join(30)
    assert len(copied) == 1
    assert found == [copied[0], copied[0]]


def test_what_a_killed_job_left_is_no_copy(weights, tmp_path, monkeypatch):
    monkeypatch.setenv(node.STORAGE, str(tmp_path / "disk"))
    copy = node.staged(weights)
    partial = copy.with_name(f".{copy.name}.partial")
    copy.rename(partial)
    (partial / "model.safetensors").write_bytes(b"wei")
    assert (node.staged(weights) / "model.safetensors").read_bytes() == b"weights"
    assert copies(tmp_path / "disk") == [copy]


def test_a_disk_that_is_full_or_no_folder_is_done_without(weights, tmp_path, monkeypatch, caplog):
    (tmp_path / "file").touch()
    monkeypatch.setenv(node.STORAGE, str(tmp_path / "file"))
    assert node.staged(weights) == weights
    monkeypatch.setenv(node.STORAGE, str(tmp_path / "disk"))
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 3})())
    assert node.staged(weights) == weights
    assert copies(tmp_path / "disk") == []
    assert "that are free" in caplog.text


def test_a_copy_that_lost_a_file_is_made_again(weights, tmp_path, monkeypatch):
    monkeypatch.setenv(node.STORAGE, str(tmp_path / "disk"))
    copy = node.staged(weights)
    (copy / "model.safetensors").unlink()
    assert node.staged(weights) == copy
    assert node.sizes(copy) == node.sizes(weights) == {"model.safetensors": 7, "config.json": 2}


def test_a_job_does_not_idle_on_gpus_that_its_software_cannot_use(monkeypatch):
    monkeypatch.setenv("SLURM_GPUS_ON_NODE", "4")
    node.require_gpus(seen=False)  # a shell on the node, no job
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    node.require_gpus(seen=True)
    with pytest.raises(InputError, match=r"gave this job 4 GPUs and the software finds none; .*LOCK=envs/gpu.txt"):
        node.require_gpus(seen=False)
    monkeypatch.setenv(node.ON_CPU, "1")
    node.require_gpus(seen=False)
