# One command each; everything is made in .venv, from requirements.lock. Needs python 3.11 to 3.13 and make, nothing else.
.DEFAULT_GOAL := help
.PHONY: help env demo demo-postgresql demo-clean up test lint docs bench lock

BIN := .venv/bin
STAMP := .venv/.made-from-lock
UV := VIRTUAL_ENV="$(CURDIR)/.venv" $(BIN)/uv pip
# uv brings its own certificates; behind a company's proxy only the machine's know the index.
SYNC := $(UV) sync --quiet --require-hashes requirements.lock
# The first of these that is a usable Python 3.11 to 3.13 makes the environment; PYTHON=... overrides.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3 python $$HOME/.pyenv/versions/3.1[123].*/bin/python3; do \
	"$$p" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' >/dev/null 2>&1 && echo "$$p" && break; done)

help: ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: $(STAMP) ## the environment, from the lock
	@test -x $(BIN)/governance || { rm -f $(STAMP); $(MAKE) --no-print-directory $(STAMP); }

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 with venv and ensurepip was found. Install one, or say make PYTHON=/path/to/python3"; exit 1; }
	@echo "making .venv with $(PYTHON)"
	@test -x $(BIN)/python || "$(PYTHON)" -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(SYNC) 2>/dev/null || UV_SYSTEM_CERTS=1 $(SYNC)
	@$(UV) install --quiet --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

demo: env ## the whole story on a generated warehouse, through Airflow; ends with a report
	@$(BIN)/python -m examples.demo

demo-postgresql: env ## the same on PostgreSQL, warehouse and ledger; ends with a comparison against the planted truth
	@$(BIN)/python -m examples.demo --warehouse postgresql --check

demo-clean: env ## forget the demo: its warehouse, ledger, keys and Airflow
	@$(BIN)/python -m examples.demo --clean
	@$(BIN)/python -m examples.demo --warehouse postgresql --clean

up: env ## Airflow with its pages on the demo data; Ctrl-C ends it
	@$(BIN)/python -m examples.demo --up

test: env ## all tests
	@$(BIN)/python -m pytest -n auto --dist loadfile

lint: env ## style, types and import contracts
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

docs: env ## write the generated reference pages
	@$(BIN)/python docs/generate.py

bench: env ## measure; writes benchmarks/RESULTS.md
	@$(BIN)/python -m benchmarks

lock: env ## pin requirements.in anew
	@$(BIN)/uv pip compile --quiet --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
		--allow-unsafe requirements.in --output-file requirements.lock
