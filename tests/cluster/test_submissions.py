"""What sbatch is asked for each job of the study, and what is told before it is asked anything."""

import re
from typing import Any

import pytest
import yaml
from cluster import Cluster
from workdir import REPOSITORY

README = (REPOSITORY / "profiles/README.md").read_text()
# Settings of example sites, by the heading they stand under.
EXAMPLES = {
    heading: yaml.safe_load(text)
    for heading, text in re.findall(
        r"^### ([^\n]+)\n(?:(?!#)[^\n]*\n)*?```yaml\n(.*?)```", README, re.DOTALL | re.MULTILINE
    )
}
SCENARIOS = "results/data/mexico/adapted_scenarios.jsonl"
DIALOGUES = "results/data/japan/llama70b/social/dialogues.jsonl"
ANSWERS = "results/llama8b/japan/persona/answers.en.constrained.parquet"
ADAPTER = "results/llama8b/germany/clca/seed42/adapter/adapter_model.safetensors"
# Made up, so that only the rules above are left to run.
THERE = [
    "resources/models/gpt4.json",
    "resources/models/llama70b.json",
    "resources/models/llama8b.json",
    "results/data/japan/adapted_scenarios.jsonl",
    "results/survey/japan/personas.parquet",
    "results/llama8b/germany/clca/seed42/examples.jsonl",
]


def study(folder: Cluster) -> Cluster:
    """The study up to where these jobs are the next; sbatch only takes notes."""
    for name in THERE:
        path = folder.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}\n")
    folder.environment["OPENAI_API_KEY"] = "sk-none"
    folder.refusing()
    return folder


def submitted(folder: Cluster, *targets: str) -> dict[str, list[str]]:
    """What sbatch was asked, the attempts of a rule one after the other; the command itself and log paths left out."""
    status, output = folder.wait(folder.submit(*targets), 240)
    assert status != 0
    assert "refused by the test" in output, output
    calls: dict[str, list[str]] = {}
    for call in folder.logged():
        line = " ".join(call)
        rule = re.search(r"--comment rule_(\w+?)(_wildcards_\S*)? ", line)
        assert rule, line
        asked = line[rule.end() :].partition(" -D ")[0]
        calls.setdefault(rule[1], []).append(asked)
        # GPUs stand at the end, behind the folder.
        calls[rule[1]][-1] += "".join(f" {word}" for word in call if word.startswith(("--gpus=", "--gres=")))
    return calls


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    folder = study(Cluster(tmp_path_factory.mktemp("shipped")))
    folder.site(retries=1)
    return submitted(folder, SCENARIOS, DIALOGUES, ANSWERS, ADAPTER)


LINES = {
    # An 8B student: one GPU; the second attempt has twice the time, and half as much memory again.
    "answers": (
        "-p cpu -t 84 --mem 32000 --nodes=1 --requeue --cpus-per-task=8 --gpus=1",
        "-p cpu -t 168 --mem 48000 --nodes=1 --requeue --cpus-per-task=8 --gpus=1",
    ),
    "adapter": (
        "-p cpu -t 220 --mem 32000 --nodes=1 --requeue --cpus-per-task=8 --gpus=1",
        "-p cpu -t 440 --mem 48000 --nodes=1 --requeue --cpus-per-task=8 --gpus=1",
    ),
    # The 70B teacher: four.
    "dialogues": (
        "-p cpu -t 272 --mem 219800 --nodes=1 --requeue --cpus-per-task=8 --gpus=4",
        "-p cpu -t 544 --mem 329700 --nodes=1 --requeue --cpus-per-task=8 --gpus=4",
    ),
    # A model that is served elsewhere: none, and few cores.
    "adapted_scenarios": (
        "-p cpu -t 240 --mem 4000 --nodes=1 --requeue --ntasks=1 --cpus-per-task=2",
        "-p cpu -t 480 --mem 6000 --nodes=1 --requeue --ntasks=1 --cpus-per-task=2",
    ),
}


@pytest.mark.ci
@pytest.mark.parametrize(("rule", "lines"), LINES.items(), ids=LINES)
def test_a_rule_asks_for_what_its_model_needs_and_for_more_at_its_second_attempt(shipped, rule, lines):
    assert [" ".join(line.split()) for line in shipped[rule]] == list(lines)


@pytest.mark.parametrize("site_name", EXAMPLES)
def test_the_readme_s_sites_ask_for_what_they_name(site: Cluster, site_name: str):
    settings = EXAMPLES[site_name]
    study(site).site(
        retries=0, default_resources=settings["default-resources"], set_resources=settings["set-resources"]
    )
    calls = submitted(site, SCENARIOS, DIALOGUES, ANSWERS)
    for rule, (line,) in calls.items():
        named = settings["default-resources"] | settings["set-resources"].get(rule, {})
        for key, flag in {"slurm_partition": "-p {}", "slurm_account": "-A {}", "qos": "--qos={}"}.items():
            if key in named:
                assert flag.format(named[key]) in line
        if "constraint" in named:
            assert f"-C {named['constraint']}" in line
        if "gpu_model" in named:
            assert f"--gpus={named['gpu_model']}:" in line
    assert set(calls) == {"adapted_scenarios", "dialogues", "answers"}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "forbidden option": ({"default_resources": {"slurm_extra": "'--gres=gpu:1'"}}, "not allowed in the 'slurm_extra'"),
    "malformed gres": ({"set_resources": {"answers": {"gres": "gpu=1"}}}, "Invalid GRES format: gpu=1"),
    "malformed GPU model": ({"set_resources": {"answers": {"gpu_model": "'a100-80g'"}}}, "Invalid GPU model format"),
}


@pytest.mark.ci
@pytest.mark.parametrize(("settings", "reason"), WRONG.values(), ids=WRONG)
def test_what_the_plugin_would_hang_on_is_told_in_one_line_before_anything_is_submitted(
    site: Cluster, settings: dict[str, Any], reason: str
):
    study(site).site(**settings)
    status, output = site.wait(site.submit(ANSWERS), 60)
    assert status != 0
    (line,) = (line for line in output.splitlines() if reason in line)
    assert line.startswith("SLURM cannot be asked for a job of `answers`: ")
    assert "Traceback" not in output
    assert site.logged() == []


@pytest.mark.ci
def test_resources_of_slurm_are_nothing_to_a_run_without_it(site: Cluster):
    status, output = study(site).run("-n", ANSWERS, "--default-resources", "slurm_extra='--gres=gpu:1'", limit=60)
    assert status == 0, output


def test_the_readme_works_out_three_sites():
    assert len(EXAMPLES) == 3
