"""As little training as shows what it does: settings, where the adapter comes from, and a few short examples."""

import polars as pl

from clca.training.card import Origin
from clca.training.finetune import Settings

ORIGIN = Origin(base="org/SmolLM2", revision="sha256:0", license="apache-2.0", culture="Japan")
SMALL = Settings(
    rank=4,
    alpha=8,
    dropout=0.2,
    target_modules=["q_proj", "v_proj"],
    train_embeddings=False,
    learning_rate=1e-3,
    epochs=2,
    batch_size=1,
    accumulation=2,
    max_length=128,
    precision="fp32",
    seed=7,
    save_steps=100,
)


def short_examples(train, heldout):
    """`Example` rows, one a scenario: so many to train on, then so many held out."""
    rows = []
    for number in range(train + heldout):
        said = [
            ("system", "You are Kenji."),
            ("user", f"What is {number}?"),
            ("assistant", f"A number, *bows* {number}"),
        ]
        messages = [{"role": role, "content": content} for role, content in said]
        key = {"example_id": f"s{number}/1/a", "task": "perspective", "scenario_id": f"s{number}", "take": 1}
        split = "train" if number < train else "heldout"
        rows.append(key | {"side": "a", "split": split, "messages": messages})
    return pl.DataFrame(rows)
