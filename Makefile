# Every target is one or two lines; the text after ## is what `make help` shows.
# Needs Rust and a C compiler; `make test` brings its own PostgreSQL.

.DEFAULT_GOAL := help

FUZZ_SECONDS ?= 30
PREFIX ?= /usr/local
BINARY ?= target/release/conversations
ATTACK_SECONDS ?= 600

# What `make lint` and `make test` are made of, in this order; .ci/run times each.
CHECKS := check-format check-words check-scripts check-code check-fuzzers check-documentation check-generated
TESTS := test-workspace test-outside recipes

# The files whose first line says that this program runs them.
written-for = $(shell find .ci docs findings tests -name target -prune -o -type f -exec awk 'FNR == 1 && /^\#!.*$(1)$$/ { print FILENAME } { nextfile }' {} +)

.PHONY: help run build install deb release configuration $(CHECKS) $(TESTS) lint test list-stages test-browser test-cluster test-faults attack otel fuzz measure bench bench-quick bench-beside bench-events bench-questions bench-micro bench-tools openapi conformance stream-clients conformance-tools fmt doc clean compiler script-tools example-tools browser-tools fuzzer

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)$$/\1 \2/p' $(MAKEFILE_LIST) | while read -r target text; do printf '  make %-13s  %s\n' "$$target" "$$text"; done

run: compiler ## Serve on 127.0.0.1:8080 with SQLite, or with DATABASE_URL; more options: make run ARGS='--listen …'
	@cargo run --locked --bin conversations -- serve $(ARGS)

build: compiler ## Build the release binary, target/release/conversations
	cargo build --release --locked --bin conversations

install: ## Install what `make build` built below PREFIX (/usr/local), with completions for shells; DESTDIR goes before it
	@test -x $(BINARY) || $(MAKE) build
	@DESTDIR='$(DESTDIR)' docs/operations/install '$(BINARY)' '$(PREFIX)'

deb: build ## Build a Debian package with the service and completions, target/deb
	docs/operations/build-deb target/release/conversations target/deb

release: build ## Make what others install, target/release-files: Debian package, archive, list of components, checksums
	docs/operations/make-release target/release/conversations target/release-files

configuration: compiler ## Regenerate the list of settings in docs/configuration.md and that of metrics in docs/operations.md
	cargo test --workspace --locked --lib regenerate_ -- --ignored

test: $(TESTS) ## Run all tests, documentation tests included, on SQLite and on PostgreSQL

test-workspace: compiler example-tools
	tests/with-postgres cargo test --workspace --locked --no-fail-fast

test-browser: compiler browser-tools ## Try the pages at /docs and /console of the program in a headless Chromium; SCREENSHOT=docs/images/docs-page.png takes its picture too
	cargo build --locked --bin conversations
	tests/browser/run target/debug/conversations $(if $(SCREENSHOT),--screenshot $(SCREENSHOT))

test-cluster: compiler example-tools ## Run the tests of the API and of the storage on a cluster with Citus: TEST_POSTGRES_URL is the coordinator, TEST_CLUSTER_WORKERS the workers, with commas between
	@test -n "$$TEST_POSTGRES_URL" && test -n "$$TEST_CLUSTER_WORKERS" || { echo 'TEST_POSTGRES_URL and TEST_CLUSTER_WORKERS have to name the nodes of a cluster' >&2; exit 1; }
	cargo test --package conversations-tests --locked --no-fail-fast --test api --test contract postgres

test-faults: compiler example-tools ## Kill, freeze, cut, fill and overload the server and its databases for some minutes
	ulimit -n 8192 && CONVERSATIONS_FAULTS=full tests/with-postgres cargo test --release --workspace --locked --test faults -- --nocapture

attack: compiler example-tools ## Attack the release binary from within its limits for ATTACK_SECONDS (600), and print what others met with meanwhile
	ulimit -n 8192 && CONVERSATIONS_FAULTS=full ATTACK_SECONDS=$(ATTACK_SECONDS) tests/with-postgres cargo test --release --package conversations-server --locked --test faults print_the_table_of_attacks -- --ignored --nocapture

