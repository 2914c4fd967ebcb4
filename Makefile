# Everything a person or CI runs. Each target does its own set-up; nothing but package registries is needed.
.DEFAULT_GOAL := help
PYTHON ?= python3
UV_VERSION := 0.13.8
VENV := .venv
BIN := $(VENV)/bin
UV := .uv/bin/uv
# Never let an active environment leak into ours.
unexport VIRTUAL_ENV
unexport PYTHONPATH

.PHONY: help setup demo test e2e check lint generate check-generated bench mutants clean

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

# uv lives in an environment of its own, so that syncing ours never removes it.
$(UV):
	@$(PYTHON) -m venv .uv
	@.uv/bin/pip --quiet --disable-pip-version-check install uv==$(UV_VERSION)

$(VENV)/.synced: $(UV) pyproject.toml uv.lock
	@echo "setting up $(VENV) from uv.lock" >&2
	@# Behind a proxy with a certificate of its own only the system's store knows it.
	@$(UV) sync --quiet --locked --python $(PYTHON) 2>/dev/null || $(UV) sync --quiet --locked --python $(PYTHON) --system-certs
	@touch $@

setup: $(VENV)/.synced ## virtual environment and locked dependencies, nothing else

SELECTOR = device.driver == "gpu.nvidia.com" && device.capacity["gpu.nvidia.com"].memory.compareTo(quantity("140Gi")) >= 0

demo: setup ## plan the example fleet, say why, and try one selector on it
	@$(BIN)/modelplane plan examples/fleet examples/deployments
	@echo
	@printf '%s\n' '$$ modelplane selector eval '\''$(SELECTOR)'\'' examples/fleet'
	@$(BIN)/modelplane selector eval '$(SELECTOR)' examples/fleet

test: setup ## every test
	@$(BIN)/pytest -q -n 2

e2e: setup ## tests against a real API server, built on the first run (needs Go; ten minutes, then seconds)
	@programs=$$(tests/e2e/control_plane/build.sh) && \
		{ test -z "$$programs" || MODELPLANE_CONTROL_PLANE=$$programs $(BIN)/pytest -q -rs -n 0 tests/e2e; }

lint: setup ## formatter, linter, import contracts, types, protos
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/lint-imports --no-cache > .lint-imports.log || (cat .lint-imports.log; exit 1)
	@$(BIN)/mypy
	@cd proto && ../$(BIN)/buf lint

check: lint check-generated test ## what CI runs

PROTOS = $(sort $(wildcard proto/modelplane/scheduler/v1/*.proto))

generate: setup ## the stubs of proto/ and the definitions of deploy/crds/, checked in
	@$(BIN)/python -m grpc_tools.protoc --proto_path=proto --python_out=proto --pyi_out=proto $(PROTOS)
	@$(BIN)/python -m adapters.kubernetes.crds deploy/crds

check-generated: generate ## fails when generating changes anything
	@git diff --exit-code --stat -- proto deploy/crds || (echo "generated files were stale: commit what make generate wrote" >&2; exit 1)
	@test -z "$$(git ls-files --others --exclude-standard -- proto deploy/crds)" || (echo "generated files are not checked in" >&2; exit 1)

mutants: setup ## mutation testing of the replay, ten minutes; see tests/solver/matching/replay/MUTANTS.md
	@$(UV) sync --quiet --locked --group mutants --python $(PYTHON) 2>/dev/null || $(UV) sync --quiet --locked --group mutants --python $(PYTHON) --system-certs
	@rm -rf mutants
	@MODELPLANE_SHARED=$(abspath ../shared) MODELPLANE_RECORDED_CASES=400 nice $(BIN)/mutmut run --max-children 2
	@$(BIN)/mutmut results

BENCH ?=
bench: setup ## benchmarks; one of them with BENCH=NAME, machine-readable with JSON=1
	@$(BIN)/python -m benchmarks.run $(BENCH) $(if $(JSON),--json)

clean: ## everything that was set up
	@rm -rf mutants .venv .uv .mypy_cache .ruff_cache .hypothesis .lint-imports.log
