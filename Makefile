# A fresh machine needs Python 3.11 or newer and make; everything else goes into .venv.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# touched after every install, so that one happens only when what is asked for has changed
STAMP  := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo lab test lint types tests bench notebooks format clean
.NOTPARALLEL:

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(STAMP) ## draw a picture and a sweep on the simulator, into demo-output/
	@$(BIN)/leonardo-nb demo

lab: $(STAMP) ## open JupyterLab at the first notebook
	@$(BIN)/leonardo-nb lab

test: $(STAMP) ## everything that must hold before a commit
	@$(MAKE) --no-print-directory --keep-going lint types tests

lint: $(STAMP) ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP) ## mypy, strict
	$(BIN)/mypy

tests: $(STAMP) ## pytest: units, doctests, notebooks, JavaScript, browser, wheel
	$(BIN)/pytest --nbval-lax --nbval-current-env --nbval-cell-timeout=60 tests leonardo_nb README.md notebooks

bench: $(STAMP) ## measure, and write benchmarks/RESULTS.md
	@$(BIN)/python -m benchmarks.run

notebooks: $(STAMP) ## run the notebooks in place, on the simulator
	@$(BIN)/python scripts/run_notebooks.py

format: $(STAMP) ## let ruff put the code in order
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

clean: ## take away what make made
	rm -rf $(VENV) demo-output dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'leonardo_nb needs Python 3.11 or newer; name one with `make PYTHON=python3.12 ...`.' >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { \
	  rm -rf $(VENV); \
	  echo 'No virtual environment could be made; on Debian and Ubuntu, `apt-get install python3-venv` brings what is missing.' >&2; exit 1; }
	@echo 'Installing into $(VENV) ...'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]' -c constraints.txt
	@touch $@