test-outside: compiler ## Build and test a project outside of this repository that uses the testkit and the domain
	tests/outside/run

recipes: compiler example-tools ## Apply the recipes of docs/recipes to a copy, compile it and run the tests they bring along
	tests/recipes/run

otel: compiler ## Build with traces for OpenTelemetry (feature otel), and test that they arrive
	cargo test --workspace --locked --features conversations-server/otel --test program traces

fuzz: compiler fuzzer ## Fuzz every parser of what callers send, FUZZ_SECONDS (30) each; what breaks one is in tests/fuzz/artifacts
	@for target in $$(cargo fuzz list --fuzz-dir tests/fuzz); do mkdir -p tests/fuzz/corpus/$$target && \
	cargo fuzz run --fuzz-dir tests/fuzz --sanitizer none $$target tests/fuzz/corpus/$$target tests/fuzz/seeds/$$target -- -max_total_time=$(FUZZ_SECONDS) || exit 1; done

conformance: compiler conformance-tools ## Have verifiers of webhooks, Schemathesis and generators of clients judge the API and docs/openapi.json: about five minutes; other requests: ARGS='--seed 7'
	cargo build --workspace --locked
	tests/webhooks/run target/debug/conversations
	tests/conformance/run target/debug/conversations $(ARGS)
	tests/stream-clients/run target/debug/conversations

stream-clients: compiler conformance-tools ## Follow the stream of events with clients that others wrote, in Python, JavaScript and Rust
	cargo build --locked --bin conversations
	tests/stream-clients/run target/debug/conversations

lint: $(CHECKS) ## Check format, lints, documentation, docs/openapi.json and scripts; any finding is an error

list-stages:
	@echo $(CHECKS) $(TESTS)

check-format:
	cargo fmt --all --check
	cargo fmt --manifest-path tests/fuzz/Cargo.toml --check

# All there is, traces and benchmarks included; and the domain as others may link it.
check-code: compiler
	cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
	cargo clippy --package conversations-domain --no-default-features --locked -- -D warnings

# Nothing is linked, so an empty archive may stand for libFuzzer, whose C++ would take a minute.
check-fuzzers: compiler
	@mkdir -p target/fuzz && { test -f target/fuzz/libnone.a || printf '!<arch>\n' >target/fuzz/libnone.a; }
	CUSTOM_LIBFUZZER_PATH=$(CURDIR)/target/fuzz/libnone.a cargo clippy --manifest-path tests/fuzz/Cargo.toml --target-dir target --locked -- -D warnings

check-documentation: compiler
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --all-features --no-deps --locked

check-generated: compiler
	cargo test --workspace --locked --lib --quiet openapi_json_is_up_to_date

# The words of docs/style.md.
check-words:
	tests/words

