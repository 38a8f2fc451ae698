"""Models.

Needs: the catalogue's entry; for a hub's model its weights or a network, for a hosted one its key in the environment.
Makes: resources/models/{model}.json (what the model is) and, undeclared beside it, the weights.
"""


rule model:
    output:
        "resources/models/{model}.json",
    log:
        "<logs>/models/{model}.log",
    # A missing key or missing weights are to be told before anything else runs.
    priority: 100
    localrule: True
    conda:
        "../../envs/clca.yaml"
    params:
        spec=fetched,
    script:
        "../scripts/model.py"
