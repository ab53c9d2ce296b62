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
python_files := scripts/make-sample scripts/make-vectors scripts/make-word-lists tests/e2e tests/format bindings/python benches/bindings/python
python_venv := $(CARGO_TARGET_DIR)/venv-python/bin
browser_tests := $(wildcard tests/browser/*.test.mjs)
node_files := $(node_tests) $(wildcard tests/browser/*.mjs src/web/script/*.js bindings/node/*.mjs bindings/node/lib/*.js bindings/node/lib/*.mjs bindings/node/lib/middleware/*js \
	bindings/node/test/*.mjs bindings/node/test/programs/*.mjs benches/bindings/node/*.mjs bindings/wordpress/test/*.mjs bindings/wordpress/plugin/assets/*.js benches/bindings/wordpress/*.mjs)
php_folders := bindings/php benches/bindings/php bindings/wordpress/plugin
php_headers = $(patsubst -I%,-isystem %,$(shell php-config --includes))
packages := $(CARGO_TARGET_DIR)/packages
fuzz_targets := $(basename $(notdir $(wildcard fuzz/targets/*.rs)))
shell_files := .ci/run bindings/php/gen-stubs bindings/php/package bindings/php/run-tests bindings/wordpress/package bindings/wordpress/test/check-finds bindings/wordpress/translations packaging/debian/postinst packaging/debian/postrm scripts/check-units scripts/get-data scripts/library-version scripts/link-library scripts/run scripts/setup
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
test: setup-test data deb packages ## everything from a fresh machine, then every test
	cargo test --workspace --locked
	scripts/make-vectors --check
	$(venv)/pytest tests/e2e
	$(venv)/pytest tests/format
	node --test --test-reporter=spec $(node_tests)
	$(python_venv)/pytest bindings/python
	node bindings/node/test/run.mjs $(packages)/node
	bindings/php/run-tests $(packages)/php $(library)/libnameplate.so.$(abi_version) $(CARGO_TARGET_DIR)/php
	$(MAKE) --no-print-directory test-browser test-wordpress

.PHONY: test-browser
test-browser: setup-test binary ## the page script and the dashboard in Chromium
	node --test --test-reporter=spec $(browser_tests)

# The extension is the one that the PHP package's tests have built; without it the tests that need it say so.
.PHONY: test-wordpress
test-wordpress: setup-test packages-wordpress ## the WordPress plugin in real WordPress
	NAMEPLATE_LIBRARY=$(library)/libnameplate.so.$(abi_version) \
		NAMEPLATE_TEST_EXTENSION=$(wildcard $(CARGO_TARGET_DIR)/php/nameplate-extension-*/modules/nameplate.so) \
		node --test --test-reporter=spec --test-concurrency=1 bindings/wordpress/test/*.test.mjs

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
bench: setup-bench data library packages ## all benchmarks in some 15 minutes; writes target/bench/report.json and benches/RESULTS.md
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

.PHONY: packages
packages: packages-python packages-node packages-php packages-wordpress ## builds the languages' packages in target/packages

# The tests use what was built, so it is put beside what else they need.
.PHONY: packages-python
packages-python: setup-test library
	rm -rf $(packages)/python
	NAMEPLATE_LIBRARY=$(library)/libnameplate.a $(python_venv)/python -m build --no-isolation --sdist --wheel \
		--outdir $(packages)/python bindings/python > $(CARGO_TARGET_DIR)/packages-python.log || { cat $(CARGO_TARGET_DIR)/packages-python.log; exit 1; }
	$(python_venv)/pip install --quiet --no-index --no-deps --force-reinstall $(packages)/python/*.whl

.PHONY: packages-node
packages-node: setup-test library
	node bindings/node/pack.mjs $(packages)/node

# The extension's own tests come along in its archive, with the range file that they ask.
.PHONY: packages-php
packages-php: setup-test binary library
	rm -rf $(packages)/php
	$(NAMEPLATE_BIN) build --config tests/vectors/vectors.toml -o $(CARGO_TARGET_DIR)/vectors.npl
	bindings/php/package $(packages)/php $(library)/libnameplate.a $(CARGO_TARGET_DIR)/vectors.npl

.PHONY: packages-wordpress
packages-wordpress: setup-test
	rm -rf $(packages)/wordpress
	bindings/wordpress/package $(packages)/wordpress

.PHONY: screenshots
screenshots: setup-test binary ## takes the pictures of docs/images anew
	node tests/browser/screenshots.mjs

.PHONY: script
script: setup-test ## makes src/web/script/n.min.js of n.js
	npm --prefix tests/browser run --silent minify

.PHONY: header
header: setup-run ## makes include/nameplate.h of src/capi
	NAMEPLATE_WRITE_HEADER=1 cargo test --locked -p nameplate-capi --test header

.PHONY: php-generated
php-generated: setup-test ## makes the PHP package's argument tables and FFI declarations
	bindings/php/gen-stubs

.PHONY: fmt
fmt: setup-test ## formats Rust and Python
	cargo fmt --all
	$(venv)/ruff format $(python_files)
	$(venv)/ruff check --fix $(python_files)

# `cargo deny check advisories` is not among them: it fetches a database from outside the package
# registries, which CI has no way to. Run it where you have one.
.PHONY: lint
lint: setup-lint packages-python ## every lint that CI runs
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo test --locked -p nameplate-capi --test header
	cargo deny --locked check --hide-inclusion-graph bans licenses sources
	shellcheck $(shell_files)
	scripts/check-units
	$(venv)/ruff check $(python_files)
	$(venv)/ruff format --check $(python_files)
	cd bindings/python && $(python_venv)/mypy src/nameplate tests
	cd bindings/python && $(python_venv)/python -m mypy.stubtest nameplate._core --mypy-config-file pyproject.toml
	$(CC) -fsyntax-only -std=c11 -O2 -Wall -Wextra -Werror -DPy_LIMITED_API=0x030A0000 -Iinclude \
		-I$$($(python_venv)/python -c 'import sysconfig; print(sysconfig.get_path("include"))') bindings/python/src/core/*.c
	@set -e; for file in $(node_files); do node --check $$file; done
	find $(php_folders) -name '*.php' -print0 -o -name ffi-header -print0 | xargs --null --max-args 1 php -d display_errors=stderr -l > /dev/null
	bindings/php/ffi-header --check
	composer validate --quiet --no-check-publish --no-check-version bindings/php/composer.json
	$(CC) -fsyntax-only -std=gnu11 -O2 -Wall -Wextra -Werror -DCOMPILE_DL_NAMEPLATE -DZEND_ENABLE_STATIC_TSRMLS_CACHE=1 \
		-Iinclude $(php_headers) bindings/php/ext/*.c
	bindings/wordpress/translations --check
	bindings/wordpress/package $(CARGO_TARGET_DIR)/lint-wordpress
	bindings/wordpress/test/check-finds
	@if grep '"resolved"' bindings/wordpress/test/package-lock.json tests/e2e/node/package-lock.json tests/browser/package-lock.json bindings/node/test/package-lock.json benches/bindings/node/package-lock.json; then \
		echo 'package-lock.json names download addresses: run npm install --omit-lockfile-registry-resolved beside it' >&2; exit 1; fi

.PHONY: clean
clean: ## removes what was built and fetched
	rm -rf target data/sources data/nameplate.npl run bindings/wordpress/test/node_modules tests/e2e/node/node_modules tests/browser/node_modules bindings/node/test/node_modules benches/bindings/node/node_modules \
		bindings/python/build bindings/python/src/*.egg-info

.PHONY: setup-run setup-test setup-long setup-lint setup-bench setup-fuzz setup-deb
setup-run setup-test setup-long setup-lint setup-bench setup-fuzz setup-deb: setup-%:
	@scripts/setup $*
