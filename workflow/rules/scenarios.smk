"""Scenarios.

Needs: the author model; seed scenarios and norms, ours and those of the corpora named; the culture's file.
Makes: <results>/data/{culture}/adapted_scenarios.jsonl
"""


rule adapted_scenarios:
    input:
        model=f"resources/models/{config['author']}.json",
        seeds="workflow/resources/scenarios/seeds.jsonl",
        norms="workflow/resources/scenarios/norms.jsonl",
        corpora=corpora,
    output:
        "<results>/data/{culture}/adapted_scenarios.jsonl",
    log:
        "<logs>/{culture}/adapted_scenarios.log",
    benchmark:
        "<benchmarks>/{culture}/adapted_scenarios.jsonl"
    conda:
        "../../envs/clca.yaml"
    threads: cores(config["author"])
    resources:
        gpu=gpus(config["author"]),
        tensor_parallel=gpus(config["author"]),
        mem_mb=memory(config["author"]),
        runtime=minutes(config["author"]),
        capped=capped(config["author"]),
    params:
        config=section("scenarios", "sources", "total"),
        sources=sources,
        total=total,
        culture=culture,
        model=spec(config["author"]),
        author=config["author"],
        journal=f"{JOURNAL}/data/{{culture}}/adapted_scenarios.jsonl",
        code=code(
            "workflow/scripts/adapted_scenarios.py",
            "clca/scenarios.py",
            "clca/corpora.py",
            "clca/corpus_files.py",
            *ASKING,
            "clca/prompts/en/author_*.j2",
        ),
    script:
        "../scripts/adapted_scenarios.py"
