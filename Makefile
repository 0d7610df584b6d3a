# maestrod: `make` lists the targets. Needs Python 3.11 or newer and make; everything else goes into .venv.

# The first one that is new enough.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
MINUTES ?= 5

# Settings of the user's shell or pip that would send the installation somewhere else than .venv.
CLEAN_ENV := env -u PIP_USER -u PIP_TARGET -u PIP_PREFIX -u PIP_ROOT -u PIP_REQUIRE_HASHES -u PYTHONPATH -u PYTHONHOME

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format bench bench-quick soak screenshots wheel clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## Create .venv with maestrod and the tools of its developers

$(STAMP): pyproject.toml
	@test -x $(BIN)/python || $(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "maestrod needs Python 3.11 or newer, and '$(or $(PYTHON),python3)' is not. Name one: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@test -x $(BIN)/python || $(CLEAN_ENV) $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "'$(PYTHON) -m venv' does not work here; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["dev"], sep="\n")' > $(VENV)/dev.txt
	@echo "Installing maestrod and its tools into $(VENV) ..."
	@$(CLEAN_ENV) $(BIN)/python -m pip install -qq --disable-pip-version-check --editable . --requirement $(VENV)/dev.txt
	@touch $@

# Everything the demo leaves behind is in one folder with a short name (socket paths have about 100 bytes), and no daemon
# outlives it. On failure the folder stays, so that there is something to look at.
demo: setup ## Run a plan over this repository, end to end
	@MAESTRO_HOME=$$(mktemp -d /tmp/maestro-demo.XXXXXX) || exit 1; export MAESTRO_HOME; status=1; \
	finish() { $(BIN)/maestroctl daemon stop --sessions stop >/dev/null; \
	  if [ $$status = 0 ]; then rm -rf "$$MAESTRO_HOME"; else echo "The demo's files are in $$MAESTRO_HOME" >&2; fi; }; \
	trap finish EXIT; trap 'exit 130' INT TERM HUP; \
	$(BIN)/maestroctl run "Check this repository" --agent shell --planner examples/plan-repository; status=$$?; exit $$status

test: setup ## Run all tests (ARGS="-k name" passes on to pytest)
	@$(BIN)/python -m pytest $(ARGS)

lint: setup ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: setup ## Rewrite the source in the house format
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

bench: setup ## Measure everything against its floor; writes bench/latest.json
	@$(BIN)/python -m bench $(ARGS)

bench-quick: setup ## The same in under a minute
	@$(BIN)/python -m bench --quick $(ARGS)

soak: setup ## Kill things at random and check the history: make soak MINUTES=60
	@$(BIN)/python -m bench.soak --minutes $(MINUTES) $(ARGS)

screenshots: setup ## Make pictures of the web page into build/screenshots (ARGS=--readme: the README's)
	@$(BIN)/python -m tests.page.screenshots $(ARGS)

wheel: setup ## Build the wheel and the source archive into dist/
	@rm -rf dist
	@$(CLEAN_ENV) $(BIN)/python -m build --quiet
	@ls dist

clean: ## Remove what make made
	@rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
