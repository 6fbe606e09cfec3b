# The two commands are `make run` and `make test`; each creates the environment first where it is missing or outdated.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# The stages' commands start `python`. It must be the environment's even if DVC was started without activation, by an
# editor or by the worker of a queue. So this line goes into a .pth file, which Python runs at its start: it puts the
# environment's folder first in PATH.
OWN_PYTHON := import os, sys; own = os.path.join(sys.prefix, "bin") + os.pathsep; path = os.environ.get("PATH", os.defpath); \
	os.environ["PATH"] = path if path.startswith(own) else own + path

.PHONY: run report exp-show test test-slow fuzz torture same-bits experiments lint env lock check-lock clean

run: env
	$(BIN)/python -m imagelab run $(if $(JOBS),--jobs $(JOBS))

# Columns of metrics/summary.json and of params.yaml, by the beginnings of their names. These fit 120 characters.
COLUMNS_SHOWN ?= mnist\.|(fashion_mnist|cifar10)\.best|clocks\.reader|leaves\.gan

report: env  # opens the page of the last run where there is a screen, and says where it is
	@$(BIN)/python -m imagelab report

exp-show: env  # what was tried, as a table of a few columns: make exp-show COLUMNS_SHOWN='mnist\.|keras_example\.'
	$(BIN)/dvc exp show --no-pager --drop '.*' --keep 'Experiment|$(COLUMNS_SHOWN)'

test: env lint
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-slow: env
	$(BIN)/python -m pytest -m slow

fuzz: env  # 320,000 damaged files for the readers of raw data: five minutes and more
	$(BIN)/python -m pytest -m fuzz tests/pipeline/test_fuzz.py

same-bits: env  # the last commit in two clean clones: twice as long as a first make run
	.ci/same-bits

experiments: run  # the commands of docs/experiments.md, in a clone of the last commit
	.ci/experiments

torture: env  # kills nearly every kind of stage at random moments; most of an hour on two slow cores
	$(BIN)/python -m pytest -m torture --capture=no tests/pipeline/test_torture.py

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
	@echo '$(OWN_PYTHON)' > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/own_python.pth"
	@touch $@

# For every supported Python and platform at once.
COMPILE := $(BIN)/uv pip compile --quiet pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-header

lock: env  # renews requirements.txt from pyproject.toml
	$(COMPILE) --upgrade --output-file requirements.txt

check-lock: env  # needs the package index; without it, tests/test_supply_chain.py compares
	@cp requirements.txt $(VENV)/resolved.txt
	$(COMPILE) --output-file $(VENV)/resolved.txt > /dev/null
	@for file in requirements.txt $(VENV)/resolved.txt; do \
		grep -v -e '--hash=' $$file > $(VENV)/$$(basename $$file .txt).pins || exit 1; done  # releases gain files later
	@diff $(VENV)/requirements.pins $(VENV)/resolved.pins \
		|| { echo 'error: requirements.txt: expected what pyproject.toml resolves to (make lock)' >&2; exit 1; }

clean:  # removes the environment, and keeps .imagelab, which holds finished trainings
	rm -rf $(VENV)
