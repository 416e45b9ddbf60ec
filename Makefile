# Two commands to begin with: `make demo` and `make test`. Each sets up what it needs on first use.
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
CONSTRAINTS := constraints.txt
SETUP := pyproject.toml $(CONSTRAINTS)
# An editable install with exactly the versions of constraints.txt.
INSTALL = $(PIP) install --constraint $(CONSTRAINTS) --editable '.[sandbox,cli,keyring,redis]'
# In the order of folders: by default, files with few tests come last, and those are slow.
PYTEST = -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder

.PHONY: help demo test test-lowest check lint types regen regen-check vendor-update docs audit bench soak lock release clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/.demo  ## replace a user in a local sandbox, and show it
	@$(BIN)/maia-scim demo

test: $(VENV)/.test $(VENV)/.prism  ## run the whole test suite
	$(BIN)/python $(PYTEST)

# Tests of what users run; those left out need tools that need newer versions themselves.
LOWEST_TESTS := tests/models tests/scim tests/limits tests/facade tests/sandbox tests/index tests/apply tests/cli \
	--ignore=tests/models/test_payload_table.py --ignore=tests/models/test_typing.py --ignore=tests/facade/test_drift.py
# A part of them that uses attrs, dateutil; httpx; redis; scim2-models, scim2-server; click, rich, tomlkit, keyring.
QUICK_TESTS := $(addprefix tests/,models/test_values.py models/test_wire.py models/test_semantics.py \
	facade/test_wire.py facade/test_network.py facade/test_http2.py facade/test_hard_to_break.py \
	limits/redis/test_processes.py::test_the_gate_of_one_process_is_shut_for_all \
	sandbox/test_personalities.py apply/test_where.py cli/profiles cli/test_output.py cli/test_users_command.py)

test-lowest:  ## run the tests of what users run with the lowest versions allowed, in .venv-lowest; QUICK=1 for a part
	@$(MAKE) --no-print-directory VENV=.venv-lowest CONSTRAINTS=constraints-lowest.txt .venv-lowest/.suite
	.venv-lowest/bin/python $(PYTEST) $(if $(QUICK),$(QUICK_TESTS),$(LOWEST_TESTS))

check: lint types regen-check docs audit  ## lint, format, types, regen-check, docs, audit

lint: $(VENV)/.dev  ## ruff: lint and format; who imports whom; what GitHub reads against its schemas
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/*.yml

types: $(VENV)/.dev  ## mypy --strict and pyright
	$(BIN)/mypy
	$(BIN)/pyright

regen: $(VENV)/.regen  ## regenerate generated/; SPEC=file-or-URL vendors an update first, ACCEPT=1 accepts its losses
	@$(BIN)/python -m scripts.regen $(if $(SPEC),--spec '$(SPEC)') $(if $(ACCEPT),--accept) $(if $(BASE),--base '$(BASE)')

regen-check: $(VENV)/.regen  ## fail when generated/ is not what its inputs give
	@$(BIN)/python -m scripts.regen --check $(if $(BASE),--base '$(BASE)')

vendor-update: $(VENV)/.regen  ## vendor what is published now, and raise the version as far as that calls for
	@$(BIN)/python -m scripts.vendor_update

docs: $(VENV)/.dev  ## build the documentation into site/
	$(BIN)/zensical build --strict --clean

audit: $(VENV)/.dev  ## are there known vulnerabilities in what is pinned? AUDIT=required makes "not audited" an error
	@$(BIN)/python -m scripts.audit $(if $(filter required,$(AUDIT)),--required)

soak: $(VENV)/.demo  ## replace users 100,000 times while one request in a hundred goes wrong; CALLS=number for fewer
	$(BIN)/python benchmarks/soak.py $(if $(CALLS),--calls $(CALLS))

bench: $(VENV)/.bench  ## measure speed, memory and size against what would be used instead; ARGS="--quick --only replacing" for less
	$(BIN)/python -m benchmarks $(ARGS)

release: $(VENV)/.release  ## check, build and tag the version; CHECK=1 tags nothing, SET=x.y.z sets the version and does no more
	@$(BIN)/python -m scripts.release $(if $(CHECK),--check) $(if $(SET),--set '$(SET)') $(if $(BASE),--base '$(BASE)')

lock:  ## resolve the newest versions that pyproject.toml allows into constraints.txt, the lowest into constraints-lowest.txt
	@scripts/lock.sh

clean:  ## remove the environment and everything built
	rm -rf $(VENV) .venv-lowest .cache .regen build dist site report .pytest_cache .mypy_cache .ruff_cache .hypothesis

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

$(VENV)/.regen $(VENV)/.release $(VENV)/.suite $(VENV)/.test $(VENV)/.bench $(VENV)/.dev: $(VENV)/.%: $(VENV)/.pip
	@echo "Installing the $* tools"
	@$(INSTALL) --group $*
	@touch $@

# Prism, of the tests, comes from npm where there is one. No install script runs: one reports home.
$(VENV)/.prism: tests/judges/package.json tests/judges/package-lock.json | $(BIN)/python
	@command -v npm >/dev/null || exit 0; echo "Installing Prism"; mkdir -p $(VENV)/prism && cp $^ $(VENV)/prism && \
	if npm ci --prefix $(VENV)/prism --ignore-scripts --no-audit --no-fund --loglevel=error; then touch $@; else \
	rm -rf $(VENV)/prism; echo "WARNING: Prism could not be installed, so the tests with it skip" >&2; fi
