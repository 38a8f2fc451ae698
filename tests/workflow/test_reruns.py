"""What a dry run plans after one edit on a finished run: all that depends on it and nothing else."""

import os
from collections import Counter
from collections.abc import Callable

import pytest
import yaml
from workdir import TARGET

Change = Callable[[str], str]

SCORES = "wvs_scores"
TRAINED = f"adapter adapter_answers {SCORES}"
LEARNT = f"filtered intents examples {TRAINED}"
PLAYED = f"dialogues judgements {LEARNT}"
ANSWERED = f"answers adapter_answers {SCORES}"
NOTHING = ""


def instead(old: str, new: str) -> Change:
    """`new` in the place of the one `old`."""

    def change(text: str) -> str:
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        return text.replace(old, new)

    return change


def ends(line: str) -> Change:
    """One line more at the end."""
    return lambda text: f"{text}\n{line}\n"


def reordered(text: str) -> str:
    """The same YAML with its keys in the order of the alphabet, without comments."""
    return yaml.safe_dump(yaml.safe_load(text))


DEMO, TINY, STUDY = "config/demo.yaml", "tests/workflow/tiny.yaml", "config/config.yaml"

EDITS = {
    # Settings.
    "LoRA's rate": (DEMO, instead("learning_rate: 5.0e-4", "learning_rate: 4.0e-4"), TRAINED),
    "the held-out share": (STUDY, instead("heldout_share: 0.1", "heldout_share: 0.2"), f"examples {TRAINED}"),
    "the filter's rule": (STUDY, instead("[very confident]", "[very confident, confident]"), LEARNT),
    "the teacher's sampling": (DEMO, instead("temperature: 0.8", "temperature: 0.9"), PLAYED),
    "the number of personas": (TINY, instead("personas: 4", "personas: 5"), f"personas {ANSWERED}"),
    "the number of replicates": (TINY, instead("replicates: 200", "replicates: 300"), SCORES),
    "keys in another order": (DEMO, reordered, NOTHING),
    "a default spelled out": (TINY, instead("{turns: 4}", "{turns: 4, attempts: 4}"), NOTHING),
    "a default of sampling spelled out": (DEMO, instead("temperature: 0.8,", "temperature: 0.8, top_k: 0,"), NOTHING),
    "the seed's default spelled out": (TINY, ends("seed: 42"), NOTHING),
    "a comment in the settings": (DEMO, ends("# Quite small."), NOTHING),
    "a limit of the data's quality": (DEMO, instead("cut_off: 1.0", "cut_off: 0.9"), NOTHING),
    "a limit's default spelled out": (DEMO, instead("cut_off: 1.0", "cut_off: 1.0\n    survey_wording: 0.0"), NOTHING),
    "what counts as a near duplicate": (DEMO, instead("quality:", "quality:\n  similarity: 0.7"), NOTHING),
    "how often training is saved": (TINY, instead("save_steps: 1", "save_steps: 2"), NOTHING),
    "how many GPUs train": (TINY, instead("save_steps: 1", "save_steps: 1, gpus: 2"), NOTHING),
    "how many shards there are": (TINY, ends("shards: 4"), NOTHING),
    "a variant's teacher": (
        DEMO,
        instead(
            "variants:\n  clca:\n    teacher: smollm2",
            "models:\n  twin: {source: embedded, family: smollm2, max_model_len: 2048}\n"
            "variants:\n  clca:\n    teacher: twin",
        ),
        f"model {PLAYED}",
    ),
    "the length that a model takes": (
        STUDY,
        instead("max_model_len: 2048", "max_model_len: 1536"),
        f"adapted_scenarios answers {PLAYED}",
    ),
    "where a model's weights come from": (
        STUDY,
        instead("source: embedded", "source: elsewhere"),
        f"model adapted_scenarios answers {PLAYED}",
    ),
    "another file of shares": (
        DEMO,
        instead(
            "respondents: 1000", "respondents: 1000\n  marginals: workflow/../workflow/resources/wvs7_marginals.csv"
        ),
        f"respondents personas {ANSWERED}",
    ),
    # Any file stands for a corpus: it is not read before the job runs.
    "a corpus of scenarios": (
        DEMO,
        instead(
            "per_norm: 1",
            "per_norm: 1\n  sources: [{kind: normbank, path: workflow/resources/published/paper_kl.csv, take: 1}]",
        ),
        f"adapted_scenarios {PLAYED}",
    ),
    "no corpus spelled out": (DEMO, instead("per_norm: 1", "per_norm: 1\n  sources: []"), NOTHING),
    "a culture's number of scenarios": (
        STUDY,
        instead("japan: 209", "japan: 208"),
        f"adapted_scenarios {PLAYED}",
    ),
    "another culture's number of scenarios": (STUDY, instead("mexico: 221", "mexico: 220"), NOTHING),
    "another family's training": (STUDY, instead("{epochs: 1}", "{epochs: 2}"), NOTHING),
    "another variant": (STUDY, instead("joined: 2", "joined: 3"), NOTHING),
    "the controls' problems": (STUDY, instead("gsm8k: {problems: 6000}", "gsm8k: {problems: 60}"), NOTHING),
    "the scenarios without goals": (DEMO, instead("topics:\n  scenarios: 30", "topics:\n  scenarios: 40"), NOTHING),
    "a fact of the culture": ("config/cultures/japan.facts.txt", ends("Kobe has a harbour."), NOTHING),
    # Cultures and the survey.
    "a score of the culture": (
        "config/cultures/japan.yaml",
        instead("masculinity: 95", "masculinity: 40"),
        f"adapted_scenarios {PLAYED}",
    ),
    "a comment in the culture's file": ("config/cultures/japan.yaml", ends("# Checked twice."), NOTHING),
    "a score of another culture": (
        "config/cultures/mexico.yaml",
        instead("masculinity: 69", "masculinity: 40"),
        NOTHING,
    ),
    "the questionnaire's wording": (
        "config/questionnaire/en.yaml",
        instead("Of little importance", "Not very important"),
        f"{ANSWERED}",
    ),
    "another language's wording": (
        "config/questionnaire/de.yaml",
        instead("Eher wichtig", "Ziemlich wichtig"),
        NOTHING,
    ),
    "a comment in the questionnaire": ("config/questionnaire/en.yaml", ends("# Read twice."), NOTHING),
    # Prompts and code.
    "a prompt of the dialogues": (
        "clca/prompts/en/dialogue_system.j2",
        instead("as people there do", "as people there would"),
        PLAYED,
    ),
    "a prompt of the intents": (
        "clca/prompts/en/intent_turn.j2",
        ends("Be brief."),
        f"intents examples {TRAINED}",
    ),
    "a prompt of the judge": ("clca/prompts/en/judge_system.j2", ends("Take your time."), f"judgements {LEARNT}"),
    "how quality is measured": ("clca/wording.py", instead("_SHINGLE = 3", "_SHINGLE = 4"), NOTHING),
    "the metrics": ("clca/survey/metrics.py", instead("SMOOTHING = 0.01", "SMOOTHING = 0.02"), SCORES),
    "the training's code": ("clca/training/finetune.py", ends("EXTRA = 1"), TRAINED),
    "how variants are matched": ("clca/training/matching.py", ends("EXTRA = 1"), NOTHING),
    "a variant's card": ("clca/training/variant_card.py", ends("EXTRA = 1"), NOTHING),
    "the journal's code": ("clca/engines/journal.py", ends("EXTRA = 1"), NOTHING),
    "a comment in code": ("clca/dialogues.py", ends("# The end."), NOTHING),
    "a comment in a script": ("workflow/scripts/answers.py", ends("# The end."), NOTHING),
    "a comment in a rule's file": ("workflow/rules/survey.smk", ends("# The end."), NOTHING),
    "a docstring": (
        "clca/survey/metrics.py",
        instead('"""Share of items on which', '"""The share of items on which'),
        NOTHING,
    ),
}


@pytest.mark.parametrize(("file", "change", "jobs"), EDITS.values(), ids=EDITS.keys())
def test_an_edit_plans_what_depends_on_it(finished, file: str, change: Change, jobs: str):
    with finished.workdir.edited(file, change):
        assert finished.workdir.planned(TARGET) == Counter(jobs.split())


def test_without_an_edit_nothing_is_planned(finished):
    assert finished.workdir.planned(TARGET) == Counter()


def test_the_same_bytes_with_a_new_date_plan_nothing_however_many(finished):
    adapter = finished.workdir.path / "results/demo/smollm2/japan/clca/seed42/adapter/adapter_model.safetensors"
    assert adapter.stat().st_size > 1_000_000  # Snakemake's own bound of what it compares
    dates = adapter.stat().st_atime, adapter.stat().st_mtime
    try:
        adapter.touch()
        assert finished.workdir.planned(TARGET) == Counter()
    finally:
        os.utime(adapter, dates)
