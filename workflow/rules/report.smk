"""The report: figures of each model and culture and of the study, and tables as pages, each with its caption.

Needs: scorecards, answers, training logs, the training data; for `study_figures` the study's tables.
Makes: <results>/{model}/{culture}/figures/..., <results>/study/figures/..., which `make report` puts into one file
"""


rule figures:
    """A name for all that the report shows without the study."""
    input:
        scorecards(),
        quality_reports(),
        culture_figures(),
        f"{STUDY_FIGURES}/data.svg",
        f"{STUDY_FIGURES}/runs.meta.svg",


rule study_figures:
    """A name for what the report shows of the study, beside its tables."""
    input:
        collect(f"{STUDY_FIGURES}/tables/{{name}}.html", name=shown_tables()),
        collect(
            f"{STUDY_FIGURES}/{{name}}.svg", name=["specificity"] if specific() else []
        ),


rule survey_figures:
    """How near a model's answers are to people's, in all and item by item."""
    input:
        card="<results>/{model}/{culture}/wvs.json",
        item_scores="<results>/{model}/{culture}/wvs.items.parquet",
        respondents="<results>/survey/{culture}/respondents.parquet",
        summary="<results>/survey/{culture}/summary.json",
        marginals=published_marginals,
        persona="<results>/{model}/{culture}/persona/answers.en.constrained.parquet",
        clca=f"<results>/{{model}}/{{culture}}/clca-seed{SEED}/answers.en.constrained.parquet",
        questionnaire=ancient("config/questionnaire/en.yaml"),
    output:
        scorecard=drawn(
            f"{FIGURES}/scorecard",
            "scorecard",
            "Scores",
            "{culture}",
            shows="scorecard",
            model="{model}",
        ),
        answers=drawn(
            f"{FIGURES}/answers",
            "answers",
            "Scores",
            "{culture}",
            shows="answers beside people's",
            model="{model}",
        ),
        movement=drawn(
            f"{FIGURES}/movement",
            "movement",
            "Scores",
            "{culture}",
            shows="what adapting moved",
            model="{model}",
        ),
        page=reported(
            f"{FIGURES}/scorecard.html",
            "numbers",
            "Scores",
            "{culture}",
            shows="scorecard in numbers",
            model="{model}",
        ),
    log:
        "<logs>/{model}/{culture}/survey_figures.log",
    localrule: True
    conda:
        "../../envs/clca.yaml"
    params:
        culture=names,
        weights=config["survey"]["weights"],
        questionnaire=code("config/questionnaire/en.yaml"),
        code=code(
            "workflow/scripts/survey_figures.py",
            "clca/study/figures.py",
            "clca/study/figure_tables.py",
            "clca/study/diagnostics.py",
            "clca/study/drawing.py",
            "clca/survey/evidence.py",
            "clca/survey/summary.py",
            "clca/survey/metrics.py",
            "clca/survey/respondents.py",
            "clca/survey/questionnaire.py",
            "clca/survey/card.py",
            *PAGES,
        ),
    script:
        "../scripts/survey_figures.py"


rule training_figure:
    """How training went."""
    input:
        f"<results>/{{model}}/{{culture}}/clca/seed{SEED}/adapter/training_log.jsonl",
    output:
        drawn(
            f"{FIGURES}/losses",
            "losses",
            "Training",
            "{culture}",
            shows="losses",
            model="{model}",
        ),
    log:
        "<logs>/{model}/{culture}/training_figure.log",
    localrule: True
    conda:
        "../../envs/clca.yaml"
    params:
        culture=names,
        seed=SEED,
        code=code(
            "workflow/scripts/training_figure.py",
            "clca/study/run_figures.py",
            "clca/study/figure_tables.py",
            "clca/study/drawing.py",
        ),
    script:
        "../scripts/training_figure.py"


rule data_figure:
    """What became of the data that `clca` learns from."""
    input:
        scenarios=scenarios_learnt(),
        dialogues=learnt_from("dialogues.jsonl"),
        dropped=learnt_from("dropped.jsonl"),
        intents=learnt_from("intents.jsonl"),
    output:
        drawn(
            f"{STUDY_FIGURES}/data", "data", "Data", shows="from scenarios to intents"
        ),
    log:
        "<logs>/study/data_figure.log",
    localrule: True
    conda:
        "../../envs/clca.yaml"
    params:
        cultures=STUDIED["cultures"],
        code=code(
            "workflow/scripts/data_figure.py",
            "clca/study/run_figures.py",
            "clca/study/figure_tables.py",
            "clca/study/drawing.py",
        ),
    script:
        "../scripts/data_figure.py"


rule run_figure:
    """What rules that run a model took, by files that are no inputs: `clca report` makes it anew, after all the rest."""
    input:
        scorecards(),
        quality_reports(),
    output:
        drawn(
            f"{STUDY_FIGURES}/runs.meta", "runs", "Run", shows="time and cost by rule"
        ),
    log:
        "<logs>/study/run_figure.log",
    localrule: True
    conda:
        "../../envs/clca.yaml"
    params:
        rules=timed_rules,
        author=config["author"],
        judge=config["judge"],
        code=code(
            "workflow/scripts/run_figure.py",
            "clca/study/run_figures.py",
            "clca/study/run_table.py",
            "clca/audit/measured.py",
            "clca/audit/rates.py",
            "clca/engines/journal.py",
            "clca/study/drawing.py",
        ),
    script:
        "../scripts/run_figure.py"


rule specificity_figure:
    """Whom adapters help."""
    input:
        f"{STUDY}/tables/specificity.csv",
    output:
        drawn(
            f"{STUDY_FIGURES}/specificity",
            "specificity",
            "Study",
            shows="adapters as other cultures' people",
        ),
    log:
        "<logs>/study/specificity_figure.log",
    localrule: True
    conda:
        "../../envs/clca.yaml"
    params:
        code=code(
            "workflow/scripts/specificity_figure.py",
            "clca/study/figures.py",
            "clca/study/figure_tables.py",
            "clca/study/drawing.py",
        ),
    script:
        "../scripts/specificity_figure.py"


rule table_pages:
    """The study's tables as pages."""
    input:
        collect(f"{STUDY}/tables/{{name}}.md", name=shown_tables()),
    output:
        [
            reported(
                f"{STUDY_FIGURES}/tables/{name}.html",
                "table",
                "Study",
                shows=f"table {name}",
            )
            for name in shown_tables()
        ],
    log:
        "<logs>/study/table_pages.log",
    localrule: True
    conda:
        "../../envs/clca.yaml"
    params:
        code=code("workflow/scripts/table_pages.py", *PAGES),
    script:
        "../scripts/table_pages.py"
