# The two commands are `make run` and `make test`; each creates the environment first where it is missing or outdated.

PYTHON ?= python3
VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: run test lint env lock clean

run: env
	dvc repro
	@python -m imagelab summary

test: env lint
	python -m pytest

lint: env
	ruff format --check .
	ruff check .
	mypy
	lint-imports --no-logo

env: $(VENV)/installed

$(VENV)/installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; (3, 11) <= v < (3, 14) or sys.exit("error: Python: $(PYTHON): expected 3.11 to 3.13 (make PYTHON=...), received %d.%d" % v[:2])'
	$(PYTHON) -m venv $(VENV)
	python -m pip install --disable-pip-version-check --require-hashes -r requirements.txt
	python -m pip install --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

lock: env  # renews requirements.txt from pyproject.toml, for every supported Python and platform
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-header --output-file requirements.txt

clean:
	rm -rf $(VENV) .imagelab
