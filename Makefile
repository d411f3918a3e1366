.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help demo test lint bench docs lock clean

help:  ## show what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

# The stamp hangs on the lock alone: editing the project needs no new set-up.
$(READY): requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

demo: $(READY)  ## ask the bundled Indo-Pacific case its questions and write a report
	$(BIN)/indranet demo

test: $(READY)  ## run every test
	$(BIN)/python -m pytest -q -n 2

lint: $(READY)  ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)  ## measure speed beside peers and write docs/benchmarks.md
	$(BIN)/python -m benchmarks

docs: $(READY)  ## build the documentation into docs/_build/html
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html

lock:  ## pin every dependency with its hashes (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --all-extras --no-annotate --no-header --no-emit-index-url pyproject.toml -o requirements.lock

clean:  ## remove what was built
	rm -rf .venv docs/_build build dist
