# Two commands matter: `make run` and `make test`. Both may be run again at any time; what is done is not done twice.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV ?= .venv
TORCH := torch==2.13.0
PYTHON ?= $(shell for p in python3.11 python3; do $$p -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && echo $$p && break; done)
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check
DONE := $(VENV)/.done
# Test processes, each with a Postgres and a Valkey of its own: one more than cores, for many tests wait.
SIDE_BY_SIDE ?= 3
# Files go out in the order of their folders: the few that take half a minute come first, and nobody waits for them.
SPREAD = -n $(SIDE_BY_SIDE) --dist loadfile --no-loadscope-reorder
say = @printf '\033[1;35m▸\033[0m %s\n'

# Which build of torch pip would take here: asked beforehand, because CUDA brings about 3 GB with it.
define WHICH_TORCH
import json, subprocess, sys
ask = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--quiet", "--report", "-", sys.argv[1]]
found = json.loads(subprocess.run(ask, check=True, stdout=subprocess.PIPE).stdout)["install"][0]["metadata"]
cuda = [need for need in found.get("requires_dist", []) if need.startswith(("nvidia", "cuda")) and "extra ==" not in need]
print(f"torch {found['version']}: " + ("this index offers the CUDA build: about 3 GB more come along" if cuda else
      "a build without CUDA, about 200 MB"))
endef
export WHICH_TORCH

.PHONY: help run install dev test cover lint prove migration bench lock clean

help: ## Say what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

run: install ## Install, start everything, stay up until Ctrl-C
	@exec $(VENV)/bin/yume up

install: $(DONE)/app ## Install what running needs

dev: $(DONE)/dev ## Install what developing needs

$(DONE)/venv:
	@test -n "$(PYTHON)" || { echo "Python 3.11 is needed: apt install python3.11 python3-venv"; exit 1; }
	$(say) "1 of 3: a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { echo "The venv module is needed: apt install python3-venv"; exit 1; }
	@mkdir -p $(DONE) && touch $@

$(DONE)/torch: $(DONE)/venv
	$(say) "2 of 3: the engine's library ($(TORCH))"
	@$(PIP) show -q torch 2>/dev/null || $(VENV)/bin/python -c "$$WHICH_TORCH" "$(TORCH)"
	@$(PIP) install --progress-bar on -c requirements.lock "$(TORCH)"
	@touch $@

$(DONE)/app: $(DONE)/torch requirements.lock pyproject.toml
	$(say) "3 of 3: everything else, about 560 MB to fetch"
	@$(PIP) install --progress-bar on -c requirements.lock -e .
	@du -sh $(VENV) | awk '{print "Installed: " $$1 " in $(VENV)"}'
	@touch $@

$(DONE)/dev: $(DONE)/app
	$(say) "What developing needs, about 80 MB to fetch"
	@$(PIP) install --progress-bar on -c requirements.lock -e '.[dev]'
	@touch $@

test: dev ## Run the tests; the long batteries as samples
	@$(VENV)/bin/python -m pytest -m "not gpu" $(SPREAD) $(ARGS)

cover: dev ## Run the tests and say how much of the code they reach
	@$(VENV)/bin/python -m pytest -m "not gpu" $(SPREAD) --cov --cov-report= $(ARGS)
	@echo "Coverage: $$($(VENV)/bin/python -m coverage report --format=total) %"

lint: dev ## Check style, types and the direction of imports
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/lint-imports --no-logo
	@$(VENV)/bin/pyright

prove: dev ## Run the long batteries in full and write docs/proved.md
	@$(VENV)/bin/python -m pytest -m slow --prove --timeout 3600 $(ARGS)

migration: dev ## Write the migration that changed models ask for
	@PYTHONPATH=. $(VENV)/bin/tortoise -c app.migrate.TORTOISE_ORM makemigrations

bench: dev ## Measure speed and memory
	@for script in bench/*.py; do echo "== $$script"; $(VENV)/bin/python $$script; done

lock: dev ## Write requirements.lock from what is installed
	@$(PIP) freeze --exclude-editable | sed -E 's/^(torch==[0-9.]+)\+.*/\1/' | grep -vE '^(nvidia|cuda|triton)' > requirements.lock

clean: ## Remove what was installed; the data folder stays
	@rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache .import_linter_cache .coverage
	$(say) "Removed. Your data in var is kept."
