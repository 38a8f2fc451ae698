"""How a stage is spread over nodes: which marks its artifact waits for.

The journal is shared by all processes and an artifact is made of it alone. So the jobs of N shards run the artifact's own
stage on a part each, only to fill the journal, and each ends in an empty temp() file, its mark. The artifact's job takes
the marks as input and finds nothing left to ask. What an artifact is does not depend on N, so nothing reruns for it.
"""

import hashlib


scattergather:
    shards=config["shards"],


# By rule, beside the artifact.
MARKS = {
    "dialogues": "<results>/data/{culture}/{teacher}/{corpus}/.dialogues.{scatteritem}.{edition}",
    "answers": "<results>/{model}/{culture}/persona/.answers.{language}.{scatteritem}.{edition}",
    "adapter_answers": "<results>/{model}/{culture}/{variant}-seed{seed}/.answers.{language}.{scatteritem}.{edition}",
}


def edition(rule_name, wildcards):
    """What params amount to, in eight letters, so that a mark that a killed run left counts for the same work alone."""
    params = {
        name: param(wildcards) if callable(param) else param
        for name, param in getattr(rules, rule_name).params.items()
    }
    return hashlib.sha256(canonical(params).encode()).hexdigest()[:8]


def marks(rule_name):
    """Input function: the marks of a rule's shards; none where there is one shard, the whole."""

    def paths(wildcards):
        # A form that is not among the study's is answered in one job.
        if len(gather.shards("{scatteritem}")) == 1 or "form" in wildcards.keys():
            return []
        return gather.shards(
            MARKS[rule_name], edition=edition(rule_name, wildcards), **wildcards
        )

    return paths
