"""Artifacts made again from inputs and journal, with a stage that is split in two parts whose files are gone."""

import json
from pathlib import Path

import pytest

from clca.audit.jobs import Files, Job, Workflow
from clca.audit.rebuild import Rebuild
from clca.audit.verify import missing
from clca.engines.base import Choice, ChooseRequest
from clca.engines.journal import Journal, request_key

# Asks one question a word, as a rule's script does.
ASKING = """
from clca.engines.base import ChooseRequest
from clca.engines.journal import Journal, Journaled
from pathlib import Path

engine = Journaled(lambda: 1 / 0, "m", Journal(snakemake.params.journal))
words = Path(snakemake.input.words).read_text().split()[snakemake.params.first :: 2]
options = engine.choose([ChooseRequest([{"role": "user", "content": word}], ("1", "2")) for word in words])
Path(snakemake.output[0]).parent.mkdir(parents=True, exist_ok=True)
Path(snakemake.output[0]).write_text("".join(f"{word} {reply.option}\\n" for word, reply in zip(words, options)))
"""
JOINING = """
from pathlib import Path

Path(snakemake.output[0]).parent.mkdir(parents=True, exist_ok=True)
Path(snakemake.output[0]).write_text("".join(Path(part).read_text() for part in snakemake.input))
"""


class Split:
    """`results/all.txt`, joined of two parts that asked about `words.txt`."""

    def __init__(self, folder: Path) -> None:
        (folder / "ask.py").write_text(ASKING)
        (folder / "join.py").write_text(JOINING)
        (folder / "words.txt").write_text("a b c d\n")
        self.joined = Path("results/all.txt")
        self.joined.parent.mkdir()
        parts = [self.part(number) for number in (0, 1)]
        paths = [part.outputs[0] for part in parts]
        join = Job(
            rule="join",
            input=Files(values=paths),
            output=Files(values=[str(self.joined)]),
            script=str(folder / "join.py"),
        )
        self.workflow = Workflow(config={"pathvars": {"results": "results"}}, strays=[], jobs=[join, *parts])
        for number, words in enumerate(("ac", "bd")):
            for word in words:
                self.keep(number, word, option=number)
        self.joined.write_text("a 0\nc 0\nb 1\nd 1\n")

    def part(self, number: int) -> Job:
        params = {"journal": f"results/journal/part{number}", "first": number}
        return Job(
            rule="part",
            input=Files(values=["words.txt"], names={"words": "words.txt"}),
            output=Files(values=[f"results/part{number}.txt"]),
            params=Files(values=list(params.values()), names=params),
            script=str(Path("ask.py").absolute()),
            temporary=True,
        )

    def keep(self, number: int, word: str, option: int) -> None:
        """A reply in the journal of a part."""
        request = ChooseRequest([{"role": "user", "content": word}], ("1", "2"))
        Journal(f"results/journal/part{number}").append(
            request_key("m", request), Choice(option, (-1.0, -1.0), 0.5), {}
        )

    def findings(self) -> list[tuple[str, str]]:
        return [(one.kind, one.path) for one in Rebuild(self.workflow, set()).run()]


@pytest.fixture
def split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Split:
    monkeypatch.chdir(tmp_path)
    return Split(tmp_path)


def test_what_is_right_is_remembered_and_not_made_again(split: Split):
    assert split.findings() == []
    remembered = json.loads(Path("results/journal/verified.json").read_text())
    assert list(remembered) == ["results/all.txt"]
    # Nothing could be made again now.
    Path("ask.py").unlink()
    assert split.findings() == []


def test_parts_that_are_gone_are_made_again_for_the_file_that_they_were_joined_to(split: Split):
    split.joined.write_text("a 0\nc 1\nb 1\nd 1\n")
    assert split.findings() == [("changed", "results/all.txt")]


def test_a_change_in_a_part_s_journal_is_not_the_joined_file_s_fault(split: Split):
    assert split.findings() == []
    for path in Path("results/journal/part0").glob("*.jsonl"):
        path.unlink()
    split.keep(0, "a", option=0)
    assert split.findings() == [("missing", "results/journal/part0")]


def test_a_journal_that_is_gone_is_missed_though_the_part_is_gone_too(split: Split):
    for path in Path("results/journal/part1").glob("*.jsonl"):
        path.unlink()
    assert [(one.kind, one.path) for one in missing(split.workflow.jobs)] == [("missing", "results/journal/part1")]
    assert split.findings() == []


def test_what_was_made_with_other_parameters_is_not_compared(split: Split):
    split.joined.write_text("something else\n")
    split.workflow.jobs[0].changed = (["'old'"], ["'new'"])
    assert split.findings() == []


def test_a_damaged_record_of_what_was_right_is_no_record(split: Split):
    Path("results/journal/verified.json").write_text("{broken")
    assert split.findings() == []


def test_an_adapter_is_said_to_be_seen_for_the_first_time_and_then_compared(split: Split):
    adapter = "results/adapter.safetensors"
    Path(adapter).write_bytes(b"weights")
    split.workflow.jobs.append(Job(rule="adapter", input=Files(values=[]), output=Files(values=[adapter]), started=1.0))
    for content, first, found in (
        (b"weights", {adapter}, []),
        (b"weights", set(), []),
        (b"weightS", set(), [("changed", adapter)]),
    ):
        Path(adapter).write_bytes(content)
        rebuild = Rebuild(split.workflow, set())
        assert [(one.kind, one.path) for one in rebuild.run()] == found
        assert rebuild.first == first
    # Trained anew, it is another.
    split.workflow.jobs[-1].started = 2.0
    rebuild = Rebuild(split.workflow, set())
    assert (rebuild.run(), rebuild.first) == ([], {adapter})
