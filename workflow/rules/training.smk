"""Training: examples made of the kept dialogues, and one adapter a model, culture, variant and seed.

Needs: <results>/data/{culture}/...; the student's weights.
Makes: <results>/{model}/{culture}/{variant}/seed{seed}/examples.jsonl and adapter/ beside it
"""

TRAINED = "<results>/{model}/{culture}/{variant}/seed{seed}"


rule examples:
    input:
        scenarios="<results>/data/{culture}/adapted_scenarios.jsonl",
        filtered=corpus("filtered.jsonl"),
        intents=corpus("intents.jsonl"),
        questionnaires=ancient(QUESTIONNAIRES),
    output:
        f"{TRAINED}/examples.jsonl",
    log:
        "<logs>/{model}/{culture}/{variant}/seed{seed}/examples.log",
    localrule: True
    conda:
        "../../envs/clca.yaml"
    # The script reads the limits of `quality` itself: as a parameter, another limit would train all again.
    params:
        variant=variant,
        heldout_share=heldout_share,
        culture=culture,
        code=code(
            "workflow/scripts/examples.py",
            "clca/training/examples.py",
            "clca/dialogues.py",
            "clca/prompts/__init__.py",
            "clca/prompts/en/train_*.j2",
        ),
    script:
        "../scripts/examples.py"


rule adapter:
    input:
        examples=f"{TRAINED}/examples.jsonl",
        model="resources/models/{model}.json",
    output:
        weights=f"{TRAINED}/adapter/adapter_model.safetensors",
        config=f"{TRAINED}/adapter/adapter_config.json",
        card=f"{TRAINED}/adapter/README.md",
        losses=f"{TRAINED}/adapter/training_log.jsonl",
    log:
        "<logs>/{model}/{culture}/{variant}/seed{seed}/adapter.log",
    benchmark:
        "<benchmarks>/{model}/{culture}/{variant}/seed{seed}/adapter.jsonl"
    conda:
        "../../envs/clca.yaml"
    threads: training_cores
    resources:
        gpu=training_gpus,
        # The same, which a profile's limit on GPUs does not cut.
        processes=training_gpus,
        mem_mb=training_memory,
        runtime=minutes("{model}", 20),
        save_steps=save_steps,
        gradient_checkpointing=gradient_checkpointing,
    params:
        config=training,
        culture="{culture}",
        variant=variant,
        model=fetched,
        checkpoints=f"{JOURNAL}/{{model}}/{{culture}}/{{variant}}/seed{{seed}}/checkpoints",
        code=code(
            "workflow/scripts/adapter.py",
            "clca/training/finetune.py",
            "clca/training/watcher.py",
            "clca/training/masks.py",
            "clca/chat.py",
            "clca/training/card.py",
        ),
    script:
        "../scripts/adapter.py"
