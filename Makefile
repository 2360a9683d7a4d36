# Everything needs no configuration: see `make help`. What a target does stands in scripts/.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help up prepare down status watch logs block clean-state test test-build simulate fuzz-stratum chaos-queue bench-rpc bench-stratum bench-queue
.PHONY: chaos-shares bench-reporter smoke examples format lint

# Choices for `make up`, kept in .headframe/env until chosen otherwise: CONFIG=release|debug, CHAIN=testnet|regtest,
# FORMATION=jobmanager=2,stratum=2,reporter=2, MINER=1 (0 for none), and any other key of that file.
SEEDS ?= 2000
SECONDS ?= 60
MINUTES ?= 10
SWIFT_TEST_FLAGS ?=

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand --tabs=14

up: prepare ## Install what is missing, build, start everything, wait until it is ready
	@scripts/up
	@scripts/link-command
	@scripts/status
	@scripts/what-next

prepare: ## All of `up` but the starting; then `foreman start -t 40 -e .headframe/env` works as well
	@scripts/install-packages runtime
	@scripts/end-processes
	@scripts/choose-settings
	@scripts/build
# Again: while it was built, another checkout may have taken a port.
	@scripts/choose-settings
	@scripts/prepare

down: ## Stop everything
	@scripts/down

status: ## What runs, and where
	@scripts/status

watch: ## The services as the registry sees them, until interrupted
	@.headframe/bin/headframe services --watch

logs: ## Follow all logs
	@tail -n 20 -F .headframe/log/*.log

block: ## Generate one block on the regtest chain
	@scripts/generate-block

clean-state: ## Forget the chain, Redis' data, logs and choices (refused while running)
	@scripts/clean-state

test: test-build ## Install what is missing, build, run all tests
	@scripts/test $(SWIFT_TEST_FLAGS)

test-build:
	@scripts/install-packages runtime test
	@scripts/venv
	swift build --build-tests

simulate: test-build ## The mesh in virtual time, with faults: SEEDS=2000
	HEADFRAME_SEEDS=$(SEEDS) swift test --skip-build --filter SimulationTests

fuzz-stratum: test-build ## Mad miners against a Stratum session: SECONDS=60
	HEADFRAME_FUZZ_SECONDS=$(SECONDS) swift test --skip-build --filter FuzzTests

chaos-queue: test-build ## A replicated queue whose processes are killed and frozen: MINUTES=10
	HEADFRAME_CHAOS_SECONDS=$$(($(MINUTES) * 60)) swift test --skip-build --filter QueueChaosTests

chaos-shares: test-build ## Shares from miners to totals, while all between them is killed in turn: MINUTES=10
	HEADFRAME_CHAOS_SECONDS=$$(($(MINUTES) * 60)) swift test --skip-build --filter ShareChaosTests

bench-rpc: ## Round trips and requests/s beside raw ZeroMQ and Python zerorpc
	@scripts/install-packages runtime test
	@scripts/venv
	Benchmarks/bench-rpc

bench-queue: ## Entries/s and latency of the durable queue beside the disk's limit and gearmand: ROUNDS=5
	@scripts/install-packages runtime bench
	@ROUNDS=$(or $(ROUNDS),5) Benchmarks/bench-queue

bench-stratum: ## How soon a new tip reaches all miners: CONNECTIONS=2000, or of a running pool: URL=stratum+tcp://...
	@scripts/install-packages runtime
	@CONNECTIONS=$(or $(CONNECTIONS),2000) Benchmarks/bench-stratum

bench-reporter: ## How fast a reporter counts what an hour without Redis has left: SHARES=1000000
	@scripts/install-packages runtime
	@SHARES=$(or $(SHARES),1000000) Benchmarks/bench-reporter

smoke: ## A release build of the whole pool for half a minute: does anything fall?
	@scripts/smoke

examples: ## Build the programs in Examples/, as a package of your own would be
	@scripts/install-packages runtime
	swift build --package-path Examples

format: ## Format the Swift sources
	@scripts/swift-sources | xargs -0 swift format --in-place --parallel

lint: ## Check the style of Swift sources and shell scripts
	@scripts/install-packages lint
	@scripts/swift-sources | xargs -0 swift format lint --strict --parallel
	@shellcheck scripts/common.sh $$(grep -lr "^#!.*bash" scripts .ci)
