# Everything that is done to this project by hand or by CI is a target here. `make help` lists them.

PORT ?= 8000
DATA ?= var
DEMO ?= 1
SECONDS ?= 60
PYTHON ?= python3

VENV := .venv
BIN := $(VENV)/bin
ASSETS := shared/web/static/build/manifest.json
ASSET_SOURCES := $(shell find shared/web/frontend -type f -not -path '*/node_modules/*' 2>/dev/null)
PYTEST := $(BIN)/python -m pytest

# Compiled code is kept, in the environment and not beside the sources, also on machines that forbid it: the system is
# many processes, and each would compile all of it anew at every start.
export PYTHONDONTWRITEBYTECODE :=
export PYTHONPYCACHEPREFIX := $(CURDIR)/$(VENV)/pycache

.DEFAULT_GOAL := help
.PHONY: help run run-distributed test sure fmt lint types imports catalogue bench proof proof-outage secrets lock clean

help: ## List what can be done
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/run.stamp $(ASSETS) ## Start the whole system here (PORT=8000 DATA=var DEMO=1)
	@exec $(BIN)/streetscene up --port $(PORT) --data $(DATA) --demo $(DEMO)

run-distributed: $(VENV)/run.stamp $(ASSETS) ## Start it as separate processes over RabbitMQ, behind nginx
	@exec $(BIN)/streetscene up --distributed --port $(PORT) --data $(DATA) --demo $(DEMO)

test: $(VENV)/dev.stamp $(ASSETS) ## Run every test that this machine has the servers for
	@$(PYTEST) -q --numprocesses 4 --no-loadscope-reorder

sure: $(VENV)/dev.stamp $(ASSETS) ## Run all that CI runs: format, lint, types, import contracts, generated files, tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/streetscene catalogue --check
	@$(MAKE) --no-print-directory test

fmt: $(VENV)/dev.stamp ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix-only .

lint: $(VENV)/dev.stamp ## Check format and lint
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(VENV)/dev.stamp ## Check types
	@$(BIN)/mypy

imports: $(VENV)/dev.stamp ## Check who may import whom
	@$(BIN)/lint-imports

catalogue: $(VENV)/run.stamp ## Write the event catalogue, AsyncAPI document and RabbitMQ definitions anew
	@$(BIN)/streetscene catalogue

bench: $(VENV)/dev.stamp ## Measure speed and memory as ratios against references in the same run
	@$(BIN)/python -m tests.bench

proof: $(VENV)/dev.stamp $(ASSETS) ## Run the full tables: every walk; kills, a restored backup, a stopped broker, a lived month and a lived day, compared with what was told
	@$(PYTEST) -q -m full
	@$(BIN)/python -m tests.proof

proof-outage: $(VENV)/dev.stamp $(ASSETS) ## Stop the broker for a minute under load, and compare (SECONDS=60)
	@$(BIN)/python -m tests.proof --window broker-away --seconds $(SECONDS)

secrets: $(VENV)/run.stamp ## Make the secrets that docker-compose.yml mounts
	@$(BIN)/python -m deploy.compose_secrets

lock: $(VENV)/bin/pip ## Pin the dependencies anew (hashes, no index addresses)
	@$(BIN)/pip install --quiet uv
	@for set in "pyproject.toml -o requirements.lock" "pyproject.toml --group dev -o requirements-dev.lock" "--group node -o requirements-node.lock"; do \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $$set || exit 1; \
	done

clean: ## Remove what was installed and built (never the data)
	@rm -rf $(VENV) shared/web/static/build shared/web/frontend/node_modules

# pip comes last into a new environment: one that was interrupted before it is made again.
$(VENV)/bin/pip:
	@command -v $(PYTHON) >/dev/null || { echo "streetscene: $(PYTHON) is not on the PATH: install Python 3.11 or newer, or set PYTHON=" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "streetscene: Python 3.11 or newer is needed, and $(PYTHON) is older" >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "streetscene: this Python has no venv module: install it (Debian: apt-get install python3-venv)" >&2; exit 2; }
	@echo "Making a virtual environment in $(VENV) …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.lock pyproject.toml | $(VENV)/bin/pip
	@test -e $(VENV)/dev.stamp -a $(VENV)/dev.stamp -nt requirements.lock || { echo "Installing the locked dependencies (a minute, once) …"; \
		$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock; }
	@PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock pyproject.toml | $(VENV)/bin/pip
	@echo "Installing the locked dependencies and tools (a minute or two, once) …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(ASSETS): $(ASSET_SOURCES) | $(VENV)/bin/pip
	@BIN=$(abspath $(BIN)) sh shared/web/frontend/build.sh
	@touch $@
