"""Dialogues: played by the teacher, judged, filtered, annotated with intents, and measured.

Needs: <results>/data/{culture}/{adapted,wiki,concepts}_scenarios.jsonl; the teacher and the judge model; the culture's file.
Makes: <results>/data/{culture}/{teacher}/{corpus}/{dialogues,judgements,filtered,dropped,intents,intents.unfiltered}.jsonl,
    and quality.json beside them
"""


rule dialogues:
    input:
        scenarios=of_corpus,
        model="resources/models/{teacher}.json",
        shards=marks("dialogues"),
    output:
        "<results>/data/{culture}/{teacher}/{corpus}/dialogues.jsonl",
    log:
        "<logs>/{culture}/{teacher}/{corpus}/dialogues.log",
    benchmark:
        "<benchmarks>/{culture}/{teacher}/{corpus}/dialogues.jsonl"
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
        config=section("dialogues"),
        culture=culture,
        model=of("teacher", spec),
        journal=f"{JOURNAL}/data/{{culture}}/{{teacher}}/{{corpus}}/dialogues.jsonl",
        code=code(
            "workflow/scripts/dialogues.py",
            "clca/dialogues.py",
            "clca/culture.py",
            *ASKING,
            "clca/prompts/en/dialogue_*.j2",
        ),
    script:
        "../scripts/dialogues.py"


rule judgements:
    input:
        scenarios=of_corpus,
        dialogues="<results>/data/{culture}/{teacher}/{corpus}/dialogues.jsonl",
        model=f"resources/models/{config['judge']}.json",
    output:
        "<results>/data/{culture}/{teacher}/{corpus}/judgements.jsonl",
    log:
        "<logs>/{culture}/{teacher}/{corpus}/judgements.log",
    benchmark:
        "<benchmarks>/{culture}/{teacher}/{corpus}/judgements.jsonl"
    conda:
        "../../envs/clca.yaml"
    threads: cores(config["judge"])
    resources:
        gpu=gpus(config["judge"]),
        tensor_parallel=gpus(config["judge"]),
        mem_mb=memory(config["judge"]),
        runtime=minutes(config["judge"]),
        capped=capped(config["judge"]),
    params:
        config=section("judging"),
        culture=culture,
        model=spec(config["judge"]),
        judge=config["judge"],
        journal=f"{JOURNAL}/data/{{culture}}/{{teacher}}/{{corpus}}/judgements.jsonl",
        code=code(
            "workflow/scripts/judgements.py",
            "clca/judging.py",
            *ASKING,
            "clca/prompts/en/judge_*.j2",
        ),
    script:
        "../scripts/judgements.py"


rule filtered:
    input:
        dialogues="<results>/data/{culture}/{teacher}/{corpus}/dialogues.jsonl",
        judgements="<results>/data/{culture}/{teacher}/{corpus}/judgements.jsonl",
    output:
        filtered="<results>/data/{culture}/{teacher}/{corpus}/filtered.jsonl",
        dropped="<results>/data/{culture}/{teacher}/{corpus}/dropped.jsonl",
    log:
        "<logs>/{culture}/{teacher}/{corpus}/filtered.log",
    localrule: True
    conda:
        "../../envs/clca.yaml"
    params:
        config=canonical(config["filter"]),
        code=code("workflow/scripts/filtered.py", "clca/filtering.py"),
    script:
        "../scripts/filtered.py"


rule intents:
    input:
        scenarios=of_corpus,
        filtered="<results>/data/{culture}/{teacher}/{corpus}/filtered.jsonl",
        model="resources/models/{teacher}.json",
    output:
        "<results>/data/{culture}/{teacher}/{corpus}/intents.jsonl",
    log:
        "<logs>/{culture}/{teacher}/{corpus}/intents.log",
    benchmark:
        "<benchmarks>/{culture}/{teacher}/{corpus}/intents.jsonl"
    conda:
        "../../envs/clca.yaml"
    threads: of("teacher", cores)
    resources:
        gpu=of("teacher", gpus),
        tensor_parallel=of("teacher", gpus),
        mem_mb=memory("{teacher}"),
        runtime=minutes("{teacher}"),
        capped=of("teacher", capped),
        # All of it is taken by `intents_of_all`, so that the two are not under way together and ask nothing twice.
        intents_journal=1,
    params:
        config=section("intents"),
        culture=culture,
        model=of("teacher", spec),
        journal=f"{JOURNAL}/data/{{culture}}/{{teacher}}/{{corpus}}/intents.jsonl",
        code=code(
            "workflow/scripts/intents.py",
            "clca/intents.py",
            *ASKING,
            "clca/prompts/en/intent_*.j2",
        ),
    script:
        "../scripts/intents.py"


rule quality:
    """The report. What may be trained on is decided in `examples`, which measures for itself."""
    input:
        scenarios=of_corpus,
        filtered="<results>/data/{culture}/{teacher}/{corpus}/filtered.jsonl",
        dropped="<results>/data/{culture}/{teacher}/{corpus}/dropped.jsonl",
        intents="<results>/data/{culture}/{teacher}/{corpus}/intents.jsonl",
        questionnaires=ancient(QUESTIONNAIRES),
    output:
        "<results>/data/{culture}/{teacher}/{corpus}/quality.json",
    log:
        "<logs>/{culture}/{teacher}/{corpus}/quality.log",
    localrule: True
    conda:
        "../../envs/clca.yaml"
    params:
        config=canonical(config["quality"]),
        questionnaires=code(*QUESTIONNAIRES),
        code=code(
            "workflow/scripts/quality.py",
            "clca/quality*.py",
            "clca/wording.py",
            "clca/survey/questionnaire.py",
        ),
    script:
        "../scripts/quality.py"


# Its requests are those of `intents` and more, and so is its journal: what one has asked, the other does not.
use rule intents as intents_of_all with:
    input:
        scenarios=of_corpus,
        filtered="<results>/data/{culture}/{teacher}/{corpus}/dialogues.jsonl",
        model="resources/models/{teacher}.json",
    output:
        "<results>/data/{culture}/{teacher}/{corpus}/intents.unfiltered.jsonl",
    log:
        "<logs>/{culture}/{teacher}/{corpus}/intents.unfiltered.log",
    benchmark:
        "<benchmarks>/{culture}/{teacher}/{corpus}/intents.unfiltered.jsonl"
    resources:
        gpu=of("teacher", gpus),
        tensor_parallel=of("teacher", gpus),
        mem_mb=memory("{teacher}"),
        runtime=minutes("{teacher}"),
        capped=of("teacher", capped),
        intents_journal=64,
