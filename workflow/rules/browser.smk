"""The dialogue browser: a culture's dialogues to read, search and link to, with all that was made of them.

Needs: <results>/data/{culture}/..., and the journal of the dialogues
Makes: <results>/study/browser/{culture}.html; more pages in {culture}.parts/ beside it where the data are too large for one

The number of pages follows from the data, so that only the first is declared. It is written last, and names the others.
A declared folder would be there, and empty, for every study of the usual size.
"""


rule browser:
    input:
        scenarios="<results>/data/{culture}/adapted_scenarios.jsonl",
        dialogues=f"<results>/{BROWSED}/dialogues.jsonl",
        judgements=f"<results>/{BROWSED}/judgements.jsonl",
        filtered=f"<results>/{BROWSED}/filtered.jsonl",
        dropped=f"<results>/{BROWSED}/dropped.jsonl",
        intents=f"<results>/{BROWSED}/intents.jsonl",
        examples=examples_made,
    output:
        "<results>/study/browser/{culture}.html",
    log:
        "<logs>/study/browser/{culture}.log",
    localrule: True
    conda:
        "../../envs/clca.yaml"
    params:
        culture=culture,
        # Read, not asked: turns as they were given are nowhere else.
        replies=f"{JOURNAL}/{BROWSED}/dialogues.jsonl",
        code=code(
            "workflow/scripts/browser.py",
            "clca/study/browser*.py",
            "clca/html.py",
            "clca/study/pages/browser*",
            "clca/dialogues.py",
            "clca/judging.py",
            "clca/intents.py",
            "clca/culture.py",
            "clca/prompts/__init__.py",
            "clca/prompts/en/dialogue_*.j2",
            "clca/prompts/en/judge_*.j2",
            "clca/prompts/en/intent_*.j2",
        ),
    script:
        "../scripts/browser.py"
