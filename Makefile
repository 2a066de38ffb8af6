# stepgate. `make` or `make help` lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# npm installs with the machine's Node; everything else runs on the Node that npm has put into node_modules.
MACHINE_PATH := $(PATH)
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

# GNU Make before 4 cannot keep the output of parallel steps apart.
OUTPUT_SYNC := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

##@ To see it work

.PHONY: demo
demo: setup ## A real API server, two replicas, and the story of the limit and of approval. KEEP=1 leaves it running
	node test/demo/demo.ts

.PHONY: cluster
cluster: image ## A cluster with pods, everything installed, until ^C. PLUGIN=file.ts runs it there; NODES=2
	node test/e2e/cluster.ts

##@ To be sure

.PHONY: test
test: setup ## All tests, with coverage floors. K8S_VERSION=1.32 picks the control plane
	vitest run --project unit --project integration --coverage

.PHONY: unit
unit: setup ## The tests that need no control plane
	vitest run --project unit

.PHONY: e2e
e2e: setup ## Everything in pods, from the outside, on kind or on a node of our own (Linux, root)
	@if node test/e2e/possible.ts; then $(MAKE) image; fi
	vitest run --project e2e

.PHONY: verify
verify: setup ## Format, lint, types, unused code, generated files, requirements, the package
	@$(MAKE) -k -j2 $(OUTPUT_SYNC) check-lint check-types check-format check-unused check-generated check-requirements check-package
	@echo 'verify: all is well'

.PHONY: programs
programs: setup ## What the tests run on, found or built: API server, cert-manager, helm, a node
	node scripts/programs.ts

# Inputs for the parser of the webhook, more than `make test` has the time for.
FUZZ ?= 40000

.PHONY: storm
storm: setup ## 32 clients against three replicas that are killed. KILLS=0 kills none; SEEDS=n simulates first, FUZZ=0 fuzzes nothing
	$(if $(SEEDS),@$(MAKE) simulation)
	$(if $(filter-out 0,$(FUZZ)),FUZZ_RUNS=$(FUZZ) vitest run --project unit webhook/server/bad-input.test.ts --testTimeout=3600000)
	node test/storm/storm.ts

.PHONY: kills
kills: setup ## A controller is killed at its writes, 200 times. KILLS=n, SEED=n
	KILLS=$(or $(KILLS),200) vitest run --project integration test/integration/controller-kills

.PHONY: simulation
simulation: setup ## Seeds of the deterministic simulation. SEEDS=10000 FROM=1; a failing seed replays exactly
	node test/simulation/run.ts --progress --seeds $(or $(SEEDS),10000) --from $(or $(FROM),1)

.PHONY: bench
bench: setup ## What admission, approval and the controller cost, beside other ways to do it
	node bench/admission.ts
	node bench/approval.ts
	node bench/workflows.ts
	node bench/analysis.ts

##@ To work on it

.PHONY: setup
setup: node_modules/.stamp ## What npm installs, as the lock file says

.PHONY: format
format: setup ## Write the sources as prettier wants them
	prettier --write --log-level warn .

.PHONY: generate
generate: setup ## Write the manifests and pages that are made from code
	node scripts/generate-manifests.ts
	node scripts/generate-threat-model.ts
	node scripts/generate-reference.ts

.PHONY: renders
renders: setup ## Write what the helm chart renders now, for its tests to compare with
	vitest run --project integration test/chart/renders.integration.test.ts --update

.PHONY: build
build: setup ## The package's JavaScript and declarations, in dist
	@rm -rf dist
	tsc -p tsconfig.build.json

.PHONY: image
image: setup ## The container image, in .stepgate/image.tar, by docker, podman or buildah
	node scripts/build-image.ts

.PHONY: image-test
image-test: image ## The image starts, runs as nobody special, and is small
	node scripts/check-image.ts

.PHONY: clean
clean: ## Remove what the other targets made here; the control plane's cache stays
	rm -rf node_modules dist coverage .stepgate

.PHONY: help
help: ## This list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The steps of verify, each silent unless it has something to say.
.PHONY: check-format check-lint check-types check-unused check-generated check-requirements check-package

check-format:
	@prettier --check --log-level warn .

check-lint:
	@oxlint --deny-warnings --quiet

check-types:
	@tsc -p .

check-unused:
	@knip --no-config-hints

check-generated:
	@node scripts/generate-manifests.ts --check
	@node scripts/generate-reference.ts --check

check-requirements:
	@node scripts/check-requirements.ts

check-package: build
	@node scripts/check-package.ts

# Node's package places its binary by an install script, which npm may have been told not to run.
node_modules/.stamp: package-lock.json
	PATH='$(MACHINE_PATH)' npm ci --loglevel=error
	@[[ "$$(node --version)" == v24.* ]] || { \
	  echo "npm did not install Node 24 into node_modules/.bin (found $$(command -v node) $$(node --version))." >&2; \
	  echo 'Install scripts may be turned off: try npm ci --ignore-scripts=false' >&2; exit 1; }
	@touch $@
