"""What a dry run plans for each variant of the catalogue: its own chain, what it is matched with, and nothing else."""

import re
import shutil
import subprocess
import sys
from collections import Counter

import pytest
import yaml
from workdir import REPOSITORY, Workdir

CONFIG = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text())
DEMO = ("config/demo.yaml",)

# What answers of any adapter need, and what the examples of `clca` do.
ANSWERED = "adapter adapter_answers respondents personas model"
LEARNT = "adapted_scenarios dialogues judgements filtered"
CLCA = f"{LEARNT} intents examples"
TALKED = f"topic_scenarios dialogues variant_examples {CLCA}"

CHAINS = {
    "clca": CLCA,
    "dialogue_only": f"{LEARNT} variant_examples",
    "intent_only": CLCA,
    "clca_unfiltered": "adapted_scenarios dialogues intents_of_all variant_examples",
    "clca_qwen32b": CLCA,
    "gsm8k": f"problems variant_examples {CLCA}",
    "mathchat": f"problems variant_examples {CLCA}",
    "mathchat_joined": f"problems variant_examples {CLCA}",
    "wiki": TALKED,
    "concepts": TALKED,
}


@pytest.fixture(scope="module")
def workdir(tmp_path_factory: pytest.TempPathFactory) -> Workdir:
    return Workdir(tmp_path_factory.mktemp("variants"))


def answers(variant: str, results: str = "results/demo/smollm2") -> str:
    return f"{results}/japan/{variant}-seed42/answers.en.constrained.parquet"


def test_every_variant_of_the_catalogue_is_looked_at():
    assert CHAINS.keys() == CONFIG["variants"].keys()


@pytest.mark.parametrize(("variant", "chain"), CHAINS.items(), ids=CHAINS)
def test_a_variant_plans_its_chain_and_nothing_else(workdir: Workdir, variant: str, chain: str):
    assert workdir.planned(answers(variant), configs=DEMO) == Counter(f"{ANSWERED} {chain}".split())


def test_in_the_study_each_variant_asks_its_own_models(workdir: Workdir):
    def models(variant: str) -> set[str]:
        status, output = workdir.run("-n", answers(variant, "results/llama8b"), limit=120)
        assert status == 0, output
        return set(re.findall(r"output: resources/models/(\S+)\.json", output))

    assert models("gsm8k") == models("clca") == {"llama8b", "llama70b", "gpt4"}
    assert models("clca_qwen32b") == {"llama8b", "qwen32b", "gpt4"}
    # No judge, but the author of its scenarios.
    assert models("clca_unfiltered") == {"llama8b", "llama70b", "gpt4"}


def test_all_together_share_what_is_the_same(workdir: Workdir):
    jobs = workdir.planned(*map(answers, CHAINS), configs=DEMO)
    assert (jobs["adapter"], jobs["adapter_answers"]) == (len(CHAINS), len(CHAINS))
    # Social, about facts, about concepts.
    assert (jobs["dialogues"], jobs["intents"], jobs["judgements"], jobs["problems"]) == (3, 1, 1, 2)


def test_a_variant_without_a_teacher_has_that_of_clca(workdir: Workdir):
    (workdir.path / "mine.yaml").write_text(yaml.safe_dump({"variants": {"mine": {"tasks": ["intent"]}}}))
    status, output = workdir.run("-n", answers("mine"), configs=[*DEMO, "mine.yaml"], limit=120)
    assert status == 0, output
    assert "results/demo/data/japan/smollm2/social/dialogues.jsonl" in output


def test_a_user_s_file_of_problems_is_what_is_read(workdir: Workdir):
    (workdir.path / "mine.jsonl").write_text('{"question": "1 + 1?", "answer": "2"}\n' * 2)
    (workdir.path / "mine.yaml").write_text(yaml.safe_dump({"controls": {"gsm8k": {"path": "mine.jsonl"}}}))
    status, output = workdir.run("-n", answers("gsm8k"), configs=[*DEMO, "mine.yaml"], limit=120)
    assert status == 0, output
    assert "input: mine.jsonl" in output


def test_topics_that_are_missing_are_told_where_they_are_needed_and_nowhere_else(workdir: Workdir):
    shutil.copy2(workdir.path / "config/cultures/japan.yaml", workdir.path / "config/cultures/utopia.yaml")
    (workdir.path / "mine.yaml").write_text(
        yaml.safe_dump({"cultures": {"utopia": "config/cultures/utopia.yaml"}, "study": {"cultures": ["utopia"]}})
    )
    configs = [*DEMO, "mine.yaml"]
    target = answers("clca").replace("japan", "utopia")
    assert workdir.planned(target, configs=configs)["adapter"] == 1
    # Not a dry run: it ends before its first job.
    status, output = workdir.run(target.replace("clca", "wiki"), configs=configs, limit=120)
    assert status != 0
    assert not list(workdir.path.glob("results/**/*.jsonl"))
    assert "Traceback" not in output
    assert "config/cultures/utopia.facts.txt: no such file, and the corpus wiki is made of it" in output


def test_the_plan_gives_a_matched_adapter_the_steps_of_clca(workdir: Workdir):
    command = [sys.executable, "-m", "clca", "plan", "--configfile", *DEMO, "--"]
    steps = {}
    for variant in ("clca", "gsm8k", "wiki"):
        done = subprocess.run(
            [*command, answers(variant)], cwd=workdir.path, env=workdir.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        (row,) = (line.split() for line in done.stdout.splitlines() if re.match(r"adapter\s+smollm2", line))
        # Both `clca` and what is matched with it need no adapter but their own.
        assert row[2] == "1"
        steps[variant] = row[3]
    assert steps["clca"] == steps["gsm8k"] == steps["wiki"]
