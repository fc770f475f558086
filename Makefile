# countersign: `make run` shows it working, `make test` is what CI runs.

export GOTOOLCHAIN = local

# How long `make fuzz` gives each target.
FUZZTIME ?= 2m

.PHONY: help run test coverage lint bench fuzz soak dist clean

help: ## print this list
	@sed -n 's/^\([a-z]*\): ## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf 'make %-8s %s\n' "$$name" "$$text"; done

run: ## the demo: eight clients, one table (needs Go, gcc and make only)
	@go run ./cmd/countersign demo

test: ## everything that CI checks, each step with its time
	@scripts/test

coverage: ## the statements that tests reach in what decides what is believed, 90 % at least
	@scripts/coverage

lint: ## gofmt, go vet, golangci-lint
	@scripts/lint

bench: ## one table: ours, reference, ratio, goal, met or not
	@scripts/peers && go run ./internal/bench

fuzz: ## every fuzz target for FUZZTIME (2m) each, new inputs kept in testdata/fuzz
	@scripts/fuzz $(FUZZTIME)

soak: ## the long runs, with date, seed and commit
	@scripts/soak

dist: ## six archives and their SHA-256 sums in dist/
	@scripts/dist

clean: ## remove what was built or brought: dist/, .tools/ and node_modules/
	@rm -rf dist .tools integrations/*/node_modules
