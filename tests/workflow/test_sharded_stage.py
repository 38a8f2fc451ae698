"""Dialogues over two shards, played by a server of ours: the very questions of one job, and the same table."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from hosted import Server, reply
from workdir import TINY, Workdir

STAGE = "data/japan/hosted/social/dialogues.jsonl"
DIALOGUES = f"results/demo/{STAGE}"
OVERLAY = "tests/workflow/sharded.yaml"
CONFIGS = (*TINY, OVERLAY)
OVER_TWO = ("--config", "shards=2")
PERSON = {"age": 40, "gender": "woman", "occupation": "clerk", "background": "b", "goal": "g", "secret": "s"}
PEOPLE = {side: {"name": name} | PERSON for side, name in (("a", "Aoi"), ("b", "Ren"))}
SCENE = {"setting": "A shop.", "relationship": "neighbours"} | PEOPLE
LINE = {"action": "speak", "utterance": "A line."}


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory):
    """A folder whose author and teacher are the server's, with scenarios there, and the server."""
    workdir = Workdir(tmp_path_factory.mktemp("hosted"))
    workdir.environment |= {"SHARDED_KEY": "any", "NO_PROXY": "127.0.0.1"}
    with Server() as server:
        server.answer = lambda body: reply(json.dumps(SCENE if "goal" in json.dumps(body["response_format"]) else LINE))
        model = {"engine": "openai", "source": "m", "key_variable": "SHARDED_KEY"}
        model["base_url"] = f"http://127.0.0.1:{server.server_port}/v1"
        config = {"models": {"hosted": model}, "author": "hosted", "variants": {"clca": {"teacher": "hosted"}}}
        (workdir.path / OVERLAY).write_text(yaml.safe_dump(config))
        status, output = workdir.run("results/demo/data/japan/adapted_scenarios.jsonl", configs=CONFIGS)
        assert status == 0, output
        yield workdir, server


def keys(path: Path) -> list[set[str]]:
    """The keys of the dialogues' journal, a set a process."""
    files = sorted((path / "results/demo/journal" / STAGE).glob("*.jsonl"))
    return [{json.loads(line)["key"] for line in file.open()} for file in files]


def test_dialogues_of_two_shards_are_those_of_one_job(hosted):
    workdir, server = hosted
    path = workdir.path / DIALOGUES

    def made(*arguments: str) -> tuple[int, bytes]:
        before = len(server.bodies)
        status, output = workdir.run(DIALOGUES, *arguments, configs=CONFIGS)
        assert status == 0, output
        return len(server.bodies) - before, path.read_bytes()

    asked, dialogues = made(*OVER_TWO)
    first, second = keys(workdir.path)
    assert asked == len(first) + len(second) == len(first | second)
    assert [file.name for file in path.parent.iterdir()] == [path.name]

    path.unlink()
    assert made() == (0, dialogues)

    path.unlink()
    shutil.rmtree(workdir.path / "results/demo/journal" / STAGE)
    assert made() == (asked, dialogues)
    assert keys(workdir.path) == [first | second]
