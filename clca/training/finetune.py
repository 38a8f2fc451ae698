"""LoRA fine-tuning with TRL and PEFT: resumes from its checkpoints, and its adapter appears only when complete.

One process trains on one GPU or a CPU. Under torch's launcher (`clca.training.launch`) several share each step's
examples, with the same loss, and the first alone writes.
"""

import hashlib
import importlib.util
import json
import logging
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from clca.errors import InputError
from clca.models import check_fetched
from clca.node import keep_memory
from clca.training import KNOBS
from clca.training.card import Origin, card
from clca.training.deadline import Deadline
from clca.training.examples import counts
from clca.training.labelled import trainer_class
from clca.training.masks import Row, tokenised
from clca.training.watcher import COMPLETE, OnStep, watcher

log = logging.getLogger(__name__)

FILES = ("adapter_config.json", "training_log.jsonl", "README.md", "adapter_model.safetensors")
"""What an adapter's directory holds; the weights come last, so that they prove the others."""


class Settings(BaseModel):
    """Hyperparameters of one fine-tuning run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rank: int = Field(ge=1)
    alpha: float = Field(gt=0)
    dropout: float = Field(ge=0, lt=1)
    target_modules: list[str] = Field(min_length=1)
    train_embeddings: bool
    learning_rate: float = Field(gt=0)
    epochs: float = Field(gt=0)
    max_steps: int = Field(default=-1, ge=-1)
    batch_size: int = Field(ge=1)
    accumulation: int = Field(ge=1)
    max_length: int = Field(ge=64)
    precision: Literal["fp32", "fp16", "bf16"]
    quantization: Literal["none", "nf4"] = "none"
    warmup: float = Field(default=0.0, ge=0, le=1)
    scheduler: Literal["linear", "cosine", "constant"] = "linear"
    weight_decay: float = Field(default=0.0, ge=0)
    gradient_checkpointing: bool = False
    save_steps: int = Field(default=10, ge=1)
    seed: int


def finetune(
    examples: pl.DataFrame,
    model_dir: str | os.PathLike[str],
    out_dir: str | os.PathLike[str],
    settings: Settings,
    checkpoint_dir: str | os.PathLike[str],
    origin: Origin,
    on_step: OnStep | None = None,
    deadline: Deadline | None = None,
) -> None:
    """Train an adapter and write it, its loss log and its card to `out_dir`.

    A run that was interrupted goes on from its last complete checkpoint if data, model and settings are the same.
    The held-out loss is measured before the first step, after every epoch and at the end. Checkpoints are removed
    once the adapter is there.

    Args:
        examples: `Example` rows.
        model_dir: Directory of the base model and its tokenizer.
        out_dir: Gets the files named in `FILES`, each complete, the weights last.
        settings: Hyperparameters.
        checkpoint_dir: Survives interruptions; nothing else may be kept there.
        origin: Names of base model and culture for the adapter's configuration and card.
        on_step: Called with (step, of) after each optimiser step.
        deadline: When the job is killed; SLURM's by itself.

    Raises:
        InputError: A split has no example that fits, or the machine cannot train in this way.
    """
    if "LOCAL_RANK" not in os.environ:
        # One process trains on one GPU; several come with torch's launcher.
        os.environ["CUDA_VISIBLE_DEVICES"] = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0]
    _check_machine(settings)
    import torch
    from transformers import AutoTokenizer, set_seed

    if not torch.cuda.is_available():
        keep_memory()
    processes = _processes()
    accumulation = share(settings.accumulation, processes.num_processes)

    # Before the model is built: LoRA's matrices are drawn at random.
    set_seed(settings.seed)
    tokenizer = AutoTokenizer.from_pretrained(model_dir)
    rows, notes = tokenised(examples, tokenizer, settings.max_length)
    checkpoints = Path(checkpoint_dir)
    key = _key(rows, settings, origin)
    with processes.main_process_first():
        resume = _last_complete(checkpoints, key)
    shared = settings.model_copy(update={"accumulation": accumulation})
    trainer = _trainer(rows, tokenizer, Path(model_dir), shared, checkpoints, resume is None)
    trainer.add_callback(watcher(key, on_step, deadline or Deadline.of(os.environ)))
    if resume is not None:
        log.info("adapter: going on from %s", resume.name)
    trainer.train(resume_from_checkpoint=None if resume is None else str(resume))
    if trainer.is_world_process_zero():
        lines = losses(trainer.state.log_history)
        text = card(origin, counts(examples), decisive(settings), lines, notes)
        _publish(trainer.accelerator.unwrap_model(trainer.model), Path(out_dir), origin, lines, text)
        shutil.rmtree(checkpoints, ignore_errors=True)


def decisive(settings: Settings) -> dict[str, Any]:
    """The settings that decide the adapter: all but `KNOBS`."""
    return settings.model_dump(mode="json", exclude=set(KNOBS))


def losses(history: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The trainer's history as lines of the training log: step, epoch and what was measured; no times."""
    lines: list[dict[str, Any]] = []
    for entry in history:
        at = {"step": entry["step"], "epoch": entry.get("epoch") or 0.0}
        if "loss" in entry:
            lines.append(at | {"loss": entry["loss"], "learning_rate": entry["learning_rate"]})
        elif "eval_loss" in entry:
            lines.append(at | {"heldout_loss": entry["eval_loss"]})
    return lines


def share(accumulation: int, processes: int) -> int:
    """Batches a step of each process, so that a step sees as many examples as in one process.

    Raises:
        InputError: They cannot be shared out evenly.
    """
    if accumulation % processes:
        raise InputError(
            f"training.accumulation = {accumulation} cannot be shared by {processes} GPUs; a step must see the same "
            "examples on any number of them: make it a multiple of training.gpus, or lower training.gpus"
        )
    return accumulation // processes


