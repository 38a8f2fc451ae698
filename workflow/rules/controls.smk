"""Other data than social dialogues: problems for controls, and scenarios without social goals.

Needs: nothing, or a user's file of problems; the culture's files of facts and concepts, its adapted scenarios.
Makes: <results>/data/controls/{gsm8k,mathchat}.jsonl, <results>/data/{culture}/{wiki,concepts}_scenarios.jsonl
"""


rule problems:
    input:
        control_file,
    output:
        "<results>/data/controls/{control}.jsonl",
    log:
        "<logs>/controls/{control}.log",
    wildcard_constraints:
        control="|".join(CONTROLS),
    # A file that is missing or broken is to be told before anything else runs.
    priority: 100
    localrule: True
    conda:
        "../../envs/clca.yaml"
    params:
        source=control,
        code=code(
            "workflow/scripts/problems.py",
            "clca/training/problems.py",
            "clca/training/control_files.py",
        ),
    script:
        "../scripts/problems.py"


rule topic_scenarios:
    input:
        "<results>/data/{culture}/adapted_scenarios.jsonl",
    output:
        "<results>/data/{culture}/{corpus}_scenarios.jsonl",
    log:
        "<logs>/{culture}/{corpus}_scenarios.log",
    wildcard_constraints:
        corpus="|".join(topics.KINDS),
    localrule: True
    conda:
        "../../envs/clca.yaml"
    params:
        topics=talked_about,
        scenarios=config["topics"]["scenarios"],
        culture=culture,
        code=code("workflow/scripts/topic_scenarios.py", "clca/topics.py"),
    script:
        "../scripts/topic_scenarios.py"
