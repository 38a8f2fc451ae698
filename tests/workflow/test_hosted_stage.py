"""The paper's author, asked as GPT-4 was: no schema mode, replies in a fence, a key that leaks nowhere, and a cap."""

import json
from pathlib import Path

import pytest
import yaml
from hosted import Server, reply
from paid_author import SCENE
from workdir import TINY, Workdir

KEY = "sk-marker-77aa01"
STAGE = "results/demo/data/japan/adapted_scenarios.jsonl"
OVERLAY = "tests/workflow/paid.yaml"
FENCED = f"```json\n{json.dumps(SCENE, indent=2)}\n```"


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory):
    """A folder after three runs of the same stage: refused by the server, stopped by the cap, and finished."""
    workdir = Workdir(tmp_path_factory.mktemp("paid"))
    workdir.environment |= {"PAID_KEY": KEY, "NO_PROXY": "127.0.0.1"}
    with Server() as server:
        model = {"engine": "openai", "source": "gpt-4-0613", "structured": "prompt", "key_variable": "PAID_KEY"}
        model |= {"base_url": f"http://127.0.0.1:{server.server_port}/v1", "price": {"input": 30, "output": 60}}

        def run(answer, cap: float) -> tuple[int, str, int]:
            server.answer, before = answer, len(server.bodies)
            config = {"models": {"paid": model | {"spending_cap": cap}}, "author": "paid"}
            (workdir.path / OVERLAY).write_text(yaml.safe_dump(config))
            return *workdir.run(STAGE, configs=(*TINY, OVERLAY)), len(server.bodies) - before

        def scene(body):
            return reply(FENCED, prompt=500, completion=200)

        refused = run(lambda body: (401, {"error": {"message": f"Incorrect API key provided: {KEY}"}}), 10)
        # A reply costs 0.027 and the most that it may cost is above 0.1: room for two, and not for a third.
        capped = run(scene, 0.17)
        yield workdir, refused, capped, run(scene, 10)


def test_a_refusal_is_told_in_one_line_without_the_key(paid):
    _, (status, output, _), *_ = paid
    assert status != 0
    assert "model gpt-4-0613: no reply (" in output
    assert "Incorrect API key provided: ***" in output
    assert "Traceback" not in output


def test_the_cap_ends_the_stage_with_one_line_and_the_next_run_goes_on(paid):
    workdir, _, (status, output, asked), (end, last, rest) = paid
    assert status != 0
    assert "model gpt-4-0613: the spending cap of 0.17 USD could be passed" in output
    assert "Traceback" not in output
    assert end == 0, last
    assert 0 < asked < 5
    assert asked + rest == len(workdir.journal(STAGE.removeprefix("results/demo/"))) == 5
    usage = json.loads((workdir.path / "logs/demo/japan/adapted_scenarios.usage.json").read_text())
    assert (usage["requests"], usage["last_run"]["requests"]) == (5, rest)
    assert usage["cost_usd"] == pytest.approx(5 * 0.027)
    scenarios = [json.loads(line) for line in (workdir.path / STAGE).open()]
    assert [scenario["setting"] for scenario in scenarios] == ["A shop."] * 5


@pytest.mark.parametrize("folder", ["results", "logs", ".snakemake", "."])
def test_the_key_is_in_no_file(paid, folder: str):
    found: list[Path] = [file for file in (paid[0].path / folder).rglob("*") if file.is_file()]
    assert found
    assert [file for file in found if KEY.encode() in file.read_bytes()] == []
