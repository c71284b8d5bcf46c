# `make` alone prints what there is. Everything runs in .venv, which `make setup` makes from uv.lock.
.DEFAULT_GOAL := help
SHELL := /bin/sh
ARCH ?= arm64

UV_VERSION := 0.13.9
UV := .tools/uv/bin/uv
BIN := .venv/bin
PYTHON := $(BIN)/python
READY := .venv/.ready
# sam looks for python3.13 with pip on PATH and finds the one of the environment; its make must not inherit ours.
SAM := MAKEFLAGS= SAM_CLI_TELEMETRY=0 PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/sam
# No test opens a connection to anything but this machine.
PYTEST := $(PYTHON) -m pytest --allow-hosts=127.0.0.1,::1,localhost
FAST := $(wildcard tests/unit tests/contract tests/component tests/template tests/simulator)
REQUIREMENTS := layers/headstart/requirements.txt

export UV_PYTHON_DOWNLOADS := never
export PYTHONPATH := $(CURDIR):$(CURDIR)/layers/headstart

.PHONY: help
help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: setup
setup: $(READY) ## Make .venv with the locked packages (needs Python 3.13)

$(UV):
	@python=$$(command -v python3.13 || command -v python3) || { echo "make: no python3 on PATH" >&2; exit 1; }; \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' && "$$python" -m venv .tools/uv || \
		{ echo "make: $$python is older than 3.9 or has no venv module" >&2; exit 1; }
	.tools/uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(READY): pyproject.toml uv.lock .python-version | $(UV)
	@$(UV) python find --quiet --system "$$(cat .python-version)" >/dev/null 2>&1 || { \
		echo "make: Python $$(cat .python-version) was not found; install it or put it on PATH" >&2; exit 1; }
	$(UV) sync --quiet --frozen
	@touch $@

.PHONY: format
format: $(READY) ## Rewrite the code in the project's format
	$(BIN)/ruff check --quiet --fix-only .
	$(BIN)/ruff format .

.PHONY: format-check
format-check: $(READY) ## Fail where `make format` would change something
	$(BIN)/ruff format --check .

.PHONY: lint
lint: $(READY) ## Lint the code
	$(BIN)/ruff check .

.PHONY: types
types: $(READY) ## Check types (mypy, strict)
	$(BIN)/mypy

.PHONY: imports
imports: $(READY) ## Check who may import whom
	$(BIN)/lint-imports

.PHONY: validate
validate: $(READY) ## Check template.yaml (sam validate --lint)
	$(SAM) validate --lint

.PHONY: test
test: format-check lint types imports test-fast test-cloud validate ## Everything that must pass before a change is done

.PHONY: test-fast
test-fast: $(READY) ## Tests that need no local cloud (T="-k name" passes arguments to pytest)
	$(PYTEST) --numprocesses=auto $(FAST) $(T)

.PHONY: test-cloud
test-cloud: $(READY) ## Tests that deploy the stack onto the local cloud
	$(PYTEST) tests/local_cloud $(T)

.PHONY: build
build: $(READY) ## Build functions and layer (ARCH=arm64, or ARCH=x86_64), and print the layer's size
	$(SAM) build --parameter-overrides Architecture=$(ARCH)
	@$(PYTHON) -m simulator.perf.layer .aws-sam/build/HeadstartLayer

.PHONY: requirements
requirements: $(READY) ## Write the layer's requirements from uv.lock
	$(UV) export --quiet --frozen --no-dev --no-emit-project --prune boto3 --no-header --no-annotate \
		--output-file $(REQUIREMENTS)

.PHONY: openapi
openapi: $(READY) ## Write docs/openapi.json from the routes of the history API
	@$(PYTHON) -m simulator.openapi docs/openapi.json

.PHONY: demo
demo: $(READY) ## Deploy to the local cloud and scale a component from zero and through a burst (TRACE=file, HEADSTART=off)
	$(PYTHON) -m simulator.demo

.PHONY: doctor
doctor: $(READY) ## Check a deployment and say what to do (STACK, REGION, COMPONENT, PROBE=1, OUT; DEMO=1: on a local cloud)
	@$(PYTHON) -m simulator.doctor

.PHONY: replay
replay: $(READY) ## Replay a trace in virtual time (TRACE=file or generate:SHAPE, PLANT, POLICIES=a,b, SEED, SEEDS=n, OUT)
	@$(PYTHON) -m simulator.replay

.PHONY: fetch-history
fetch-history: $(READY) ## Turn a component's own CloudWatch history into a trace (COMPONENT=name, HOURS=n, SEED, OUT=file)
	@$(PYTHON) -m simulator.traces

.PHONY: bench
bench: $(READY) ## Headstart, native scaling and the limits on all traces, five paired seeds (LIMIT=trace,trace)
	@$(PYTHON) -m simulator.bench

.PHONY: bench-full
bench-full: $(READY) ## Every policy, frontier, variant and ablation: under an hour on two cores; writes docs/benchmark.md and bench/results.json
	@FULL=1 $(PYTHON) -m simulator.bench

.PHONY: forecast
forecast: $(READY) ## Replay a day after weeks of history, with and without the hours of the week (LIMIT=office,..., SEED, SEEDS=n, OUT)
	@$(PYTHON) -m simulator.forecast

.PHONY: dead-man
dead-man: $(READY) ## The controller dies, is throttled or goes deaf on 200 days: worse than native alone? (DAYS=n, HOURS=n of each trace, LIMIT=trace, OUT, WORKERS)
	@$(PYTHON) -m simulator.deadman

.PHONY: perf
perf: $(READY) ## Time the built alarm function against a bare handler, and replays against real time
	$(PYTHON) -m simulator.perf

.PHONY: fleet
fleet: $(READY) ## Enrol and keep 500 to 5,000 components in virtual time: calls, quotas, durations (ARGS="--sizes 100,200")
	@$(PYTHON) -m simulator.perf.fleet $(ARGS)

.PHONY: clean
clean: ## Remove what builds, tests and demos leave behind (not .venv)
	rm -rf .aws-sam out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.venv/*' -not -path './.tools/*' -prune -exec rm -rf {} +
