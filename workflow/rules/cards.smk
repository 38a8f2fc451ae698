"""Cards for people: of each culture's dialogues, and of each adapted model with its scores.

Needs: dialogues and all that is made of them up to the report on their quality; the adapter's own card, the scorecard.
Makes: <results>/data/{culture}/card.md, <results>/{model}/{culture}/card.md
"""


rule cards:
    """A name for all of them."""
    input:
        all_cards(),


rule data_card:
    input:
        scenarios="<results>/data/{culture}/adapted_scenarios.jsonl",
        dialogues=told_of_data("dialogues.jsonl"),
        dropped=told_of_data("dropped.jsonl"),
        filtered=told_of_data("filtered.jsonl"),
        intents=told_of_data("intents.jsonl"),
        quality=told_of_data("quality.json"),
        models=[f"resources/models/{name}.json" for _, name in WRITERS],
    output:
        "<results>/data/{culture}/card.md",
    log:
        "<logs>/{culture}/card.log",
    localrule: True
    conda:
        "../../envs/clca.yaml"
    params:
        culture=names,
        teachers=TEACHERS,
        writers=WRITERS,
        code=code("workflow/scripts/data_card.py", "clca/audit/cards.py"),
    script:
        "../scripts/data_card.py"


rule model_card:
    """The adapter's own card, which training wrote, and what was scored since."""
    input:
        card=f"<results>/{{model}}/{{culture}}/clca/seed{SEED}/adapter/README.md",
        scores="<results>/{model}/{culture}/wvs.json",
    output:
        "<results>/{model}/{culture}/card.md",
    log:
        "<logs>/{model}/{culture}/card.log",
    localrule: True
    conda:
        "../../envs/clca.yaml"
    params:
        code=code(
            "workflow/scripts/model_card.py",
            "clca/audit/cards.py",
            "clca/survey/card.py",
        ),
    script:
        "../scripts/model_card.py"
