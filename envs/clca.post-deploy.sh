#!/usr/bin/env bash
# Snakemake runs this in a conda environment that it has made of clca.yaml, in the folder that it was started in.
set -euo pipefail
exec envs/install.sh
