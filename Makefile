# What a person types. Each target makes the virtual environment first when it is missing or when
# pyproject.toml changed. A fresh machine needs Python 3.11 or newer, git and make.
#
#   make PYTHON=python3.13 test      another interpreter
#   make VENV=/tmp/venv test         another place for the environment
#   make test ARGS="tests/engine -n 0"

.DEFAULT_GOAL := help
.PHONY: help demo test check bench format setup clean

VENV ?= .venv
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; \
	done)
ARGS ?=
BIN = $(VENV)/bin
READY = $(VENV)/.ready

# Spoken to git by tests and demo; the user's own settings must not change what they do.
export GIT_CONFIG_GLOBAL = /dev/null
export GIT_CONFIG_SYSTEM = /dev/null
export GIT_TERMINAL_PROMPT = 0

help:
	@echo "make demo    sets everything up, shows the main job from end to end, exits 0"
	@echo "make test    sets everything up, runs every test        (ARGS=… goes to pytest)"
	@echo "make check   format, lint, types, import contracts"
	@echo "make bench   measures against the goals of docs/benchmarks.md  (ARGS='P1 P8')"
	@echo "make format  rewrites what the formatter and the linter can"
	@echo "make clean   removes the environment and everything that was generated"

demo: $(READY)
	@$(BIN)/python examples/demo.py

test: $(READY)
	$(BIN)/python -m pytest -n auto $(ARGS)

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports

bench: $(READY)
	@$(BIN)/python -m benchmarks $(ARGS)

format: $(READY)
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

setup: $(READY)

$(READY): pyproject.toml
	@if [ -z "$(PYTHON)" ]; then \
		echo "digbot needs Python 3.11 or newer; none was found. Install one, or say where: make PYTHON=/path/to/python" >&2; \
		exit 1; fi
	@echo "Setting up $(VENV) with $$($(PYTHON) --version) (once; about a minute)"
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) comes without venv. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --editable . --group dev --config-settings editable_mode=compat
	@touch $@

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
