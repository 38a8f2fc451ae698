#!/usr/bin/env bash
# Snakemake runs this in a conda environment that it has made of clca.yaml, in the folder that it was started in.
set -euo pipefail
envs/install.sh
uv pip install --quiet --python "$(command -v python)" --offline --no-deps --no-build-isolation -e .
