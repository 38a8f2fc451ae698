"""The study: scorecards of all methods, means over cultures, diagnostics, and the tables made of them.

Needs: answers of all methods; the training data; the paper's numbers in workflow/resources/published.
Makes: <results>/study/{scorecards,averages,diagnostics,tables}/...
"""


rule study:
    """A name for all that the study makes."""
    input:
        scorecards(),
        study_tables(),
        f"{STUDY}/tables/power.csv",


use rule adapter_answers as adapter_answers_abroad with:
    input:
        personas="<results>/survey/{culture}/personas.parquet",
        questionnaire=ancient("config/questionnaire/{language}.yaml"),
        model="resources/models/{model}.json",
        adapter="<results>/{model}/{origin}/{variant}/seed{seed}/adapter/adapter_model.safetensors",
    output:
        "<results>/{model}/{culture}/{variant}-seed{seed}@{origin}/answers.{language}.{form}.parquet",
    log:
        "<logs>/{model}/{culture}/{variant}-seed{seed}@{origin}/answers.{language}.{form}.log",
    benchmark:
        "<benchmarks>/{model}/{culture}/{variant}-seed{seed}@{origin}/answers.{language}.{form}.jsonl"
    params:
        culture=names,
        questionnaire=questionnaire,
        model=of("model", spec),
        forms=["{form}"],
        journal=[
            f"{JOURNAL}/{{model}}/{{culture}}/{{variant}}-seed{{seed}}@{{origin}}/answers.{{language}}.{{form}}.parquet"
        ],
        code=code(
            "workflow/scripts/adapter_answers.py", "clca/training/merge.py", *ANSWERING
        ),


rule study_scores:
    """Like `wvs_scores`, of all methods, each compared with `persona` alone."""
    input:
        respondents="<results>/survey/{culture}/respondents.parquet",
        summary="<results>/survey/{culture}/summary.json",
        personas="<results>/survey/{culture}/personas.parquet",
        marginals=published_marginals,
        shipped=SHIPPED_MARGINALS,
        model="resources/models/{model}.json",
        answers=scored_answers,
    output:
        card=f"{STUDY}/scorecards/{{model}}/{{culture}}.{{language}}.{{sample}}.json",
        item_scores=f"{STUDY}/scorecards/{{model}}/{{culture}}.{{language}}.{{sample}}.items.parquet",
        meta=f"{STUDY}/scorecards/{{model}}/{{culture}}.{{language}}.{{sample}}.meta.json",
    log:
        "<logs>/study/scorecards/{model}/{culture}.{language}.{sample}.log",
    conda:
        "../../envs/clca.yaml"
    resources:
        mem_mb=computing(8000),
        runtime=computing(60),
    params:
        language="{language}",
        weights=config["survey"]["weights"],
        marginals=published_marginals,
        countries=countries,
        others=others,
        methods=scored,
        reference=REFERENCE,
        personas=few,
        replicates=config["survey"]["replicates"],
        permutations=config["survey"]["permutations"],
        seed=config["seed"],
        code=code(
            "workflow/scripts/wvs_scores.py",
            *SCORING,
            "clca/survey/yardsticks.py",
            "clca/survey/card.py",
        ),
    script:
        "../scripts/wvs_scores.py"


rule study_averages:
    """Means over cultures with intervals and tests, which scorecards cannot give."""
    input:
        respondents=PEOPLE["respondents"],
        summary=PEOPLE["summary"],
        personas=PEOPLE["personas"],
        marginals=MARGINALS,
        answers=averaged_answers,
    output:
        scores=f"{STUDY}/averages/{{model}}.{{asked}}.{{sample}}.scores.parquet",
        contrasts=f"{STUDY}/averages/{{model}}.{{asked}}.{{sample}}.contrasts.parquet",
    log:
        "<logs>/study/averages/{model}.{asked}.{sample}.log",
    conda:
        "../../envs/clca.yaml"
    resources:
        mem_mb=computing(8000),
        runtime=computing(120),
    params:
        cultures=STUDIED["cultures"],
        marginals=STANDING_IN,
        methods=averaged,
        language="{asked}",
        weights=config["survey"]["weights"],
        personas=few,
        replicates=config["survey"]["replicates"],
        permutations=config["survey"]["permutations"],
        seed=config["seed"],
        code=code(
            "workflow/scripts/study_averages.py",
            *SCORING,
            "clca/study/averages.py",
            "clca/study/statistics.py",
            "clca/study/scores.py",
        ),
    script:
        "../scripts/study_averages.py"


