# make app    the page, on this machine only; makes the environment and a model if there is none
# make test   lint, types, tests; makes the environment if need be
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
READY := $(VENV)/.ready


.PHONY: app test lint types tests screenshots readme benchmarks constraints clean

app: $(READY)
	@test -f models/champion || $(BIN)/pmo-ml train
	$(BIN)/pmo-ml serve

test: lint types tests

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

tests: $(READY)
	$(BIN)/pytest

screenshots: $(READY)
	@test -f models/champion || $(BIN)/pmo-ml train
	$(BIN)/python -m tests.screenshots

# Runs the README's commands and writes down what they said.
readme: $(READY)
	@test -f models/champion || $(BIN)/pmo-ml train
	$(BIN)/python -m tests.readme

benchmarks: $(READY)
	@test -f models/champion || $(BIN)/pmo-ml train
	$(BIN)/python benchmarks/speed.py

# The environment: uv where it is present, plain venv and pip elsewhere.
$(READY): pyproject.toml constraints.txt
ifdef UV
	$(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)
	$(UV) pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable ".[app,dev]"
else
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[app,dev]"
endif
	@touch $(READY)

# Pins every package to what is installed now; versions only, no addresses.
constraints: $(READY)
	$(if $(UV),$(UV) pip freeze --exclude-editable --python $(BIN)/python,$(BIN)/python -m pip freeze --exclude-editable) > constraints.txt

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
