"""The survey: respondents, personas, the answers of each method, and the scorecard.

Needs: the survey file, or published marginals and demographics; the questionnaire; the student, and its adapter for `clca`.
Makes: <results>/survey/{culture}/..., <results>/{model}/{culture}/{method}/answers.*.parquet, <results>/{model}/{culture}/wvs.json,
wvs.{language}.json
"""


rule respondents:
    input:
        file=read_files,
        marginals=published_marginals,
        demographics=published_demographics,
    output:
        respondents="<results>/survey/{culture}/respondents.parquet",
        summary="<results>/survey/{culture}/summary.json",
    log:
        "<logs>/{culture}/respondents.log",
    localrule: True
    conda:
        "../../envs/clca.yaml"
    params:
        file=survey_file,
        marginals=published_marginals,
        demographics=published_demographics,
        countries=countries,
        respondents=without_file(config["survey"]["respondents"]),
        seed=without_file(config["seed"]),
        code=respondents_code,
    script:
        "../scripts/respondents.py"


rule personas:
    input:
        "<results>/survey/{culture}/respondents.parquet",
    output:
        "<results>/survey/{culture}/personas.parquet",
    log:
        "<logs>/{culture}/personas.log",
    localrule: True
    conda:
        "../../envs/clca.yaml"
    params:
        personas=config["survey"]["personas"],
        seed=config["seed"],
        code=code(
            "workflow/scripts/personas.py",
            "clca/survey/personas.py",
            "clca/survey/respondents.py",
        ),
    script:
        "../scripts/personas.py"


rule answers:
    """Zero-shot answers; both methods and all the study's forms in one load of the model."""
    input:
        personas="<results>/survey/{culture}/personas.parquet",
        questionnaire=ancient("config/questionnaire/{language}.yaml"),
        model="resources/models/{model}.json",
        shards=marks("answers"),
    output:
        persona=in_forms(
            "<results>/{model}/{culture}/persona/answers.{language}.{form}.parquet"
        ),
        cultural=in_forms(
            "<results>/{model}/{culture}/cultural/answers.{language}.{form}.parquet"
        ),
    log:
        f"<logs>/{{model}}/{{culture}}/answers.{{language}}.{TOGETHER}.log",
    benchmark:
        f"<benchmarks>/{{model}}/{{culture}}/answers.{{language}}.{TOGETHER}.jsonl"
    conda:
        "../../envs/clca.yaml"
    threads: THREADS
    resources:
        gpu=of("model", gpus),
        tensor_parallel=of("model", gpus),
        mem_mb=memory("{model}"),
        runtime=minutes("{model}"),
    params:
        culture=names,
        questionnaire=questionnaire,
        model=of("model", spec),
        forms=FORMS,
        journal=in_forms(
            f"{JOURNAL}/{{model}}/{{culture}}/persona/answers.{{language}}.{{form}}.parquet"
        ),
        code=code("workflow/scripts/answers.py", *ANSWERING),
    script:
        "../scripts/answers.py"


use rule answers as answers_in with:
    output:
        persona=[
            "<results>/{model}/{culture}/persona/answers.{language}.{form}.parquet"
        ],
        cultural=[
            "<results>/{model}/{culture}/cultural/answers.{language}.{form}.parquet"
        ],
    log:
        "<logs>/{model}/{culture}/answers.{language}.{form}.log",
    benchmark:
        "<benchmarks>/{model}/{culture}/answers.{language}.{form}.jsonl"
    wildcard_constraints:
        form=OTHER_FORMS,
    params:
        culture=names,
        questionnaire=questionnaire,
        model=of("model", spec),
        forms=["{form}"],
        journal=[
            f"{JOURNAL}/{{model}}/{{culture}}/persona/answers.{{language}}.{{form}}.parquet"
        ],
        code=code("workflow/scripts/answers.py", *ANSWERING),


