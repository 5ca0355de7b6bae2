# Everything a contributor or a curious person types. `make run` and `make test` set up what they need.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Tests that need real data look below GLASSHOUSE_DATA and are skipped, with a reason, where it is not set.
export OMP_NUM_THREADS ?= 1

.PHONY: help setup run test check format bench recipes docs clean

help:  ## show this help
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(VENV)/.ready: pyproject.toml constraints-cpu.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --constraint constraints-cpu.txt --editable '.[dev]'
	touch $@

setup: $(VENV)/.ready  ## make a virtual environment with everything in it

run: setup  ## the main job on built-in data: explore, train, report, bundle, predict
	env -u OMP_NUM_THREADS $(BIN)/python examples/first_run.py

test: setup  ## run the tests
	$(BIN)/python -m pytest -n auto --dist worksteal

check: setup  ## lint, types, floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup  ## format the code and sort the imports
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.venv-bench/.ready: benchmarks/requirements.txt constraints-cpu.txt pyproject.toml
	test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip --disable-pip-version-check --quiet install \
		--constraint constraints-cpu.txt --requirement benchmarks/requirements.txt --editable .
	touch $@

bench: .venv-bench/.ready  ## speed and memory beside other trainers: tables and a figure in docs/benchmarks.md
	env -u OMP_NUM_THREADS .venv-bench/bin/python benchmarks/step_time.py --write docs/benchmarks.md
	env -u OMP_NUM_THREADS .venv-bench/bin/python benchmarks/dense_step.py --write docs/benchmarks.md
	env -u OMP_NUM_THREADS .venv-bench/bin/python benchmarks/memory.py --write docs/benchmarks.md

recipes: setup  ## train the small form of every recipe and say whether it passes
	$(BIN)/python benchmarks/recipes.py --small

$(VENV)/.docs: $(VENV)/.ready
	$(PIP) install --constraint constraints-cpu.txt --editable '.[docs]'
	touch $@

docs: $(VENV)/.docs  ## build the handbook into docs/_build/html
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

clean:  ## remove what can be made again (never runs/)
	rm -rf $(VENV) .venv-bench docs/_build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
