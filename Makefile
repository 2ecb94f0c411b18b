# Everything a newcomer runs. `make demo` and `make test` set up what they need by themselves; only Python 3.11+ and make must be there.
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
RUN := $(BIN)/python -m
RUNTIME := .venv/.runtime
DEVELOPMENT := .venv/.development
# --require-hashes: only files whose hash stands in the lock; no index address is written anywhere, pip's own settings decide
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input
PINNED := $(BIN)/python -c "from importlib.metadata import version as v; \
	f, k = v('faust-streaming'), v('aiokafka'); assert f == '0.15.3' and k.startswith('0.14.'), f'expected faust-streaming 0.15.3 and aiokafka 0.14, found {f} and {k}'"
# of `make test`, each with a Kafka and a PostgreSQL of its own; the tests of a file stay together. One more than processors: tests wait a lot
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); [ $$n -gt 5 ] && echo 6 || echo $$((n + 1)))
export PYTHONUNBUFFERED := 1

.PHONY: help setup demo up test lint types scenarios faults soak bench schemas lock clean

help:            ## this list
	@grep -E '^[a-z]+: .*##|^[a-z]+: +##' Makefile | sed -E 's/:[^#]*## */\t/' | expand -t 12

demo: $(RUNTIME) ## from nothing to two devices in step with a sample company, and a table that proves it
	@$(RUN) services.launch demo $(ARGS)

up: $(RUNTIME)   ## the same system, left running with live changes until Ctrl-C
	@$(RUN) services.launch up --sample small $(ARGS)

setup: $(DEVELOPMENT) ## the virtual environment with everything for working on ceebus

test: $(DEVELOPMENT) ## all tests, on a real Kafka and PostgreSQL (ARGS="-k partners" for some of them)
	@$(RUN) pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(DEVELOPMENT) ## ruff's rules and format, and who may import whom
	@$(RUN) ruff check . && $(RUN) ruff format --check . && $(BIN)/python -c "from importlinter.cli import lint_imports_command as c; c()"

types: $(DEVELOPMENT) ## mypy --strict
	@$(RUN) mypy

scenarios: $(DEVELOPMENT) ## all of tests/faults in short form, the long ones too, before a change of lanes or sources is handed in (F=F04 SEED=7 repeats one)
	@SEED=$(SEED) $(RUN) pytest tests/faults -n 2 --dist loadfile $(if $(F),-k $(F)_) $(ARGS)

faults: $(DEVELOPMENT) ## kill, cut and fill up: all of tests/faults in full (F=F04 SEED=7 repeats one)
	@FAULTS=full SEED=$(SEED) $(RUN) pytest tests/faults $(if $(F),-k $(F)_) $(ARGS)

soak: $(DEVELOPMENT) ## ten thousand uploads of forty reps while what takes them is killed, with a progress bar (ARGS="--records 2000")
	@$(RUN) tests.soak $(ARGS)

bench: $(DEVELOPMENT) ## throughput and latency figures of this machine
	@$(RUN) bench $(ARGS)

schemas: $(DEVELOPMENT) ## write schemas/published/ from the contracts
	@$(RUN) schemas.publish $(ARGS)

lock: $(DEVELOPMENT) ## resolve the packages of pyproject.toml again
	@set -e; for extra in "" "--extra dev"; do \
		$(RUN) uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
			$$extra pyproject.toml --output-file requirements$${extra:+-dev}.lock $(ARGS); done

clean:           ## remove the environment, caches and the embedded stack's data
	rm -rf .venv .ceebus .mypy_cache .ruff_cache .hypothesis .import_linter_cache build *.egg-info

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "ceebus needs Python 3.11 or newer; set PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "creating .venv with $(PYTHON)"
	@$(PYTHON) -m venv .venv

# What runs ceebus. The project itself is put on the path by a .pth file: no build tool is needed for a demo.
$(RUNTIME): requirements.lock | $(BIN)/python
	@echo "installing the packages of $< (once)"
	@$(INSTALL) --require-hashes -r $<
	@$(PINNED)
	@$(BIN)/python -c "import pathlib, sysconfig; pathlib.Path(sysconfig.get_path('purelib'), 'ceebus-source.pth').write_text(str(pathlib.Path.cwd()))"
	@touch $@

# What works on it: the tools, and ceebus as an editable install with its command `ceebus`.
$(DEVELOPMENT): requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "installing the packages of $< (once)"
	@$(INSTALL) --require-hashes -r $<
	@$(PINNED)
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $(RUNTIME) $@
