# Every target is one or two lines; the text after ## is what `make help` shows.
# Needs Rust and a C compiler; `make test` brings its own PostgreSQL.

.DEFAULT_GOAL := help
.PHONY: help run build test lint fmt doc clean compiler

SCRIPTS := .ci/run tests/with-postgres docs/examples/first-steps.sh

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)$$/\1 \2/p' $(MAKEFILE_LIST) | while read -r target text; do printf '  make %-6s  %s\n' "$$target" "$$text"; done

run: compiler ## Serve on 127.0.0.1:8080 with SQLite, or with DATABASE_URL; more options: make run ARGS='--listen …'
	@cargo run --locked --bin conversations -- serve $(ARGS)

build: compiler ## Build the release binary, target/release/conversations
	cargo build --release --locked --bin conversations

test: compiler ## Run all tests, documentation tests included, on SQLite and on PostgreSQL
	tests/with-postgres cargo test --workspace --locked --no-fail-fast

lint: compiler ## Check format, lints, documentation and scripts; any finding is an error
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
	@if command -v shellcheck >/dev/null; then shellcheck $(SCRIPTS); else echo 'shellcheck is not installed: scripts are not checked'; fi

fmt: ## Format the code
	cargo fmt --all

doc: compiler ## Build the crates' documentation, target/doc
	cargo doc --workspace --no-deps --locked

clean: ## Remove what was built; data/ stays
	cargo clean

# SQLite comes as C, and Rust links with cc.
compiler:
	@command -v cc >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -q && apt-get install -qy --no-install-recommends gcc libc6-dev; } >&2 || \
	{ echo 'A C compiler is missing. On Debian: sudo apt-get install gcc libc6-dev' >&2; exit 1; }
