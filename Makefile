# Everything that one types. What needs more than a few lines is a script in tests/.

.DEFAULT_GOAL := help
.PHONY: help build demo test bench install uninstall generate lint test-tools fuzz dist clean

PREFIX ?= /usr/local
DESTDIR ?=
cache := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/brume
# Outside of the checkout, so that the next checkout on this machine need not start from nothing.
export CARGO_TARGET_DIR ?= $(cache)/target
export BRUME_TEST_TOOLS ?= $(cache)/test-tools

# What is installed, and no more: the packages of the tests would bring features that nothing
# installed needs.
shipped := -p brume -p brume-emulators \
	-p brume-explain -p brume-explain-library -p brume-sns-dlq -p brume-sns-dlq-library

help: ## List these commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

build: ## Build the release binaries and plugins
	@tests/set-up/prerequisites cargo cc
	cargo build --release --locked $(shipped)

demo: build ## Build, then show a real scenario against the emulators
	@tests/demo/run $(CARGO_TARGET_DIR)/release

test: test-tools ## Install what the tests need, then run them all
	@tests/scripts/test

bench: build ## Compare with kubectl and other emulators in paired runs: ratios, and their bars
	@tests/set-up/prerequisites pip
	@tests/set-up/test-tools test clients peers
	cargo build --release --locked -p brume-tests --bin brume-bench
	@$(CARGO_TARGET_DIR)/release/brume-bench

install: build ## Install below PREFIX (/usr/local), staged in DESTDIR if that is set
	@tests/scripts/install $(CARGO_TARGET_DIR)/release "$(DESTDIR)" "$(PREFIX)"

uninstall: ## Remove what install put below PREFIX
	@tests/scripts/uninstall "$(DESTDIR)" "$(PREFIX)"

generate: ## Rewrite the generated files: completions/ and man/
	@tests/set-up/prerequisites cargo cc
	cargo run --quiet --locked -p brume-generate -- .

lint: ## Check format, lints, licences and dependencies
	@tests/scripts/lint

test-tools: ## Install what the tests need: shells, kubectl in several versions, AWS clients
	@tests/set-up/prerequisites cargo cc pip git
	@tests/set-up/packages
	@tests/set-up/test-tools test clients javascript

fuzz: ## Run each fuzz target for FUZZ_SECONDS (60)
	@tests/scripts/fuzz

dist: ## Pack an optimised build as a tar file
	@tests/set-up/prerequisites cargo cc
	BRUME_PORTABLE=1 cargo build --profile dist --locked $(shipped)
	@tests/scripts/dist $(CARGO_TARGET_DIR)/dist

clean: ## Delete what was built
	cargo clean
