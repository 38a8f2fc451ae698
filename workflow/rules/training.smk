"""Training: examples made of the kept dialogues, and one adapter a model, culture, variant and seed.

Needs: <results>/data/{culture}/...; the student's weights.
Makes: <results>/{model}/{culture}/{variant}/seed{seed}/examples.jsonl and adapter/ beside it; of variants training_data.json too
"""

TRAINED = "<results>/{model}/{culture}/{variant}/seed{seed}"
CLCA_EXAMPLES = f"<results>/{{model}}/{{culture}}/clca/seed{SEED}/examples.jsonl"


rule examples:
    input:
        scenarios="<results>/data/{culture}/adapted_scenarios.jsonl",
        filtered=dialogues_of("filtered.jsonl"),
        intents=dialogues_of("intents.jsonl"),
        questionnaires=ancient(QUESTIONNAIRES),
    output:
        f"{TRAINED}/examples.jsonl",
    log:
        "<logs>/{model}/{culture}/{variant}/seed{seed}/examples.log",
    wildcard_constraints:
        variant=variants(whole),
    localrule: True
    conda:
        "../../envs/clca.yaml"
    # The script reads the limits of `quality` itself: as a parameter, another limit would train all again.
    params:
        variant=variant,
        heldout_share=heldout_share,
        culture=culture,
        code=code("workflow/scripts/examples.py", *EXAMPLES),
    script:
        "../scripts/examples.py"


rule variant_examples:
    """Of variants that learn a part of what `clca` learns, or from other data; those are matched with its examples."""
    input:
        scenarios=only(is_dialogues, variant_scenarios),
        dialogues=only(is_dialogues, dialogues_of("filtered.jsonl", "dialogues.jsonl")),
        intents=only(
            learns_intents, dialogues_of("intents.jsonl", "intents.unfiltered.jsonl")
        ),
        problems=only(is_control, problems_of),
        questionnaires=ancient(only(is_dialogues, lambda wildcards: QUESTIONNAIRES)),
        clca=only(matched, CLCA_EXAMPLES),
        model=only(matched, "resources/models/{model}.json"),
    output:
        examples=f"{TRAINED}/examples.jsonl",
        data=f"{TRAINED}/training_data.json",
    log:
        "<logs>/{model}/{culture}/{variant}/seed{seed}/examples.log",
    wildcard_constraints:
        variant=variants(lambda name: not whole(name)),
    localrule: True
    conda:
        "../../envs/clca.yaml"
    params:
        variant=variant,
        heldout_share=heldout_share,
        culture=culture,
        origin=origin,
        training=matching,
        clca_seed=only(matched, SEED),
        code=variant_code,
    script:
        "../scripts/variant_examples.py"


rule adapter:
    input:
        # Of a variant what its data are, which names the table beside it.
        examples=training_data,
        table=f"{TRAINED}/examples.jsonl",
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
        code=trained_code,
    script:
        "../scripts/adapter.py"
