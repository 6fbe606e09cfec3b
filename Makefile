# The two commands are `make run` and `make test`; each creates the environment first where it is missing or outdated.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)# the stages' commands say `python`

.PHONY: run test test-slow fuzz lint env lock clean

run: env
	$(BIN)/dvc repro
	@$(BIN)/python -m imagelab summary

test: env lint
	$(BIN)/python -m pytest

test-slow: env
	$(BIN)/python -m pytest -m slow

fuzz: env  # 240,000 damaged files for the readers of raw data; a part of test-slow
	$(BIN)/python -m pytest -m slow tests/test_fuzz.py

lint: env
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

env: $(VENV)/installed

$(VENV)/installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; (3, 11) <= v < (3, 14) or sys.exit("error: Python: $(PYTHON): expected 3.11 to 3.13 (make PYTHON=...), received %d.%d" % v[:2])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

lock: env  # renews requirements.txt from pyproject.toml, for every supported Python and platform
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-header --output-file requirements.txt

clean:  # the environment; .imagelab holds what a search has trained
	rm -rf $(VENV)
