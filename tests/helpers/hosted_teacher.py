"""A hosted author and teacher, whose scene and line are always the same, for the dialogues of a folder."""

import json
from pathlib import Path

import yaml
from hosted import Server, reply
from paid_author import SCENE
from workdir import TINY, Workdir

STAGE = "data/japan/hosted/social/dialogues.jsonl"
DIALOGUES = f"results/demo/{STAGE}"
SCENARIOS = "results/demo/data/japan/adapted_scenarios.jsonl"
OVERLAY = "tests/workflow/hosted.yaml"
CONFIGS = (*TINY, OVERLAY)
LINE = {"action": "speak", "utterance": "A line."}


def hire(workdir: Workdir, server: Server) -> None:
    """Make a server's model the author and teacher of a folder, run with `CONFIGS`."""
    workdir.environment |= {"HOSTED_KEY": "any", "NO_PROXY": "127.0.0.1"}
    server.answer = lambda body: reply(json.dumps(SCENE if "goal" in json.dumps(body["response_format"]) else LINE))
    model = {"engine": "openai", "source": "m", "key_variable": "HOSTED_KEY"}
    model["base_url"] = f"http://127.0.0.1:{server.server_port}/v1"
    config = {"models": {"hosted": model}, "author": "hosted", "variants": {"clca": {"teacher": "hosted"}}}
    (workdir.path / OVERLAY).write_text(yaml.safe_dump(config))


def keys(path: Path) -> list[set[str]]:
    """The keys of the dialogues' journal, a set a process."""
    files = sorted((path / "results/demo/journal" / STAGE).glob("*.jsonl"))
    return [{json.loads(line)["key"] for line in file.open()} for file in files]
