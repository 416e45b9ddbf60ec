# Two commands to begin with: `make demo` and `make test`. Each sets up what it needs on first use.
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
SETUP := pyproject.toml constraints.txt
# An editable install with exactly the versions of constraints.txt.
INSTALL = $(PIP) install --constraint constraints.txt --editable '.[sandbox,cli,keyring,redis]'

.PHONY: help demo test check lint types regen regen-check docs bench soak lock release clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/.demo  ## replace a user in a local sandbox, and show it
	@$(BIN)/maia-scim demo

test: $(VENV)/.test $(VENV)/.prism  ## run the whole test suite
	$(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile

check: lint types regen-check docs  ## lint, format, types, regen-check, docs

lint: $(VENV)/.dev  ## ruff: lint and format; who imports whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

types: $(VENV)/.dev  ## mypy --strict and pyright
	$(BIN)/mypy
	$(BIN)/pyright

regen: $(VENV)/.regen  ## regenerate generated/; SPEC=file-or-URL vendors an update first, ACCEPT=1 accepts its losses
	@$(BIN)/python -m scripts.regen $(if $(SPEC),--spec '$(SPEC)') $(if $(ACCEPT),--accept) $(if $(BASE),--base '$(BASE)')

regen-check: $(VENV)/.regen  ## fail when generated/ is not what its inputs give
	@$(BIN)/python -m scripts.regen --check $(if $(BASE),--base '$(BASE)')

docs: $(VENV)/.dev  ## build the documentation into site/
	$(BIN)/zensical build --strict --clean

soak: $(VENV)/.demo  ## replace users 100,000 times while one request in a hundred goes wrong; CALLS=number for fewer
	$(BIN)/python benchmarks/soak.py $(if $(CALLS),--calls $(CALLS))

bench: $(VENV)/.bench  ## measure speed, memory and size against what would be used instead; ARGS="--quick --only replacing" for less
	$(BIN)/python -m benchmarks $(ARGS)

release: $(VENV)/.release  ## check, build and tag the version; CHECK=1 tags nothing, SET=x.y.z sets the version and does no more
	@$(BIN)/python -m scripts.release $(if $(CHECK),--check) $(if $(SET),--set '$(SET)') $(if $(BASE),--base '$(BASE)')

lock:  ## resolve the newest versions that pyproject.toml allows into constraints.txt
	@scripts/lock.sh

clean:  ## remove the environment and everything built
	rm -rf $(VENV) .cache .regen build dist site report .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The environment grows: demo needs a little, regen and test more, dev everything.
$(BIN)/python:
	@python=$$(PYTHON='$(PYTHON)' scripts/find-python.sh) && echo "Setting up $(VENV) with $$python" && { "$$python" -m venv $(VENV) || { rm -rf $(VENV); exit 1; }; }

$(VENV)/.pip: $(SETUP) | $(BIN)/python
	@$(PIP) install --constraint constraints.txt --upgrade pip
	@touch $@

$(VENV)/.demo: $(VENV)/.pip
	@echo "Installing maia-scim with its sandbox and command line"
	@$(INSTALL)
	@touch $@

$(VENV)/.regen $(VENV)/.release $(VENV)/.test $(VENV)/.bench $(VENV)/.dev: $(VENV)/.%: $(VENV)/.pip
	@echo "Installing the $* tools"
	@$(INSTALL) --group $*
	@touch $@

# Prism, of the tests, comes from npm where there is one. No install script runs: one reports home.
$(VENV)/.prism: tests/judges/package.json tests/judges/package-lock.json | $(BIN)/python
	@command -v npm >/dev/null || exit 0; echo "Installing Prism"; mkdir -p $(VENV)/prism && cp $^ $(VENV)/prism && \
	if npm ci --prefix $(VENV)/prism --ignore-scripts --no-audit --no-fund --loglevel=error; then touch $@; else \
	rm -rf $(VENV)/prism; echo "WARNING: Prism could not be installed, so the tests with it skip" >&2; fi
