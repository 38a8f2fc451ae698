"""Training: examples made of the kept dialogues, and one adapter a model, culture, variant and seed.

Needs: <results>/data/{culture}/...; the student's weights.
Makes: <results>/{model}/{culture}/{variant}/seed{seed}/examples.jsonl and adapter/ beside it
"""

TRAINED = "<results>/{model}/{culture}/{variant}/seed{seed}"


def corpus(file):
    """Input function: `file` among the dialogues that a variant learns from."""

    def path(wildcards):
        variant = config["variants"][wildcards.variant]
        return f"<results>/data/{wildcards.culture}/{variant['teacher']}/{variant['corpus']}/{file}"

    return path


def tasks(wildcards):
    """What a variant is trained to do."""
    return config["variants"][wildcards.variant]["tasks"]


def training(wildcards):
    """The training settings of a student: the study's, with its family's own."""
    family = config["models"][wildcards.model].get("family")
    settings = config["training"] | config["families"].get(family, {})
    settings.pop("heldout_share")
    return canonical(settings | {"seed": int(wildcards.seed)})


rule examples:
    input:
        scenarios="<results>/data/{culture}/adapted_scenarios.jsonl",
        filtered=corpus("filtered.jsonl"),
        intents=corpus("intents.jsonl"),
    output:
        TRAINED + "/examples.jsonl",
    log:
        "<logs>/{model}/{culture}/{variant}/seed{seed}/examples.log",
    localrule: True
    params:
        tasks=tasks,
        heldout_share=config["training"]["heldout_share"],
        culture=culture,
        code=code(
            "workflow/scripts/examples.py",
            "clca/training/examples.py",
            "clca/dialogues.py",
            "clca/prompts/en/train_*.j2",
        ),
    conda:
        "../../envs/clca.yaml"
    script:
        "../scripts/examples.py"


rule adapter:
    input:
        examples=TRAINED + "/examples.jsonl",
        model=ancient("resources/models/{model}.json"),
    output:
        weights=TRAINED + "/adapter/adapter_model.safetensors",
        config=TRAINED + "/adapter/adapter_config.json",
        card=TRAINED + "/adapter/README.md",
        losses=TRAINED + "/adapter/training_log.jsonl",
    log:
        "<logs>/{model}/{culture}/{variant}/seed{seed}/adapter.log",
    benchmark:
        "<benchmarks>/{model}/{culture}/{variant}/seed{seed}/adapter.jsonl"
    resources:
        gpu=1,
    params:
        config=training,
        culture="{culture}",
        tasks=tasks,
        checkpoints=JOURNAL + "/{model}/{culture}/{variant}/seed{seed}/checkpoints",
        code=code(
            "workflow/scripts/adapter.py",
            "clca/training/finetune.py",
            "clca/training/masks.py",
            "clca/training/card.py",
        ),
    conda:
        "../../envs/clca.yaml"
    script:
        "../scripts/adapter.py"
