# make test and make demo need Go 1.26, gcc and g++, and nothing else.

golangci := 2.15.0

.PHONY: help build test demo lint fmt check-dbt check-duckdb2 check-worlds worlds fuzz hostile crash mcp-clients conformance clean bench \
	bench-activation bench-wide soak check-release

help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "make %-16s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

build: ## bin/headwater
	go build -o bin/headwater ./cmd/headwater

test: ## go vet, and every test (TESTFLAGS goes to go test)
	go vet ./...
	go test $(TESTFLAGS) ./...

demo: ## a small world with one incident: why did active users move, and what repairs it?
	go run ./cmd/headwater demo

lint: bin/golangci-lint-$(golangci) ## golangci-lint, installed into bin at the version of .golangci.yml
	$< config verify
	$< run ./...

fmt: bin/golangci-lint-$(golangci) ## format as the linter wants it
	$< fmt ./...

bin/golangci-lint-$(golangci):
	GOBIN=$(CURDIR)/bin/.install GOFLAGS= go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$(golangci)
	mv bin/.install/golangci-lint $@
	rmdir bin/.install

check-dbt: ## the exported dbt package on real dbt, which comes from PyPI, row for row beside the engine (python3 with venv)
	.ci/dbt test

SEQUENCES ?= 20000
fuzz: ## that many random sequences of loads, corrections, deletions and crashes against plain SQL (about an hour and a half of CPU)
	HEADWATER_SEQUENCES=$(SEQUENCES) go test -timeout 0 -count 1 -v -run 'TestAnySequenceOfLoads' ./activation

hostile: ## every text that is more than a text to somebody, in every argument of every tool (three minutes)
	HEADWATER_INJECTIONS=all go test -timeout 0 -count 1 -v -run 'TestEveryTool/injections' ./internal/app

CRASHES ?= 100
crash: ## that many runs whose worker is killed at random moments, and a tenth of it with real dbt: every pair written once, the table as it should be
	HEADWATER_CRASHES=$(CRASHES) go test -timeout 0 -count 1 -v -run 'TestKilledWorkers|TestTheRunOutlives' ./internal/worker
	HEADWATER_CRASHES=$(CRASHES) HEADWATER_DBT=$$(.ci/dbt path) go test -timeout 0 -count 1 -v -run 'TestDBTWorkersAreKilled' ./internal/cli

check-duckdb2: ## the warehouse tests on DuckDB 2, whose library comes from PyPI (Linux, python3 with venv)
	.ci/duckdb2 test

# WORLDFLAGS='-explain' also scores why users moved; '-kinds late_data,holiday -seeds 1' makes few; '-hard' makes hard ones; '-worlds DIR -truths DIR'
# takes cases made before.
check-worlds: build ## partition checks of incident worlds with a known truth: 19 kinds, seeds 1 to 3, ten minutes (../shared/tools/world, python3 with venv)
	.ci/worlds -binary bin/headwater $(WORLDFLAGS)

# SEEDS=1..1 takes a fifth of the time.
SEEDS ?= 1..5
worlds: build ## why users moved, on incident worlds with a known truth: 19 kinds, easy and hard, seeds 1 to 5, beside a naive baseline (an hour and a half)
	.ci/worlds -binary bin/headwater -check=false -explain -baseline -seeds $(SEEDS)
	.ci/worlds -binary bin/headwater -check=false -explain -baseline -seeds $(SEEDS) -hard

# PROJECT is a folder for headwater's --project; without it, the demo's world.
mcp-clients: build ## the protocol's own clients, from npm, talk to bin/headwater
	@world=$$(mktemp -d) && trap 'rm -rf "$$world"' EXIT && project='$(PROJECT)' && \
	if [ -z "$$project" ]; then project=$$world/demo && bin/headwater demo --keep "$$project" >"$$world/said" || exit; fi && \
	internal/mcptest/run.sh bin/headwater "$$project"

conformance: build ## the protocol's conformance suites and inspector, from npm, against `headwater serve` and against fixtures on its HTTP stack
	@world=$$(mktemp -d) && trap 'rm -rf "$$world"' EXIT && \
	bin/headwater demo --keep "$$world/demo" >"$$world/said" && internal/mcptest/conformance/run.sh bin/headwater "$$world/demo"

goreleaser := 2.15.1
check-release: ## goreleaser check, and what it would build for this system (minutes to compile goreleaser the first time)
	go run github.com/goreleaser/goreleaser/v2@v$(goreleaser) check
	go run github.com/goreleaser/goreleaser/v2@v$(goreleaser) build --snapshot --single-target --clean

clean: ## remove what was built
	rm -rf bin dist

# BENCHFLAGS='-models 2500 -check' measures one size and fails where an aim is missed; DBT=dbt measures dbt ls beside it.
bench: build ## generated projects of 2,500 and 10,000 models, and 300 MB: first answer, queries, Python's json.load
	go run ./internal/bench -huge 32000 $(BENCHFLAGS)

# SCALE=0.01 is done in half a minute and shows that it works; 1 takes a quarter of an hour and is what the aims are about. BENCHFLAGS as above.
SCALE ?= 1
bench-activation: ## a day step, restating it and an initial build of activation, beside plain SQL on the same rows
	go run ./internal/bench/activation -scale $(SCALE) $(BENCHFLAGS)

# WIDEFLAGS='-models 2500' is a quarter of it; '-world whole' has partitions only at both ends; -dir FOLDER keeps what is made.
bench-wide: ## questions about most of 10,000 models at once, with a warehouse of 10,000 relations (ten minutes)
	go run ./internal/bench/wide $(WIDEFLAGS)

# SOAKFLAGS='-load 10s -churn 30s' is what CI does; -load 0 or -churn 0 leaves a part out.
soak: build ## serve under load (a minute), and under clients, reloads, repairs and sessions that come and go (ten minutes, built with -race)
	go build -race -o bin/headwater-race ./cmd/headwater
	go run ./internal/bench/soak $(SOAKFLAGS)
