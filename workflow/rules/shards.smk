"""Shards: dialogues and answers spread over nodes, where `shards` is above 1.

Needs: what the artifact's rule needs.
Makes: lines in the artifact's journal, and beside the artifact an empty mark that goes when the artifact is there
"""


# Inputs are ancient and params the artifact's own: a shard runs when its artifact has to be made, for no other reason.
rule dialogues_shard:
    input:
        scenarios=ancient(of_corpus),
        model=ancient("resources/models/{teacher}.json"),
    output:
        temp(touch(MARKS["dialogues"])),
    log:
        "<logs>/{culture}/{teacher}/{corpus}/dialogues.{scatteritem}.{edition}.log",
    benchmark:
        "<benchmarks>/{culture}/{teacher}/{corpus}/dialogues.{scatteritem}.{edition}.jsonl"
    conda:
        "../../envs/clca.yaml"
    threads: of("teacher", cores)
    resources:
        gpu=of("teacher", gpus),
        tensor_parallel=of("teacher", gpus),
        mem_mb=memory("{teacher}"),
        runtime=minutes("{teacher}"),
        capped=of("teacher", capped),
    params:
        **rules.dialogues.params,
    script:
        "../scripts/dialogues_shard.py"


rule answers_shard:
    input:
        personas=ancient("<results>/survey/{culture}/personas.parquet"),
        questionnaire=ancient("config/questionnaire/{language}.yaml"),
        model=ancient("resources/models/{model}.json"),
    output:
        temp(touch(MARKS["answers"])),
    log:
        "<logs>/{model}/{culture}/answers.{language}.{scatteritem}.{edition}.log",
    benchmark:
        "<benchmarks>/{model}/{culture}/answers.{language}.{scatteritem}.{edition}.jsonl"
    conda:
        "../../envs/clca.yaml"
    threads: THREADS
    resources:
        gpu=of("model", gpus),
        tensor_parallel=of("model", gpus),
        mem_mb=memory("{model}"),
        runtime=minutes("{model}"),
    params:
        **rules.answers.params,
    script:
        "../scripts/answers_shard.py"


rule adapter_answers_shard:
    input:
        personas=ancient("<results>/survey/{culture}/personas.parquet"),
        questionnaire=ancient("config/questionnaire/{language}.yaml"),
        model=ancient("resources/models/{model}.json"),
        adapter=ancient(
            "<results>/{model}/{culture}/{variant}/seed{seed}/adapter/adapter_model.safetensors"
        ),
    output:
        temp(touch(MARKS["adapter_answers"])),
    log:
        "<logs>/{model}/{culture}/{variant}-seed{seed}/answers.{language}.{scatteritem}.{edition}.log",
    benchmark:
        "<benchmarks>/{model}/{culture}/{variant}-seed{seed}/answers.{language}.{scatteritem}.{edition}.jsonl"
    conda:
        "../../envs/clca.yaml"
    threads: THREADS
    resources:
        gpu=of("model", gpus),
        tensor_parallel=of("model", gpus),
        # The merged weights are made here.
        mem_mb=memory("{model}", 5000),
        runtime=minutes("{model}"),
    params:
        **rules.adapter_answers.params,
    script:
        "../scripts/answers_shard.py"