check-scripts: script-tools
	shellcheck $(call written-for,sh)
	python3 -c 'import ast, sys; [ast.parse(open(name).read(), name) for name in sys.argv[1:]]' $(call written-for,python3) tests/*/*.py docs/examples/*.py

measure: build example-tools ## Print size, start, memory, long deletions, overload and event streams of the release binary, on both databases
	@echo 'SQLite'; tests/measure-start target/release/conversations; tests/measure-erasure target/release/conversations; tests/measure-overload target/release/conversations; tests/measure-streams target/release/conversations
	@echo 'PostgreSQL'; tests/with-postgres sh -c 'DATABASE_URL=$$TEST_POSTGRES_URL tests/measure-start target/release/conversations; tests/measure-erasure target/release/conversations; tests/measure-overload target/release/conversations; tests/measure-streams target/release/conversations'

bench: compiler bench-tools ## Measure against the targets beside pgbench and raw SQLite, and write docs/benchmarks.md: an hour and a half; BENCH_ROWS=10k,1M for less; BEFORE=… as below
	cargo build --release --workspace --locked --features conversations-tests/bench
	WITH_POSTGRES_DURABLE=1 WITH_POSTGRES_DIRECTORY=$(CURDIR)/target/bench/postgres tests/with-postgres tests/bench/run target/release/conversations target/release/raw-sqlite $(if $(BEFORE),--before $(BEFORE)) $(ARGS)

bench-quick: ## The same in about ten minutes, on little data; writes into target/bench
	mkdir -p target/bench/quick && $(MAKE) bench ARGS='--quick --report target/bench/quick $(ARGS)'

bench-beside: build bench-tools ## Compare this build with an earlier one, side by side: make bench-beside BEFORE=path/of/conversations
	WITH_POSTGRES_DURABLE=1 tests/with-postgres tests/bench/beside $(BEFORE) target/release/conversations $(ARGS)

bench-events: build bench-tools ## Measure what events cost and how fast they arrive, against targets: about half an hour; beside an earlier build: BEFORE=path/of/conversations
	WITH_POSTGRES_DURABLE=1 tests/with-postgres tests/bench/events target/release/conversations $(if $(BEFORE),--before $(BEFORE)) $(ARGS)

bench-questions: build bench-tools ## Ask random questions for lists with list indexes and without, and compare the answers; more rows: ARGS='--rows 1M'
	WITH_POSTGRES_DURABLE=1 tests/with-postgres tests/bench/questions target/release/conversations $(if $(BEFORE),--before $(BEFORE)) $(ARGS)

bench-micro: compiler ## Measure what needs no database: rules, cursors, keys, JSON, words
	cargo bench --workspace --locked --features conversations-http/benching --bench micro

openapi: compiler ## Regenerate docs/openapi.json, the description of the API
	cargo run --locked --bin conversations -- openapi > target/openapi.json && mv target/openapi.json docs/openapi.json

fmt: ## Format the code
	cargo fmt --all
	cargo fmt --manifest-path tests/fuzz/Cargo.toml

doc: compiler ## Build the crates' documentation, target/doc
	cargo doc --workspace --no-deps --locked

clean: ## Remove what was built; data/ stays
	cargo clean

# Makes sure that a command is there: installs it for root on Debian, else says what to type. Of what is
# no command, the third argument is one that succeeds where it is there.
define require
@$(or $(3),command -v $(1)) >/dev/null 2>&1 || { [ "$$(id -u)" = 0 ] && apt-get update -q && apt-get install -qy --no-install-recommends $(2); } >&2 || \
{ echo '$(1) is missing. On Debian: sudo apt-get install $(2)' >&2; exit 1; }
endef

# SQLite comes as C, and Rust links with cc.
compiler:
	$(call require,cc,gcc libc6-dev)

# What reads scripts before they run.
script-tools:
	$(call require,shellcheck,shellcheck)
	$(call require,python3,python3)

# The tests run the examples of the documentation, and make certificates.
example-tools:
	$(call require,curl,curl)
	$(call require,openssl,openssl)
	$(call require,python3,python3)
	$(call require,node,nodejs)
	$(call require,esbuild,esbuild)

# A browser, how it is driven, and the type in its picture.
browser-tools: example-tools
	$(call require,chromium,chromium fonts-inter)
	$(call require,chromedriver,chromium-driver)

# What brings the judges of `make conformance`.
conformance-tools: example-tools
	$(call require,npm,npm)
	$(call require,venv of Python,python3-venv,python3 -c 'import ensurepip')
	$(call require,java,default-jre-headless)

# What a benchmark compares with, and what sends requests.
bench-tools:
	$(call require,wrk,wrk)
	$(call require,python3,python3)
	$(call require,pgbench,postgresql-contrib)
	$(call require,psql,postgresql-client)

# Fuzzers of Rust need no nightly compiler without sanitizers, but a C++ compiler.
fuzzer:
	$(call require,c++,g++)
	@cargo fuzz --version >/dev/null 2>&1 || { echo 'cargo-fuzz is missing. Type: cargo install cargo-fuzz --locked' >&2; exit 1; }
