# One command for each thing a developer does. `make` alone lists them.

PYTHON ?= python3
CITY ?= city
ARGS ?=
JOBS ?= 2
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
PACKAGES := twin events bim views replay
CHECKED := $(PACKAGES) tests benchmarks deploy

.DEFAULT_GOAL := help
.PHONY: help env demo test check kafka kafka-jars bench mutants lock format
.PHONY: check-lint check-format check-types check-imports check-spelling
.DELETE_ON_ERROR:
export TWIN_REQUIRE_ALL

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

env: $(READY) ## create .venv from requirements.lock (nothing to do when it is up to date)

demo: $(READY) ## build the demo city and open it in the browser: make demo CITY=city ARGS=--no-browser
	$(VENV)/bin/twin demo --city $(CITY) $(ARGS)

# The broker's tests mostly wait, and take the machine for themselves; the others share its cores, module by module.
test: $(READY) ## run all tests (TWIN_REQUIRE_ALL=1: a missing part is a failure), or some: make test ARGS="-k kafka"
ifeq ($(ARGS),)
	$(RUN) -m pytest -m kafka
	$(RUN) -m pytest -m "not kafka" -n $(JOBS) --dist loadfile
else
	$(RUN) -m pytest $(ARGS)
endif

check: check-lint check-format check-types check-imports check-spelling ## lint, format, types, import contracts, spelling

check-lint: $(READY)
	$(VENV)/bin/ruff check $(CHECKED)
check-format: $(READY)
	$(VENV)/bin/ruff format --check $(CHECKED)
check-types: $(READY)
	$(VENV)/bin/mypy
check-imports: $(READY)
	$(VENV)/bin/lint-imports
check-spelling: $(READY)
	$(VENV)/bin/codespell

kafka: ## start a real Apache Kafka on 127.0.0.1:9092, in the foreground (Java 17+, Maven)
	@exec $(PYTHON) deploy/kafka/broker.py --port 9092 --data-dir .cache/kafka/data $(ARGS)

kafka-jars: ## fetch Kafka's jars now, so that later starts need no network
	@$(PYTHON) deploy/kafka/broker.py --jars-only

bench: $(READY) ## run the benchmarks
	$(RUN) -m benchmarks $(ARGS)

mutants: $(READY) ## how many small changes of the core the tests notice (ten minutes; ARGS="--only bim/units --each 40")
	$(RUN) -m tests.mutation $(ARGS)

lock: $(READY) ## resolve pyproject.toml anew into requirements.lock
	$(VENV)/bin/uv pip compile pyproject.toml --group dev --universal --generate-hashes \
	  --no-emit-index-url --python-version 3.11 -o requirements.lock $(ARGS)

format: $(READY) ## rewrite the code in the house's format
	$(VENV)/bin/ruff check --fix-only $(CHECKED)
	$(VENV)/bin/ruff format $(CHECKED)

# uv comes from the lock file too, by hash, and then installs the rest ten times faster than pip. Where uv cannot reach
# the registry that pip is configured for (it does not read pip's files), pip does it alone. Everything is compiled here,
# once: a command starts in half the time, and where the environment forbids bytecode (PYTHONDONTWRITEBYTECODE) in less.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make env: $(PYTHON) is $$($(PYTHON) --version 2>&1), Python 3.11 or newer is needed;" \
	       "name one with: make env PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "make env: $(PYTHON) cannot create $(VENV); on Debian: apt-get install python3-venv" >&2; exit 1; }
	@awk '/^uv==/ {on = 1; print; next} /^[^ ]/ {on = 0} on' requirements.lock > $(VENV)/uv.lock
	$(RUN) -m pip install --quiet --require-hashes --no-deps -r $(VENV)/uv.lock
	$(VENV)/bin/uv pip install --quiet --compile-bytecode --python $(RUN) --require-hashes -r requirements.lock \
	  || $(RUN) -m pip install --quiet --require-hashes -r requirements.lock
	$(RUN) -m pip install --quiet --no-deps --no-build-isolation --editable .
	$(RUN) -m compileall -q -j 0 $(PACKAGES)
	@touch $@
