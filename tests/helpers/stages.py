"""The stages that ask or train a model, as a finished run has them, and what must hold of each after a fault."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from workdir import Workdir

RESULTS = "results/demo"


@dataclass(frozen=True)
class Stage:
    """What a rule makes, under `results/demo`: the first output is what it is asked for by."""

    name: str
    outputs: tuple[str, ...]

    @property
    def target(self) -> str:
        return f"{RESULTS}/{self.outputs[0]}"

    def artifacts(self, workdir: Workdir) -> dict[str, bytes]:
        """The content of its outputs, of those that are there."""
        files = {output: workdir.path / RESULTS / output for output in self.outputs}
        return {output: file.read_bytes() for output, file in files.items() if file.is_file()}

    def delete(self, workdir: Workdir) -> None:
        """Remove its outputs."""
        for output in self.outputs:
            (workdir.path / RESULTS / output).unlink()

    def journal(self, workdir: Workdir) -> Path:
        """The folder of its journal."""
        return workdir.path / RESULTS / "journal" / self.outputs[0]

    def files(self, workdir: Workdir) -> list[Path]:
        """The files of its journal, in the order in which their processes began."""
        return sorted(self.journal(workdir).glob("*.jsonl"), key=lambda file: int(file.stem.rpartition("-")[2]))

    def lines(self, workdir: Workdir) -> list[bytes]:
        """The whole lines of its journal, in the order of the files."""
        return [line for file in self.files(workdir) for line in file.read_bytes().split(b"\n")[:-1]]

    def keys(self, workdir: Workdir) -> list[str]:
        """The key of each line."""
        return [json.loads(line)["key"] for line in self.lines(workdir)]

    def cut(self, workdir: Workdir, missing: int) -> None:
        """Take its outputs and the journal's last lines away, as if it had been stopped there."""
        self.delete(workdir)
        kept = self.lines(workdir)[:-missing]
        first, *others = self.files(workdir)
        for file in others:
            file.unlink()
        first.write_bytes(b"".join(line + b"\n" for line in kept))


SOCIAL = "data/japan/smollm2/social"
ADAPTER_FILES = ("adapter_model.safetensors", "adapter_config.json", "README.md", "training_log.jsonl")
SEED = "smollm2/japan/clca/seed42"

JOURNALED = {
    stage.name: stage
    for stage in (
        Stage("adapted_scenarios", ("data/japan/adapted_scenarios.jsonl",)),
        Stage("dialogues", (f"{SOCIAL}/dialogues.jsonl",)),
        Stage("judgements", (f"{SOCIAL}/judgements.jsonl",)),
        Stage("intents", (f"{SOCIAL}/intents.jsonl",)),
        Stage(
            "answers",
            (
                "smollm2/japan/persona/answers.en.constrained.parquet",
                "smollm2/japan/cultural/answers.en.constrained.parquet",
            ),
        ),
        Stage("adapter_answers", ("smollm2/japan/clca-seed42/answers.en.constrained.parquet",)),
    )
}
ADAPTER = Stage("adapter", tuple(f"{SEED}/adapter/{name}" for name in ADAPTER_FILES))
COMPUTED = {
    stage.name: stage
    for stage in (
        Stage("respondents", ("survey/japan/respondents.parquet", "survey/japan/summary.json")),
        Stage("personas", ("survey/japan/personas.parquet",)),
        Stage("filtered", (f"{SOCIAL}/filtered.jsonl", f"{SOCIAL}/dropped.jsonl")),
        Stage("examples", (f"{SEED}/examples.jsonl",)),
        # Not its third output, which names the machine and the time.
        Stage("wvs_scores", ("smollm2/japan/wvs.json", "smollm2/japan/wvs.items.parquet")),
    )
}


def asked_twice(keys: list[str]) -> int:
    """How many requests a journal holds more than once."""
    return sum(count - 1 for count in Counter(keys).values())


def rebuilt_equal(stage: Stage, workdir: Workdir) -> bool:
    """Whether the outputs come back byte for byte, from the journal and without a model, when they are deleted."""
    before = stage.artifacts(workdir)
    stage.delete(workdir)
    status, output = workdir.tiny(stage.target)
    assert status == 0, output
    assert "with vLLM" not in output
    return stage.artifacts(workdir) == before


def errors(output: str) -> list[str]:
    """The different lines with which jobs ended; a run that shows a traceback has none that count."""
    assert "Traceback" not in output, output
    return list(dict.fromkeys(re.findall(r"^error: (.+)$", output, re.MULTILINE)))


def the_error(output: str) -> str:
    """The one line with which a run ended."""
    (line,) = errors(output)
    return line


def trained_equal(adapter: Path, other: Path) -> bool:
    """Whether two adapters' losses agree within 1e-4, and their weights within 1e-5."""
    import torch
    from safetensors.torch import load_file

    logs = [
        [json.loads(line) for line in (folder / "training_log.jsonl").read_text().splitlines()]
        for folder in (adapter, other)
    ]
    weights = [load_file(folder / "adapter_model.safetensors") for folder in (adapter, other)]
    return (
        logs[0] == [pytest.approx(line, abs=1e-4) for line in logs[1]]
        and weights[0].keys() == weights[1].keys()
        and all(torch.allclose(weights[0][name], weights[1][name], atol=1e-5) for name in weights[0])
    )
