"""Models: what is missing is named with the way to get it; weights are known by their content."""

import numpy as np
import pytest
from pydantic import ValidationError
from safetensors.numpy import save_file

from clca.errors import InputError
from clca.models import ModelSpec, check_fetched, fetch, require_key, weights_hash


def weights(folder, content=b"weights", name="model.safetensors"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return folder


def test_missing_key_names_the_variable_and_nothing_is_fetched(tmp_path, monkeypatch):
    monkeypatch.delenv("MY_KEY", raising=False)
    spec = ModelSpec(engine="openai", source="gpt-4-0613", key_variable="MY_KEY")
    with pytest.raises(InputError, match=r"^model gpt-4-0613: the environment variable MY_KEY is not set; export"):
        fetch(spec, tmp_path / "weights")
    monkeypatch.setenv("MY_KEY", "")
    with pytest.raises(InputError, match="MY_KEY"):
        require_key(spec)
    assert list(tmp_path.iterdir()) == []


def test_key_is_in_nothing_that_is_said_of_the_model(tmp_path, monkeypatch):
    monkeypatch.setenv("MY_KEY", "sk-marker")
    spec = ModelSpec(engine="openai", source="gpt-4-0613", key_variable="MY_KEY")
    facts = fetch(spec, tmp_path / "weights")
    assert facts == {"name": "gpt-4-0613", "source": "gpt-4-0613", "revision": "gpt-4-0613", "license": None}
    assert "sk-marker" not in repr(spec)


def test_local_model_needs_no_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    require_key(ModelSpec(engine="vllm", source="embedded"))


def test_directory_without_weights_is_refused_with_its_path(tmp_path):
    (tmp_path / "mine").mkdir()
    with pytest.raises(InputError, match=r"no \*\.safetensors there; point `source` at a directory with"):
        fetch(ModelSpec(engine="vllm", source=str(tmp_path / "mine")), tmp_path / "target")


def test_user_s_directory_is_linked_and_known_by_content(tmp_path):
    mine = weights(tmp_path / "mine")
    spec, target = ModelSpec(engine="vllm", source=str(mine)), tmp_path / "models" / "m"
    facts = fetch(spec, target)
    assert target.is_symlink()
    assert (target / "model.safetensors").read_bytes() == b"weights"
    assert facts["revision"] == weights_hash(mine)
    assert fetch(spec, target) == facts
    assert (mine / "model.safetensors").exists()


def hub(monkeypatch, files):
    """A hub that writes these files; it is the real function's place, since no hub can be reached here."""

    def download(source, revision, local_dir, allow_patterns, ignore_patterns):
        local_dir.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (local_dir / name).write_bytes(content)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)


HUB = ModelSpec(engine="vllm", source="org/name", revision="0" * 40)


def test_fetching_from_a_hub_never_writes_through_a_link_into_the_user_s_weights(tmp_path, monkeypatch):
    mine, target = weights(tmp_path / "mine"), tmp_path / "models" / "m"
    fetch(ModelSpec(engine="vllm", source=str(mine)), target)
    hub(monkeypatch, {"config.json": b"{}", "model.safetensors": b"downloaded"})
    facts = fetch(HUB, target)
    assert (facts["revision"], facts["weights"]) == ("0" * 40, weights_hash(target))
    assert (mine / "model.safetensors").read_bytes() == b"weights"
    assert (target / "model.safetensors").read_bytes() == b"downloaded"


def test_files_of_another_revision_do_not_stay_and_those_of_a_broken_download_do(tmp_path, monkeypatch):
    target = tmp_path / "models" / "m"
    hub(monkeypatch, {"config.json": b"{}", "model.safetensors": b"old"})
    fetch(HUB, target)
    index = b'{"weight_map": {"x": "one.safetensors", "y": "two.safetensors"}}'
    hub(monkeypatch, {"config.json": b"{}", "model.safetensors.index.json": index, "one.safetensors": b"1"})
    newer = HUB.model_copy(update={"revision": "1" * 40})
    with pytest.raises(InputError, match="files are missing"):
        fetch(newer, target)
    assert not (target / "model.safetensors").exists()
    hub(monkeypatch, {"two.safetensors": b"2"})
    fetch(newer, target)
    assert (target / "one.safetensors").read_bytes() == b"1"


@pytest.mark.parametrize("source", ["../nowhere/x", "/nowhere", "~/nowhere"])
def test_path_that_is_no_directory_is_told_as_one(source, tmp_path):
    with pytest.raises(InputError, match="no such directory"):
        fetch(HUB.model_copy(update={"source": source}), tmp_path / "m")


def test_hash_follows_content_and_name_and_not_the_folder(tmp_path):
    first = weights_hash(weights(tmp_path / "one"))
    assert first == weights_hash(weights(tmp_path / "two"))
    assert first != weights_hash(weights(tmp_path / "three", b"others"))
    assert first != weights_hash(weights(tmp_path / "four", name="other.safetensors"))
    assert first.startswith("sha256:")


def test_hub_model_without_a_revision_is_refused(tmp_path):
    with pytest.raises(InputError, match="model org/name: no revision given; pin a commit of the hub under `models`"):
        fetch(ModelSpec(engine="vllm", source="org/name"), tmp_path / "weights")


def test_offline_hub_is_told_in_one_line_with_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    spec = ModelSpec(engine="vllm", source="org/name", revision="0" * 40)
    with pytest.raises(InputError) as told:
        fetch(spec, tmp_path / "weights")
    message = str(told.value)
    assert "\n" not in message
    for part in ("org/name", str(tmp_path / "weights"), "0" * 40, "HF_TOKEN", "set the model's `source`"):
        assert part in message


@pytest.mark.parametrize("wrong", [{"engine": "llama.cpp"}, {"max_model_len": 1}, {"api_key": "sk-1"}])
def test_spec_takes_no_other_engine_length_or_key(wrong):
    with pytest.raises(ValidationError):
        ModelSpec(**{"engine": "vllm", "source": "embedded"} | wrong)


@pytest.mark.parametrize("kept", [0, 5, 40, -1])
def test_weights_that_were_cut_short_are_named_with_the_way_out(tmp_path, kept):
    folder = tmp_path / "weights"
    folder.mkdir()
    save_file({"a": np.zeros(16, dtype=np.float32)}, folder / "model.safetensors")
    check_fetched(folder)
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[:kept])
    with pytest.raises(InputError) as told:
        check_fetched(folder)
    assert str(told.value).startswith(f"{folder / 'model.safetensors'}: not a complete safetensors file (")
    assert str(told.value).endswith(f"make it again with `snakemake -- {folder}.json`, and run again")
    (tmp_path / "link").symlink_to(folder, target_is_directory=True)
    with pytest.raises(InputError, match=f"put a whole one into {folder}$"):
        check_fetched(tmp_path / "link")
