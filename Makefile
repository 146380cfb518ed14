# Set-up, tests and checks of this repository.
# Needs Python 3.11 or later with venv, git and a C compiler. Nothing here asks for root.
#
#   make demo      try whet: a small C program, about two minutes with the set-up
#   make test      the test suite; `make test ARGS="-k judge"` for a part of it
#   make slow      the long simulations, which CI runs as well
#   make check     test, lint, types, layers, docs: what CI runs
#   make PYTHON=/usr/bin/python3.12 test     choose the interpreter

# Only relative paths are used, so that the checkout may lie under a path with spaces.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?=
PYTHONS := python3.11 python3.12 python3.13 python3.14 python3
FIT := import sys, venv, ensurepip; raise SystemExit(sys.version_info < (3, 11))
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

# An editable install knows its folder by an absolute path: made elsewhere, it would test elsewhere.
WHERE := $(shell cat $(VENV)/.where 2>/dev/null)
FITS := $(shell test -x $(BIN)/python && echo yes)

# Tests measure, and what runs beside them disturbs: what failed must pass by itself, or has failed.
AGAIN = echo "Once more, by itself, what has failed" && \
  $(BIN)/python -m pytest --last-failed --last-failed-no-failures none

.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test slow lint format types layers docs bench check clean

help:
	@sed -n 's/^#   //p' Makefile

demo: $(VENV)/.base
	@$(BIN)/whet demo --dir whet-demo

test: $(VENV)/.test
	@$(BIN)/python -m pytest -m "not slow" -n auto --dist loadfile --no-loadscope-reorder $(ARGS) \
	|| { test $$? = 1 && $(AGAIN) -m "not slow" $(ARGS); }

slow: $(VENV)/.test
	@$(BIN)/python -m pytest -m slow --durations=20 $(ARGS) || { test $$? = 1 && $(AGAIN) -m slow $(ARGS); }

lint: $(VENV)/.lint
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .

format: $(VENV)/.lint
	@$(BIN)/python -m ruff check --fix-only .
	@$(BIN)/python -m ruff format .

types: $(VENV)/.lint
	@$(BIN)/python -m mypy

layers: $(VENV)/.lint
	@$(BIN)/lint-imports

docs: $(VENV)/.docs
	@$(BIN)/python docs/generate.py --check
	@$(BIN)/python plugin/generate.py --check
	@$(BIN)/python -m zensical build --clean --strict

bench: $(VENV)/.base
	@$(BIN)/python benchmarks/run.py $(ARGS)

check: test slow lint types layers docs

clean:
	rm -rf $(VENV) site build dist whet-demo
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# Stamps: one for each thing that is installed, so that a second call costs nothing.

ifneq ($(WHERE)$(FITS),$(CURDIR)yes)
.PHONY: $(VENV)/.made
endif

$(VENV)/.made:
	@set -- $(if $(PYTHON),"$(PYTHON)",$(PYTHONS)); \
	for python; do \
	  "$$python" -c '$(FIT)' 2>/dev/null || continue; \
	  test ! -e $(VENV)/.where || rm -rf $(VENV); \
	  echo "Making $(VENV) with $$("$$python" --version)"; \
	  "$$python" -m venv $(VENV) && pwd -P >$(VENV)/.where && touch $@; \
	  exit; \
	done; \
	echo "error: no Python 3.11 or later with its venv module; looked for: $$*" >&2; \
	echo "" >&2; \
	echo "hint: Debian, Ubuntu: install python3 and python3-venv. Fedora: python3. macOS: python@3.13" >&2; \
	echo "hint: or name one: make PYTHON=/path/to/python3 $(MAKECMDGOALS)" >&2; \
	exit 1

$(VENV)/.base: $(VENV)/.made pyproject.toml
	@echo "Installing whet and what it needs into $(VENV)"
	@$(PIP) --editable .
	@touch $@

# Dependency groups came with pip 25.1.
$(VENV)/.pip: $(VENV)/.base
	@$(PIP) --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/.test $(VENV)/.lint $(VENV)/.docs $(VENV)/.browser: $(VENV)/.%: $(VENV)/.pip
	@echo "Installing the $* tools into $(VENV)"
	@$(PIP) --group $*
	@touch $@
