"""Author, judge and teacher behind vLLM's own OpenAI server and a proxy that misbehaves; the server is killed once.

One run for all tests: the server dies in the middle of the dialogues, and comes back for the same command.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from misbehaving import FAULTS, Proxy
from workdir import TARGET, TINY, Workdir

KEY = "sk-marker-5e1f0c"
DIALOGUES = "data/japan/served/social/dialogues.jsonl"
ANSWERS = "results/demo/smollm2/japan/persona/answers.en.constrained.parquet"
OVERLAY = "tests/workflow/hosted.yaml"
CONFIGS = (*TINY, OVERLAY)
# What a killed server's clients get to hear is soon decided: this many tries, 3.5 s.
RETRIES = 3
# Threads that wait for each other crawl where a server, or anything else, computes too: a job gets one.
ALONE = ("--cores", "1")
# Replies of the dialogues that are kept when the server dies; there are about 16.
KILLED_AT = 6


class VllmServer:
    """vLLM's OpenAI server of a directory of weights; its output goes to `log`, appended."""

    def __init__(self, weights: Path, log: Path) -> None:
        self.weights, self.log, self.port = weights, log, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it takes a while."""
        command = [
            *(sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(self.weights)),
            *("--served-model-name", "smollm2-served", "--host", "127.0.0.1", "--port", str(self.port)),
            *("--dtype", "float32", "--enforce-eager", "--max-model-len", "2048", "--no-enable-chunked-prefill"),
            *("--max-num-batched-tokens", "8192", "--structured-outputs-config"),
            '{"backend": "xgrammar", "disable_any_whitespace": true}',
        ]
        environment = os.environ | {
            "VLLM_API_KEY": KEY,
            "VLLM_CPU_KVCACHE_SPACE": "1",
            "VLLM_CPU_OMP_THREADS_BIND": "nobind",
            "OMP_NUM_THREADS": "1",
            "VLLM_NO_USAGE_STATS": "1",
            "HF_HUB_OFFLINE": "1",
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def wait(self, limit: float = 300) -> None:
        """Wait until it answers."""
        assert self.process is not None
        until = time.monotonic() + limit
        while not self.answers():
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            assert time.monotonic() < until, f"the server is not ready:\n{self.log.read_text()[-3000:]}"
            time.sleep(0.2)

    def answers(self) -> bool:
        """Whether it is ready."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://127.0.0.1:{self.port}/health", timeout=5) as reply:
                return bool(reply.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def kill(self) -> None:
        """Kill it and the processes that it started, if it is there."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@dataclass
class Hosted:
    """A finished run, and what the one before it, whose server was killed, ended with."""

    workdir: Workdir
    proxy: Proxy
    reached: int
    status: int
    output: str


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def overlay(port: int) -> str:
    served = {
        "engine": "openai",
        "source": "smollm2-served",
        "base_url": f"http://127.0.0.1:{port}/v1",
        "key_variable": "SERVED_KEY",
        "concurrency": 8,
        "retries": RETRIES,
        "price": {"input": 30, "output": 60},
        "spending_cap": 1000,
    }
    changed = {
        "author": "served",
        "judge": "served",
        "models": {"served": served},
        "variants": {"clca": {"teacher": "served"}},
        "scenarios": {"seeds": 3, "norms": 1, "attempts": 8},
        "dialogues": {"takes": 1},
        "training": {"max_steps": 4},
        "survey": {"personas": 5},
    }
    return yaml.safe_dump(changed)


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory):
    workdir = Workdir(tmp_path_factory.mktemp("hosted"))
    workdir.environment |= {"SERVED_KEY": KEY, "NO_PROXY": "127.0.0.1"}
    status, output = workdir.run("resources/models/smollm2.json", configs=TINY)
    assert status == 0, output
    log = tmp_path_factory.mktemp("server") / "server.log"
    server = VllmServer(workdir.path / "resources/models/smollm2", log)
    # Stalls end before the client's time-out, which must leave a slow machine time to reply: unit tests have that one.
    with Proxy(server.port, every=4, wait=1, stall=2) as proxy:
        (workdir.path / OVERLAY).write_text(overlay(proxy.port))
        try:
            server.start()
            # Needs no server and passes the time.
            status, output = workdir.run(ANSWERS, *ALONE, configs=CONFIGS)
            assert status == 0, output
            server.wait()
            process = workdir.start(TARGET, *ALONE, configs=CONFIGS)
            try:
                while (reached := len(workdir.journal(DIALOGUES))) < KILLED_AT:
                    assert process.poll() is None, (workdir.path / "run.log").read_text()
                    time.sleep(0.05)
                server.kill()
                status = process.wait(120)
            finally:
                workdir.kill(process)
            broken = (workdir.path / "run.log").read_text()
            server.start()
            server.wait()
            end, output = workdir.run(TARGET, *ALONE, configs=CONFIGS)
            assert end == 0, output
        finally:
            server.kill()
        yield Hosted(workdir, proxy, reached, status, broken)


def rows(workdir: Workdir) -> list[dict[str, object]]:
    """The lines of all journals."""
    found = (workdir.path / "results/demo/journal").rglob("*.jsonl")
    return [json.loads(line) for file in found if file.is_file() for line in file.read_text().splitlines()]


def usage(workdir: Workdir, stage: str) -> dict[str, object]:
    return json.loads((workdir.path / f"logs/demo/japan/{stage}.usage.json").read_text())


def test_a_server_that_dies_ends_the_run_with_a_line_that_says_so(hosted):
    assert hosted.status != 0
    line = f"model smollm2-served: no reply: the server at http://127.0.0.1:{hosted.proxy.port}/v1/ cannot be reached"
    assert line in hosted.output
    assert "what was answered is kept, run again to go on" in hosted.output
    assert "Traceback" not in hosted.output


def test_the_same_command_finishes_with_a_scorecard_and_asks_nothing_twice(hosted):
    card = json.loads((hosted.workdir.path / TARGET).read_text())
    assert set(card["methods"]) >= {"persona", "cultural", "clca"}
    assert card["personas"] == 5
    keys = Counter(row["key"] for row in rows(hosted.workdir))
    assert [key for key, count in keys.items() if count > 1] == []
    assert KILLED_AT <= hosted.reached < len(hosted.workdir.journal(DIALOGUES))


def test_all_faults_were_met_and_cost_retries_alone(hosted):
    assert {fault for fault, _ in hosted.proxy.served} == set(FAULTS)
    folder = hosted.workdir.path / "results/demo/data/japan/served/social"
    assert sum(1 for _ in (folder / "judgements.jsonl").open()) > 0


def test_usage_and_cost_of_each_stage_are_those_of_its_journal(hosted):
    stages = {"adapted_scenarios": "data/japan/adapted_scenarios.jsonl", "served/social/dialogues": DIALOGUES}
    stages |= {f"served/social/{name}": DIALOGUES.replace("dialogues", name) for name in ("judgements", "intents")}
    for stage, artifact in stages.items():
        told = usage(hosted.workdir, stage)
        replies = [json.loads(line)["reply"] for line in hosted.workdir.journal(artifact)]
        assert told["requests"] == len(replies) > 0
        assert told["prompt_tokens"] == sum(reply["prompt_tokens"] for reply in replies) > 0
        assert told["completion_tokens"] == sum(reply["completion_tokens"] for reply in replies) > 0
        assert told["cost_usd"] == pytest.approx((told["prompt_tokens"] * 30 + told["completion_tokens"] * 60) / 1e6)
    # The killed server's replies are in the sum, and not in what the last run asked.
    told = usage(hosted.workdir, "served/social/dialogues")
    assert told["last_run"]["requests"] <= told["requests"] - hosted.reached


def test_the_key_is_in_no_file(hosted):
    files = [file for file in hosted.workdir.path.rglob("*") if file.is_file() and file.suffix != ".safetensors"]
    assert {"results", "logs", ".snakemake"} <= {file.relative_to(hosted.workdir.path).parts[0] for file in files}
    assert [file for file in files if KEY.encode() in file.read_bytes()] == []


def test_knobs_of_a_hosted_model_rerun_nothing(hosted):
    def other(text: str) -> str:
        config = yaml.safe_load(text)
        config["models"]["served"] |= {"concurrency": 3, "retries": 1, "timeout": 9, "spending_cap": 5}
        config["models"]["served"]["price"] = {"input": 1, "output": 2}
        return yaml.safe_dump(config)

    with hosted.workdir.edited(OVERLAY, other):
        assert hosted.workdir.planned(TARGET, configs=CONFIGS) == Counter()
