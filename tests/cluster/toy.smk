# Rules without a model, run under the workflow's profile: what matters is how their jobs end.


rule all:
    default_target: True
    input:
        "out/a",
        "out/b",
        "out/c",


# Runs until somebody makes the file `go`.
rule waits:
    output:
        "out/{name}",
    shell:
        "mkdir -p started; echo $SLURM_JOB_ID >> started/{wildcards.name}; "
        "until [ -e go ]; do sleep 0.2; done; touch {output}"


# Needs more than it asks for at first.
rule hungry:
    output:
        "out/fed",
    resources:
        mem_mb=lambda wildcards, attempt: 500 * attempt**2,
    shell:
        "mkdir -p started; echo $SLURM_JOB_ID >> started/hungry; "
        "python -c 'import time; held = b\"x\" * 700_000_000; time.sleep(8)'; touch {output}"


rule impossible:
    output:
        "out/never",
    resources:
        gpu=7,
    shell:
        "touch {output}"
