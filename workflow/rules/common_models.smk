"""What rules read of models and training settings."""

from clca.training import KNOBS


def entry(name, keys):
    """Some keys of a model's entry in the catalogue, where it has them."""
    return canonical(
        {
            key: config["models"][name][key]
            for key in keys
            if key in config["models"][name]
        }
    )


# Family, GPUs, and what `Hosting` reads of an entry (by itself) say nothing of what a model replies.
ASKED = [
    "engine",
    "source",
    "revision",
    "max_model_len",
    "dtype",
    "quantization",
    "structured",
    "base_url",
    "key_variable",
]
FETCHED = ["engine", "source", "revision"]


def spec(name):
    """What a rule that asks a model knows of it."""
    return entry(name, ASKED)


def fetched(wildcards):
    """What decides which weights are fetched."""
    return entry(wildcards.model, FETCHED)


def fetching(wildcards):
    """What fetching needs to know."""
    keys = [*FETCHED, "key_variable"] if hosted(wildcards.model) else FETCHED
    return entry(wildcards.model, keys)


def capped(name):
    """1 where spending on a model is capped: its stages go one after the other, each counting what those before spent."""
    return int("spending_cap" in config["models"][name])


def of(wildcard, fact):
    """Input function: `fact` of the model that a job's wildcard names."""

    def told_of(wildcards):
        return fact(getattr(wildcards, wildcard))

    return told_of


def settings_of(wildcards):
    """The training settings of a student: the study's, with its family's own."""
    family = config["models"][wildcards.model].get("family")
    return config["training"] | config["families"].get(family, {})


def heldout_share(wildcards):
    return settings_of(wildcards)["heldout_share"]


def training(wildcards):
    """The settings that decide an adapter."""
    kept = {
        key: value
        for key, value in settings_of(wildcards).items()
        if key not in (*KNOBS, "heldout_share")
    }
    return canonical(kept | {"seed": int(wildcards.seed)})


def training_gpus(wildcards):
    return settings_of(wildcards)["gpus"]


def save_steps(wildcards):
    return settings_of(wildcards)["save_steps"]


def gradient_checkpointing(wildcards):
    return int(settings_of(wildcards)["gradient_checkpointing"])
