"""The human check: a sheet of dialogues and intents for two raters of a culture.

Needs: <results>/data/{culture}/...
Makes: <results>/study/raters/{culture}.csv, and .html to print
"""

RATED = "<results>/data/{{culture}}/{teacher}/{corpus}".format(
    **config["variants"]["clca"]
)


rule raters:
    input:
        scenarios="<results>/data/{culture}/adapted_scenarios.jsonl",
        filtered=f"{RATED}/filtered.jsonl",
        intents=f"{RATED}/intents.jsonl",
    output:
        sheet="<results>/study/raters/{culture}.csv",
        page="<results>/study/raters/{culture}.html",
    log:
        "<logs>/study/raters/{culture}.log",
    localrule: True
    conda:
        "../../envs/clca.yaml"
    params:
        dialogues=config["raters"]["dialogues"],
        seed=config["seed"],
        culture=names,
        code=code(
            "workflow/scripts/raters.py",
            "clca/study/raters.py",
            "clca/html.py",
            "clca/study/templates/raters.html.j2",
        ),
    script:
        "../scripts/raters.py"
