# maestrod: `make` lists the targets. Needs Python 3.11 or newer and make; everything else goes into .venv.

# The first one that is new enough.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# What is installed, to the byte: with hashes, for every Python from 3.11. `make lock` renews it.
LOCK := requirements/dev.txt
MINUTES ?= 5

# Settings of the user's shell or pip that would send the installation somewhere else than .venv, or choose other packages.
CLEAN_ENV := env -u PIP_USER -u PIP_TARGET -u PIP_PREFIX -u PIP_ROOT -u PIP_REQUIRE_HASHES -u PIP_CONSTRAINT \
  -u PIP_BUILD_CONSTRAINT -u PIP_NO_BINARY -u PIP_ONLY_BINARY -u PIP_PRE -u PYTHONPATH -u PYTHONHOME
PIP = $(CLEAN_ENV) $(BIN)/python -m pip install -qq --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help setup lock demo check test test-lowest test-newest lint format bench bench-quick soak screenshots docs wheel clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## Create .venv with maestrod and the tools of its developers

$(STAMP): pyproject.toml requirements/build.txt $(LOCK)
	@test -x $(BIN)/python || $(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "maestrod needs Python 3.11 or newer, and '$(or $(PYTHON),python3)' is not. Name one: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@test -x $(BIN)/python || $(CLEAN_ENV) $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "'$(PYTHON) -m venv' does not work here; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing maestrod and its tools into $(VENV) ..."
	@$(PIP) --require-hashes --only-binary :all: --requirement requirements/build.txt
	@$(PIP) --require-hashes --no-build-isolation --requirement $(LOCK)
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

lock: setup ## Renew the locked versions in requirements/, deliberately
	@$(CLEAN_ENV) $(BIN)/python requirements/renew.py

# Everything the demo leaves behind is in one folder with a short name (socket paths have about 100 bytes), and no daemon
# outlives it. On failure the folder stays, so that there is something to look at.
demo: setup ## Run a plan over this repository, end to end
	@MAESTRO_HOME=$$(mktemp -d /tmp/maestro-demo.XXXXXX) || exit 1; export MAESTRO_HOME; status=1; \
	finish() { $(BIN)/maestroctl daemon stop --sessions stop >/dev/null; \
	  if [ $$status = 0 ]; then rm -rf "$$MAESTRO_HOME"; else \
	  echo "The demo's daemon has stopped. To look at what it left: MAESTRO_HOME=$$MAESTRO_HOME $(BIN)/maestroctl status" >&2; fi; }; \
	trap finish EXIT; trap 'exit 130' INT TERM HUP; \
	$(BIN)/maestroctl run "Check this repository" --agent shell --planner examples/plan-repository; status=$$?; exit $$status

# Side by side (tests/kit/side_by_side.py). One test to debug: make test ARGS="-n0 -k name --pdb", or pytest itself.
PYTEST = $(BIN)/python -m pytest -n auto

check: setup lint ## Check style and types and run the fast tests: before each commit
	@$(PYTEST) -m "not slow" $(ARGS)

test: setup ## Run all tests (ARGS="-k name" passes on to pytest)
	@$(PYTEST) $(ARGS)

# What users of the wheel may have instead of the locked versions; only what depends on libraries is tested with them.
RANGE_TESTS := tests/api tests/store tests/contract

test-lowest: ## Test with the oldest dependencies that pyproject.toml allows
	@$(MAKE) --no-print-directory VENV=.venv-lowest LOCK=requirements/lowest.txt test ARGS="$(RANGE_TESTS)"

test-newest: ## Test with the newest dependencies there are today
	@$(MAKE) --no-print-directory VENV=.venv-newest setup
	@$(MAKE) --no-print-directory VENV=.venv-newest upgrade
	@$(MAKE) --no-print-directory VENV=.venv-newest test ARGS="$(RANGE_TESTS)"

upgrade: setup
	@$(PIP) --upgrade --upgrade-strategy eager --editable .

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

docs: setup ## Renew the pages that are made from code
	@$(BIN)/python -m tests.kit.pages.states > docs/states.md
	@$(BIN)/python -m tests.kit.pages.configuration > docs/configuration.md
	@$(BIN)/python -m tests.kit.pages.page_statuses > page/js/model/statuses.js
	@$(BIN)/python -m tests.kit.pages.man_pages

wheel: setup ## Build the wheel and the source archive into dist/
	@rm -rf dist
	@$(CLEAN_ENV) $(BIN)/python -m build --quiet
	@ls dist

clean: ## Remove what make made
	@rm -rf .venv .venv-lowest .venv-newest build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
