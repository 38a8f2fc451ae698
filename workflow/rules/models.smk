"""Models.

Needs: the catalogue's entry; for a hub's model its weights or a network, for a hosted one its key in the environment.
Makes: resources/models/{model}.json (what the model is) and, undeclared beside it, the weights.
"""


rule model:
    output:
        "resources/models/{model}.json",
    log:
        "<logs>/models/{model}.log",
    # Hosted models too.
    wildcard_constraints:
        model="|".join(map(re.escape, config["models"])),
    # A missing key or missing weights are to be told before anything else runs.
    priority: 100
    localrule: True
    conda:
        "../../envs/clca.yaml"
    params:
        spec=fetching,
    script:
        "../scripts/model.py"
