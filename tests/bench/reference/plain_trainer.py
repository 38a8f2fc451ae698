"""Fine-tuning with a plain `transformers.Trainer`: batches of two padded to the longer, no packing, no grouping."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import torch
from peft import LoraConfig, get_peft_model
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    DataCollatorForSeq2Seq,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

from clca.training.finetune import Settings
from clca.training.masks import tokenised

BATCH = 2
"""Examples a batch, as the published code has them."""


def train(
    examples: pl.DataFrame, model: Path, folder: Path, settings: Settings, a_step: int, on_step: Callable[[], None]
) -> None:
    """Train the adapter of `settings` on as many examples a step, in batches of two; nothing is kept."""
    set_seed(settings.seed)
    tokenizer = AutoTokenizer.from_pretrained(model)
    rows, _ = tokenised(examples, tokenizer, settings.max_length)
    lora = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=list(settings.target_modules),
        task_type="CAUSAL_LM",
    )
    arguments = TrainingArguments(
        output_dir=str(folder),
        use_cpu=not torch.cuda.is_available(),
        learning_rate=settings.learning_rate,
        max_steps=settings.max_steps,
        per_device_train_batch_size=BATCH,
        gradient_accumulation_steps=a_step // BATCH,
        save_strategy="no",
        logging_steps=1,
        report_to="none",
        disable_tqdm=True,
        seed=settings.seed,
        data_seed=settings.seed,
    )

    class Heard(TrainerCallback):
        """Tells each step."""

        def on_step_end(self, *_: Any, **__: Any) -> None:
            on_step()

    trainer = Trainer(
        model=get_peft_model(AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32), lora),
        args=arguments,
        train_dataset=rows["train"],
        data_collator=DataCollatorForSeq2Seq(tokenizer, padding=True),
        callbacks=[Heard()],
    )
    trainer.train()