rule anthropological_answers:
    """A baseline that reasons before it answers: long, so of fewer personas."""
    input:
        personas="<results>/survey/{culture}/personas.parquet",
        questionnaire=ancient("config/questionnaire/{language}.yaml"),
        model="resources/models/{model}.json",
    output:
        "<results>/{model}/{culture}/anthropological/answers.{language}.{form}.parquet",
    log:
        "<logs>/{model}/{culture}/anthropological/answers.{language}.{form}.log",
    benchmark:
        "<benchmarks>/{model}/{culture}/anthropological/answers.{language}.{form}.jsonl"
    conda:
        "../../envs/clca.yaml"
    threads: THREADS
    resources:
        gpu=of("model", gpus),
        tensor_parallel=of("model", gpus),
        mem_mb=memory("{model}"),
        runtime=minutes("{model}"),
    params:
        culture=names,
        questionnaire=questionnaire,
        personas=config["survey"]["anthropological_personas"],
        reasoning_tokens=config["survey"]["reasoning_tokens"],
        model=of("model", spec),
        journal=f"{JOURNAL}/{{model}}/{{culture}}/anthropological/answers.{{language}}.{{form}}.parquet",
        code=code("workflow/scripts/anthropological_answers.py", *ANSWERING),
    script:
        "../scripts/anthropological_answers.py"


rule adapter_answers:
    input:
        personas="<results>/survey/{culture}/personas.parquet",
        questionnaire=ancient("config/questionnaire/{language}.yaml"),
        model="resources/models/{model}.json",
        adapter="<results>/{model}/{culture}/{variant}/seed{seed}/adapter/adapter_model.safetensors",
        shards=marks("adapter_answers"),
    output:
        in_forms(
            "<results>/{model}/{culture}/{variant}-seed{seed}/answers.{language}.{form}.parquet"
        ),
    log:
        f"<logs>/{{model}}/{{culture}}/{{variant}}-seed{{seed}}/answers.{{language}}.{TOGETHER}.log",
    benchmark:
        f"<benchmarks>/{{model}}/{{culture}}/{{variant}}-seed{{seed}}/answers.{{language}}.{TOGETHER}.jsonl"
    conda:
        "../../envs/clca.yaml"
    threads: THREADS
    resources:
        gpu=of("model", gpus),
        tensor_parallel=of("model", gpus),
        # The merged weights are made in float32.
        mem_mb=memory("{model}", 5000),
        runtime=minutes("{model}"),
    params:
        culture=names,
        questionnaire=questionnaire,
        model=of("model", spec),
        forms=FORMS,
        journal=in_forms(
            f"{JOURNAL}/{{model}}/{{culture}}/{{variant}}-seed{{seed}}/answers.{{language}}.{{form}}.parquet"
        ),
        code=code(
            "workflow/scripts/adapter_answers.py", "clca/training/merge.py", *ANSWERING
        ),
    script:
        "../scripts/adapter_answers.py"


use rule adapter_answers as adapter_answers_in with:
    output:
        "<results>/{model}/{culture}/{variant}-seed{seed}/answers.{language}.{form}.parquet",
    log:
        "<logs>/{model}/{culture}/{variant}-seed{seed}/answers.{language}.{form}.log",
    benchmark:
        "<benchmarks>/{model}/{culture}/{variant}-seed{seed}/answers.{language}.{form}.jsonl"
    wildcard_constraints:
        form=OTHER_FORMS,
    params:
        culture=names,
        questionnaire=questionnaire,
        model=of("model", spec),
        forms=["{form}"],
        journal=[
            f"{JOURNAL}/{{model}}/{{culture}}/{{variant}}-seed{{seed}}/answers.{{language}}.{{form}}.parquet"
        ],
        code=code(
            "workflow/scripts/adapter_answers.py", "clca/training/merge.py", *ANSWERING
        ),


