# As many jobs as `--config jobs=N` says, in chains of four: what Snakemake itself takes to plan so many.
CHAINS = range(max(1, int(config["jobs"]) // 4))


rule all:
    input:
        expand("bare/{chain}.c", chain=CHAINS),


rule start:
    output:
        "bare/{chain}.start",
    shell:
        "touch {output}"


rule a:
    input:
        "bare/{chain}.start",
    output:
        "bare/{chain}.a",
    shell:
        "touch {output}"


rule b:
    input:
        "bare/{chain}.a",
    output:
        "bare/{chain}.b",
    shell:
        "touch {output}"


rule c:
    input:
        "bare/{chain}.a",
        "bare/{chain}.b",
    output:
        "bare/{chain}.c",
    shell:
        "touch {output}"
