# The way in for people and for CI. `make help` lists the targets.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# The targets follow one another; what takes long is parallel in itself.
.NOTPARALLEL:

PREFIX ?= /usr/local
DESTDIR ?=
# How long `make fuzz` runs each target.
FUZZ_SECONDS ?= 60

# One place for what is built: the scripts and tests look for the binary there.
export CARGO_TARGET_DIR := $(CURDIR)/target
export NAMEPLATE_BIN := $(CARGO_TARGET_DIR)/release/nameplate
export NAMEPLATE_DEB := $(CARGO_TARGET_DIR)/nameplate.deb
venv := $(CARGO_TARGET_DIR)/venv/bin
node_tests := tests/e2e/node/clients.test.mjs
python_files := scripts/make-sample scripts/make-vectors scripts/make-word-lists tests/e2e tests/format
fuzz_targets := $(basename $(notdir $(wildcard fuzz/targets/*.rs)))
shell_files := .ci/run packaging/debian/postinst packaging/debian/postrm scripts/check-units scripts/get-data scripts/library-version scripts/link-library scripts/run scripts/setup
# Where the library goes; on Debian packagers want /usr/lib/<triplet>.
LIBDIR ?= $(PREFIX)/lib
library := $(CARGO_TARGET_DIR)/capi
library_version := $(shell scripts/library-version)
abi_version := $(firstword $(subst ., ,$(library_version)))
package_version := $(shell sed -n 's/^version = "\(.*\)"$$/\1/p' Cargo.toml | head -n 1)

.PHONY: help
help: ## lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: data ## everything from a fresh machine, then answers on run/nameplate.sock until Ctrl-C
	@scripts/run

.PHONY: test
test: setup-test data deb ## everything from a fresh machine, then every test
	cargo test --workspace --locked
	scripts/make-vectors --check
	$(venv)/pytest tests/e2e
	$(venv)/pytest tests/format
	node --test --test-reporter=spec $(node_tests)

# The same tests with the numbers that take long: reloads under millions of requests, thousands of killed builds, damage at
# a hundred thousand places, a gigabyte of rubbish, twenty minutes of soak. The figures that they measure are printed.
.PHONY: test-long
test-long: setup-long data ## the tests that can be run for longer, for longer; an hour
	NAMEPLATE_LONG=1 cargo test --locked -p nameplate --test swap_model --test generations --test fork --test damage -- --nocapture
	NAMEPLATE_LONG=1 cargo test --locked -p nameplate-daemon --test reload_load -- --nocapture
	NAMEPLATE_LONG=1 cargo test --locked -p nameplate-capi --test library -- --nocapture
	NAMEPLATE_LONG=1 cargo test --locked -p nameplate-leads --test store -- --nocapture
	NAMEPLATE_LONG=1 $(venv)/pytest -s tests/e2e/test_publish.py tests/e2e/test_frames.py tests/e2e/test_load.py tests/e2e/test_memory.py

# In the release profile: thousands of millions of lookups. NAMEPLATE_FILE names another file.
.PHONY: test-exhaustive
test-exhaustive: data ## all IPv4 addresses and 100 million of IPv6 against a sweep; some minutes
	cargo test --release --locked -p nameplate --test exhaustive -- --ignored --nocapture --test-threads=1

# cargo-fuzz wants a nightly compiler for the sanitizer, and RUSTC_BOOTSTRAP lets the stable one pass for it.
# What the fuzzer collects goes under target; of the committed corpus it only reads. The longest input is
# twice the largest file of the corpus.
.PHONY: fuzz
fuzz: setup-fuzz ## runs each fuzz target for FUZZ_SECONDS, a minute if not said
	@set -e; for target in $(fuzz_targets); do \
		echo "fuzzing $$target"; \
		mkdir -p $(CARGO_TARGET_DIR)/fuzz/$$target; \
		RUSTC_BOOTSTRAP=1 cargo fuzz run $$target $(CARGO_TARGET_DIR)/fuzz/$$target fuzz/corpus/$$target -- \
			-max_total_time=$(FUZZ_SECONDS) -max_len=43008 -timeout=20; \
	done

.PHONY: data
data: setup-run binary ## gets the real data and builds data/nameplate.npl
	@config=$$(scripts/get-data) && $(NAMEPLATE_BIN) build --config "$$config" -o data/nameplate.npl
	@$(NAMEPLATE_BIN) verify data/nameplate.npl

.PHONY: bench
bench: setup-bench data library ## all benchmarks in some 15 minutes; writes target/bench/report.json and benches/RESULTS.md
	cargo run --release --locked -p nameplate-benches --features libmaxminddb -- --scale

# The labels stand beside the project; NAMEPLATE_CORPUS names another folder.
.PHONY: quality
quality: data ## measures classification and matching on labelled names; writes docs/QUALITY.md
	cargo run --release --locked -p nameplate-build --bin nameplate-quality -- docs/QUALITY.md

# Builds only what is missing, so that root needs no Rust after a user's `make release`.
.PHONY: install
install: $(NAMEPLATE_BIN) install-library ## binary, library, header, man pages, completions, systemd units and documents under DESTDIR and PREFIX
	install -D -m 0755 $(NAMEPLATE_BIN) $(DESTDIR)$(PREFIX)/bin/nameplate
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	$(NAMEPLATE_BIN) man $(DESTDIR)$(PREFIX)/share/man/man1
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	$(NAMEPLATE_BIN) completions bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/nameplate
	$(NAMEPLATE_BIN) completions zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_nameplate
	$(NAMEPLATE_BIN) completions fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/nameplate.fish
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/doc/nameplate LICENSE-APACHE LICENSE-MIT README.md docs/*.md docs/*.toml
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/lib/sysusers.d packaging/sysusers.d/*
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/lib/systemd/system packaging/systemd/*
	sed -i 's#/usr/bin/nameplate#$(PREFIX)/bin/nameplate#' $(DESTDIR)$(PREFIX)/lib/systemd/system/nameplate.service

# What is staged is what `make install` installs. cargo-deb only packs; the binary is there.
.PHONY: deb
deb: setup-deb $(NAMEPLATE_BIN) ## builds target/nameplate.deb
	rm -rf $(CARGO_TARGET_DIR)/package
	$(MAKE) --no-print-directory install DESTDIR=$(CARGO_TARGET_DIR)/package PREFIX=/usr
	cargo deb --quiet --locked --package nameplate-cli --no-build --strip --no-separate-debug-symbols --output $(NAMEPLATE_DEB)

.PHONY: install-library
install-library: $(library)/libnameplate.so ## the C library, header, pkg-config file and CMake config under DESTDIR and PREFIX
	install -D -m 0755 -t $(DESTDIR)$(LIBDIR) $(library)/libnameplate.so.$(library_version)
	cp -P $(library)/libnameplate.so.$(abi_version) $(library)/libnameplate.so $(DESTDIR)$(LIBDIR)
	install -D -m 0644 -t $(DESTDIR)$(LIBDIR) $(library)/libnameplate.a
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/include include/nameplate.h
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(LIBDIR)/cmake/nameplate
	sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@VERSION@|$(package_version)|' src/capi/nameplate.pc.in \
		> $(DESTDIR)$(LIBDIR)/pkgconfig/nameplate.pc
	sed 's|@VERSION@|$(package_version)|; s|@LIBRARY_VERSION@|$(library_version)|; s|@ABI_VERSION@|$(abi_version)|' src/capi/cmake/nameplateConfig.cmake.in \
		> $(DESTDIR)$(LIBDIR)/cmake/nameplate/nameplateConfig.cmake
	sed 's|@VERSION@|$(package_version)|' src/capi/cmake/nameplateConfigVersion.cmake.in \
		> $(DESTDIR)$(LIBDIR)/cmake/nameplate/nameplateConfigVersion.cmake

.PHONY: release
release: binary library ## builds target/release/nameplate, and the C library in target/capi

.PHONY: binary
binary: setup-run ## builds target/release/nameplate
	cargo build --release --locked -p nameplate-cli

$(NAMEPLATE_BIN):
	$(MAKE) binary

.PHONY: library
library: setup-run ## builds the C library in target/capi
	cargo build --release --locked -p nameplate-capi
	scripts/link-library $(CARGO_TARGET_DIR)/release/libnameplate_capi.a $(library)
	cp $(CARGO_TARGET_DIR)/release/libnameplate_capi.a $(library)/libnameplate.a

$(library)/libnameplate.so:
	$(MAKE) library

.PHONY: header
header: setup-run ## makes include/nameplate.h of src/capi
	NAMEPLATE_WRITE_HEADER=1 cargo test --locked -p nameplate-capi --test header

.PHONY: fmt
fmt: setup-test ## formats Rust and Python
	cargo fmt --all
	$(venv)/ruff format $(python_files)
	$(venv)/ruff check --fix $(python_files)

# `cargo deny check advisories` is not among them: it fetches a database from outside the package
# registries, which CI has no way to. Run it where you have one.
.PHONY: lint
lint: setup-lint ## every lint that CI runs
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo test --locked -p nameplate-capi --test header
	cargo deny --locked check --hide-inclusion-graph bans licenses sources
	shellcheck $(shell_files)
	scripts/check-units
	$(venv)/ruff check $(python_files)
	$(venv)/ruff format --check $(python_files)
	node --check $(node_tests)
	@if grep --quiet '"resolved"' tests/e2e/node/package-lock.json; then \
		echo 'package-lock.json names download addresses: run npm install in tests/e2e/node' >&2; exit 1; fi

.PHONY: clean
clean: ## removes what was built and fetched
	rm -rf target data/sources data/nameplate.npl run tests/e2e/node/node_modules

.PHONY: setup-run setup-test setup-long setup-lint setup-bench setup-fuzz setup-deb
setup-run setup-test setup-long setup-lint setup-bench setup-fuzz setup-deb: setup-%:
	@scripts/setup $*
