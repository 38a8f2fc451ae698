"""The survey: respondents, personas, the answers of each method, and the scorecard.

Needs: published marginals and demographics; the questionnaire; the student, and its adapter for `clca`.
Makes: <results>/survey/{culture}/..., <results>/{model}/{culture}/{method}/answers.*.parquet, <results>/{model}/{culture}/wvs.json
"""

SHIPPED = ["china", "germany", "uk", "mexico", "japan"]
# The scorecard's `clca` is the first seed of that variant.
SEED = config["variants"]["clca"]["seeds"][0]
ANSWERING = [
    "clca/survey/answers.py",
    "clca/survey/personas.py",
    "clca/survey/questionnaire.py",
]


def countries(wildcards):
    """The survey's codes for a culture."""
    return list(culture_file(wildcards).countries)


def marginals(wildcards):
    """Published shares of a culture: a file of its own, or the study's."""
    return culture_file(wildcards).marginals or config["survey"]["marginals"]


def demographics(wildcards):
    """Shares of the persona fields of a culture: a file of its own, or the study's."""
    return culture_file(wildcards).demographics or config["survey"]["demographics"]


def names(wildcards):
    """What the survey's prompts know of a culture."""
    file = culture_file(wildcards)
    return canonical({"name": file.name, "people": file.people})


def others(wildcards):
    """The shipped cultures that the yardstick `other_cultures` is the mean of."""
    return [name for name in SHIPPED if name != wildcards.culture]


rule respondents:
    input:
        marginals=marginals,
        demographics=demographics,
    output:
        "<results>/survey/{culture}/respondents.parquet",
    log:
        "<logs>/{culture}/respondents.log",
    localrule: True
    params:
        countries=countries,
        respondents=config["survey"]["respondents"],
        seed=config["seed"],
        code=code("workflow/scripts/respondents.py", "clca/survey/respondents.py"),
    conda:
        "../../envs/clca.yaml"
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
    params:
        personas=config["survey"]["personas"],
        seed=config["seed"],
        code=code("workflow/scripts/personas.py", "clca/survey/personas.py"),
    conda:
        "../../envs/clca.yaml"
    script:
        "../scripts/personas.py"


rule answers:
    """Zero-shot answers; both methods in one load of the model."""
    input:
        personas="<results>/survey/{culture}/personas.parquet",
        questionnaire="config/questionnaire/{language}.yaml",
        model=ancient("resources/models/{model}.json"),
    output:
        persona="<results>/{model}/{culture}/persona/answers.{language}.{form}.parquet",
        cultural="<results>/{model}/{culture}/cultural/answers.{language}.{form}.parquet",
    log:
        "<logs>/{model}/{culture}/answers.{language}.{form}.log",
    benchmark:
        "<benchmarks>/{model}/{culture}/answers.{language}.{form}.jsonl"
    resources:
        gpu=1,
    params:
        culture=names,
        model=student,
        journal=JOURNAL + "/{model}/{culture}/persona/answers.{language}.{form}.parquet",
        code=code("workflow/scripts/answers.py", *ANSWERING),
    conda:
        "../../envs/clca.yaml"
    script:
        "../scripts/answers.py"


rule adapter_answers:
    input:
        personas="<results>/survey/{culture}/personas.parquet",
        questionnaire="config/questionnaire/{language}.yaml",
        model=ancient("resources/models/{model}.json"),
        adapter="<results>/{model}/{culture}/{variant}/seed{seed}/adapter/adapter_model.safetensors",
    output:
        "<results>/{model}/{culture}/{variant}-seed{seed}/answers.{language}.{form}.parquet",
    log:
        "<logs>/{model}/{culture}/{variant}-seed{seed}/answers.{language}.{form}.log",
    benchmark:
        "<benchmarks>/{model}/{culture}/{variant}-seed{seed}/answers.{language}.{form}.jsonl"
    resources:
        gpu=1,
    params:
        culture=names,
        model=student,
        journal=JOURNAL
        + "/{model}/{culture}/{variant}-seed{seed}/answers.{language}.{form}.parquet",
        code=code("workflow/scripts/adapter_answers.py", *ANSWERING),
    conda:
        "../../envs/clca.yaml"
    script:
        "../scripts/adapter_answers.py"


rule wvs_scores:
    input:
        respondents="<results>/survey/{culture}/respondents.parquet",
        personas="<results>/survey/{culture}/personas.parquet",
        marginals=marginals,
        shipped=config["survey"]["marginals"],
        model=ancient("resources/models/{model}.json"),
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
    params:
        countries=countries,
        others=others,
        replicates=config["survey"]["replicates"],
        permutations=config["survey"]["permutations"],
        seed=config["seed"],
        adapter_seed=SEED,
        code=code(
            "workflow/scripts/wvs_scores.py",
            "clca/survey/metrics.py",
            "clca/survey/statistics.py",
            "clca/survey/yardsticks.py",
            "clca/survey/scorecard.py",
        ),
    conda:
        "../../envs/clca.yaml"
    script:
        "../scripts/wvs_scores.py"