rule study_diagnostics:
    """What moved, what collapsed, what the order of options did, whose answers they are."""
    input:
        respondents=PEOPLE["respondents"],
        summary=PEOPLE["summary"],
        marginals=MARGINALS,
        answers=diagnosed_answers,
        reversed=turned_answers,
    output:
        by_item=f"{STUDY}/diagnostics/{{model}}/{{culture}}.items.csv",
        nearest=f"{STUDY}/diagnostics/{{model}}/{{culture}}.nearest.csv",
        methods=f"{STUDY}/diagnostics/{{model}}/{{culture}}.methods.csv",
    log:
        "<logs>/study/diagnostics/{model}/{culture}.log",
    localrule: True
    conda:
        "../../envs/clca.yaml"
    params:
        cultures=STUDIED["cultures"],
        marginals=STANDING_IN,
        weights=config["survey"]["weights"],
        methods=diagnosed,
        reversed=turned,
        code=code(
            "workflow/scripts/study_diagnostics.py",
            "clca/study/diagnosis.py",
            "clca/study/diagnostics.py",
            "clca/survey/evidence.py",
            "clca/survey/summary.py",
            "clca/survey/respondents.py",
            "clca/survey/metrics.py",
            "clca/survey/yardsticks.py",
        ),
    script:
        "../scripts/study_diagnostics.py"


rule study_power:
    """How many personas and items it takes to see the paper's differences."""
    input:
        respondents=PEOPLE["respondents"],
        summary=PEOPLE["summary"],
        marginals=MARGINALS,
        published=f"{PAPER}/paper_kl.csv",
    output:
        table=f"{STUDY}/tables/power.csv",
        shown=f"{STUDY}/tables/power.md",
    log:
        "<logs>/study/power.log",
    conda:
        "../../envs/clca.yaml"
    resources:
        mem_mb=computing(2000),
        runtime=computing(60),
    params:
        cultures=STUDIED["cultures"],
        marginals=STANDING_IN,
        weights=config["survey"]["weights"],
        seed=config["seed"],
        code=code(
            "workflow/scripts/study_power.py",
            "clca/study/power*.py",
            "clca/study/published.py",
            "clca/survey/evidence.py",
            "clca/survey/summary.py",
            "clca/survey/respondents.py",
            "clca/survey/statistics.py",
            "clca/survey/metrics.py",
            "clca/survey/yardsticks.py",
        ),
    script:
        "../scripts/study_power.py"


rule study_tables:
    input:
        cards=cards(),
        scores=averages("scores"),
        contrasts=averages("contrasts"),
        diagnoses=diagnoses(),
        scenarios=scenarios_played(),
        filtered=played("filtered.jsonl"),
        intents=played("intents.jsonl"),
        published=PUBLISHED,
    output:
        study_tables(),
    log:
        "<logs>/study/tables.log",
    localrule: True
    conda:
        "../../envs/clca.yaml"
    params:
        models=STUDIED["models"],
        cultures=STUDIED["cultures"],
        languages=list(OWN.values()),
        own_language=STUDIED["own_language"],
        specificity=specific(),
        data=PLAYED,
        teacher=config["variants"]["clca"]["teacher"],
        code=code(
            "workflow/scripts/study_tables.py",
            "clca/study/__init__.py",
            "clca/survey/statistics.py",
            "clca/study/tabulation.py",
            "clca/study/tables.py",
            "clca/study/scores.py",
            "clca/study/statistics.py",
            "clca/study/specificity.py",
            "clca/study/diagnosis.py",
            "clca/study/data_statistics.py",
            "clca/study/published.py",
            "clca/study/rendering.py",
        ),
    script:
        "../scripts/study_tables.py"