rule forms:
    """How answers depend on the form they are taken in."""
    input:
        persona=compared(
            "<results>/{model}/{culture}/persona/answers.{language}.{form}.parquet"
        ),
        cultural=compared(
            "<results>/{model}/{culture}/cultural/answers.{language}.{form}.parquet"
        ),
        clca=compared(
            f"<results>/{{model}}/{{culture}}/clca-seed{SEED}/answers.{{language}}.{{form}}.parquet"
        ),
    output:
        table="<results>/{model}/{culture}/forms.{language}.jsonl",
        shown="<results>/{model}/{culture}/forms.{language}.md",
    log:
        "<logs>/{model}/{culture}/forms.{language}.log",
    localrule: True
    conda:
        "../../envs/clca.yaml"
    params:
        forms=COMPARED,
        zero_shot=compared(
            f"{JOURNAL}/{{model}}/{{culture}}/persona/answers.{{language}}.{{form}}.parquet"
        ),
        clca=compared(
            f"{JOURNAL}/{{model}}/{{culture}}/clca-seed{SEED}/answers.{{language}}.{{form}}.parquet"
        ),
        code=code(
            "workflow/scripts/forms.py",
            "clca/survey/forms.py",
            "clca/survey/answers.py",
        ),
    script:
        "../scripts/forms.py"


rule wvs_scores:
    input:
        respondents="<results>/survey/{culture}/respondents.parquet",
        summary="<results>/survey/{culture}/summary.json",
        personas="<results>/survey/{culture}/personas.parquet",
        marginals=published_marginals,
        shipped=SHIPPED_MARGINALS,
        model="resources/models/{model}.json",
        persona="<results>/{model}/{culture}/persona/answers.en.constrained.parquet",
        cultural="<results>/{model}/{culture}/cultural/answers.en.constrained.parquet",
        clca=f"<results>/{{model}}/{{culture}}/clca-seed{SEED}/answers.en.constrained.parquet",
        adapter=f"<results>/{{model}}/{{culture}}/clca/seed{SEED}/adapter/adapter_model.safetensors",
    output:
        card="<results>/{model}/{culture}/wvs.json",
        item_scores="<results>/{model}/{culture}/wvs.items.parquet",
        meta="<results>/{model}/{culture}/wvs.meta.json",
    log:
        "<logs>/{model}/{culture}/wvs_scores.log",
    localrule: True
    conda:
        "../../envs/clca.yaml"
    params:
        language=card_language,
        weights=config["survey"]["weights"],
        marginals=published_marginals,
        countries=countries,
        others=others,
        replicates=config["survey"]["replicates"],
        permutations=config["survey"]["permutations"],
        seed=config["seed"],
        adapter_seed=SEED,
        code=code(
            "workflow/scripts/wvs_scores.py",
            *SCORING,
            "clca/survey/yardsticks.py",
            "clca/survey/card.py",
        ),
    script:
        "../scripts/wvs_scores.py"


use rule wvs_scores as wvs_scores_in with:
    input:
        respondents="<results>/survey/{culture}/respondents.parquet",
        summary="<results>/survey/{culture}/summary.json",
        personas="<results>/survey/{culture}/personas.parquet",
        marginals=published_marginals,
        shipped=SHIPPED_MARGINALS,
        model="resources/models/{model}.json",
        persona="<results>/{model}/{culture}/persona/answers.{language}.constrained.parquet",
        cultural="<results>/{model}/{culture}/cultural/answers.{language}.constrained.parquet",
        clca=f"<results>/{{model}}/{{culture}}/clca-seed{SEED}/answers.{{language}}.constrained.parquet",
        adapter=f"<results>/{{model}}/{{culture}}/clca/seed{SEED}/adapter/adapter_model.safetensors",
    output:
        card="<results>/{model}/{culture}/wvs.{language}.json",
        item_scores="<results>/{model}/{culture}/wvs.{language}.items.parquet",
        meta="<results>/{model}/{culture}/wvs.{language}.meta.json",
    log:
        "<logs>/{model}/{culture}/wvs_scores.{language}.log",
