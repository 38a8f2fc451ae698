"""Models.

Needs: the catalogue's entry; for a hub's model its weights or a network, for a hosted one its key in the environment.
Makes: resources/models/{model}.json (what the model is) and, undeclared beside it, the weights.
"""

import json

from clca.models import ModelSpec, require_key


def require_keys():
    """A key that a hosted model of a planned job needs is missed before anything runs, not hours later."""
    for job in workflow.dag.needrun_jobs():
        if hasattr(job.params, "model"):
            require_key(ModelSpec(**json.loads(job.params.model)))


rule model:
    output:
        "resources/models/{model}.json",
    log:
        "<logs>/models/{model}.log",
    # A missing key or missing weights are to be told before anything else runs.
    priority: 100
    localrule: True
    params:
        spec=student,
    conda:
        "../../envs/clca.yaml"
    script:
        "../scripts/model.py"
