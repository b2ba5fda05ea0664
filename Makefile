# `make` alone lists the targets. Everything runs from .venv; nothing is installed outside it.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
# Compiled code is kept: the tests start many short processes.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Five workers for two cores, since many tests wait for a process or a line; the long files go first. A test file stays
# on one worker, so what it starts (PostgreSQL, a pseudo-terminal) starts once (tests/conftest.py).
PYTEST_ARGS ?= -n 5 --dist loadfile --no-loadscope-reorder

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements/dev.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"Python 3.11 or newer is needed; name one with make PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

.PHONY: setup
setup: $(STAMP) ## make .venv with the locked dependencies

.PHONY: demo
demo: setup ## run one station with its HQ (scripted day when there is no terminal)
	$(BIN)/station-pos demo

.PHONY: test
test: setup ## run all tests
	$(BIN)/python -m pytest $(PYTEST_ARGS) tests

.PHONY: lint
lint: setup ## format, lint, types and import contracts, without the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: format
format: setup ## put the code into form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: check
check: lint test ## format, lint, types, import contracts, tests

.PHONY: bench
bench: setup ## measure; one JSON line per figure
	$(BIN)/python -m benchmarks

# Fewer runs, or one step again: make soak SOAK="--runs 100 --seed 7"
SOAK ?=

.PHONY: soak
soak: setup ## the long runs: power cut at every step, the console over a country, forms drawn at random
	$(BIN)/python -m benchmarks --soak $(SOAK)
	STATION_POS_FUZZ=200 $(BIN)/python -m pytest -n 0 -q --timeout 7200 tests/hq_server/test_fuzzed.py

# Locks name versions and hashes, never the index that they came from.
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" pyproject.toml

.PHONY: lock
lock: ## resolve the dependencies again and write requirements/*.lock
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv
	$(COMPILE) --extra station -o requirements/station.lock
	$(COMPILE) --extra hq -o requirements/hq.lock
	$(COMPILE) --extra station --extra hq --extra demo --extra dev -o requirements/dev.lock

.PHONY: clean
clean: ## remove .venv, caches and build products
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