def _processes() -> Any:
    """The processes that train together: accelerate's state, in which a silent fall back to one is refused."""
    import torch
    from accelerate import PartialState

    state = PartialState(cpu=not torch.cuda.is_available())
    wanted = int(os.environ.get("WORLD_SIZE", "1")) if "LOCAL_RANK" in os.environ else 1
    if state.num_processes != wanted:
        raise RuntimeError(f"training: {wanted} processes were started and {state.num_processes} train together")
    if wanted > 1:
        log.info("adapter: %d processes train together (%s)", wanted, state.backend)
    return state


def _check_machine(settings: Settings) -> None:
    """Refuse what this machine cannot do before anything is loaded."""
    import torch

    if settings.precision == "fp16" and not torch.cuda.is_available():
        raise InputError("training.precision = 'fp16' needs a GPU and there is none; set it to fp32")
    if settings.quantization == "nf4" and importlib.util.find_spec("bitsandbytes") is None:
        raise InputError("training.quantization = 'nf4' needs the package bitsandbytes; install it or set it to none")


def _trainer(
    rows: Mapping[str, list[Row]], tokenizer: Any, model_dir: Path, settings: Settings, checkpoints: Path, fresh: bool
) -> Any:
    """TRL's trainer over rows that are tokens already."""
    import torch
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import SFTConfig

    warming = settings.scheduler == "constant" and settings.warmup > 0
    # A share below 1 is a share of all steps, 1 would be one step.
    warmup = min(settings.warmup, 0.999999)
    config = SFTConfig(
        output_dir=str(checkpoints),
        use_cpu=not torch.cuda.is_available(),
        bf16=settings.precision == "bf16",
        fp16=settings.precision == "fp16",
        gradient_checkpointing=settings.gradient_checkpointing,
        learning_rate=settings.learning_rate,
        num_train_epochs=settings.epochs,
        max_steps=settings.max_steps,
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.accumulation,
        lr_scheduler_type="constant_with_warmup" if warming else settings.scheduler,
        warmup_steps=warmup,
        weight_decay=settings.weight_decay,
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
        ddp_find_unused_parameters=False,
        seed=settings.seed,
        data_seed=settings.seed,
        save_strategy="steps",
        save_steps=settings.save_steps,
        # The older one stays until the newer is complete.
        save_total_limit=2,
        logging_steps=1,
        logging_nan_inf_filter=False,
        eval_on_start=fresh,
        prediction_loss_only=True,
        report_to="none",
        disable_tqdm=True,
    )
    model = _model(model_dir, settings)
    trainer = trainer_class(model)(
        model=model,
        args=config,
        train_dataset=Dataset.from_list(rows["train"]),
        eval_dataset=Dataset.from_list(rows["heldout"]),
        processing_class=tokenizer,
    )
    # It writes every measurement to the terminal, which the watcher does where it is due.
    trainer.remove_callback(PrinterCallback)
    # TRL makes quantised models' adapters bfloat16, which the fp16 scaler refuses and in which small updates are lost.
    for parameter in trainer.model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    return trainer


def _model(model_dir: Path, settings: Settings) -> Any:
    """The base model with a fresh adapter on it."""
    check_fetched(model_dir)
    import torch
    from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    dtype = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}[settings.precision]
    quantization = None
    if settings.quantization == "nf4":
        quantization = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=dtype
        )
    model = AutoModelForCausalLM.from_pretrained(model_dir, dtype=dtype, quantization_config=quantization)
    if quantization is not None:
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=settings.gradient_checkpointing)
    embeddings = ["embed_tokens", "lm_head"] if settings.train_embeddings else None
    lora = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=list(settings.target_modules),
        modules_to_save=embeddings,
        # Small models share one matrix between embeddings and head: it must stay one.
        ensure_weight_tying=bool(embeddings and model.config.tie_word_embeddings),
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, lora)


def _key(rows: Mapping[str, list[Row]], settings: Settings, origin: Origin) -> str:
    """Hash of all that decides a run: a checkpoint of another run must not be gone on from."""
    decided = {"rows": rows, "settings": decisive(settings), "origin": origin.model_dump(mode="json")}
    return hashlib.sha256(json.dumps(decided, sort_keys=True).encode()).hexdigest()


def _last_complete(checkpoints: Path, key: str) -> Path | None:
    """The last checkpoint that was written to its end by a run with this key; all others are removed."""
    complete = []
    for found in checkpoints.glob("checkpoint-*"):
        mark = found / COMPLETE
        if mark.is_file() and mark.read_text() == key:
            complete.append(found)
        else:
            log.info("adapter: %s is torn or of another run; removed", found.name)
            shutil.rmtree(found)
    return max(complete, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def _publish(model: Any, out_dir: Path, origin: Origin, lines: Sequence[Mapping[str, Any]], text: str) -> None:
    """Write all files beside `out_dir` and give them their names one by one, the weights last."""
    partial = out_dir.with_name(f".{out_dir.name}.{os.getpid()}")
    out_dir.mkdir(parents=True, exist_ok=True)
    # What a kill at this place left.
    for left in out_dir.parent.glob(f".{out_dir.name}.*"):
        shutil.rmtree(left)
    try:
        model.save_pretrained(partial, save_embedding_layers=False)
        config = json.loads((partial / "adapter_config.json").read_text())
        config["base_model_name_or_path"] = origin.base
        # PEFT keeps names in sets: sorted, equal runs give equal bytes.
        for names in ("target_modules", "modules_to_save"):
            config[names] = config[names] and sorted(config[names])
        (partial / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
        (partial / "training_log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        (partial / "README.md").write_text(text, encoding="utf-8")
        for name in FILES:
            os.replace(partial / name, out_dir / name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
