# Everything a newcomer needs: `make run` and `make test`. The rest serves those who build.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

TARGET := $(or $(CARGO_TARGET_DIR),target)
UI_SOURCES := $(shell find ui -path ui/node_modules -prune -o -path ui/dist -prune -o -type f -print)

.PHONY: run test check bench quality unit e2e soak clients ui fmt setup-build setup-test clean

## Build for release and serve the demo site: http://127.0.0.1:8080, agent5001 / demo.
run: setup-build ui
	cargo build --release -p cordboard
	exec "$(TARGET)/release/cordboard" run --demo

## Every test, from the format to a real browser; what CI runs.
test: setup-test check unit e2e clients

## The quick checks: format, lints, the rules of the house, types.
check: setup-build ui e2e/node_modules/.stamp
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo run -q -p xtask -- tidy
	cd ui && npm run check
	cd e2e && npm run check

## Measurements; the figures in bench/ come from here.
bench: setup-build ui
	cargo build --release -p cordboard
	cargo run --release -p bench

## How speech sounds over bad networks, beside rtpengine: PESQ and ViSQOL, about a quarter of an hour.
quality: setup-build ui e2e/node_modules/.stamp
	xtask/setup/ensure.sh quality
	cargo build --release -p cordboard
	cd bench/quality && CORDBOARD="$(abspath $(TARGET))/release/cordboard" \
		PYTHON="$(abspath bench/quality/.venv/bin/python)" node run.js

unit: setup-build ui
	cargo test --workspace --no-fail-fast
	cd ui && npm test

# One story: make e2e ONLY=reload
e2e: setup-test ui e2e/node_modules/.stamp
	cargo build -p cordboard
	cd e2e && CORDBOARD="$(abspath $(TARGET))/debug/cordboard" ONLY="$(ONLY)" npm test

## A quarter of an hour of each long call.
soak: setup-test ui e2e/node_modules/.stamp
	cargo build -p cordboard
	cd e2e && CORDBOARD="$(abspath $(TARGET))/debug/cordboard" SOAK_S=900 ONLY=soak npm test

# The published clients' examples, each in its language, against the real program.
clients: setup-test ui e2e/node_modules/.stamp clients/typescript/node_modules/.stamp
	cargo build -p cordboard
	cd clients/typescript && npm run build
	.venv/bin/pip install --quiet --disable-pip-version-check './clients/python[test]'
	CORDBOARD="$(abspath $(TARGET))/debug/cordboard" PYTHON="$(abspath .venv/bin/python)" \
		node --test clients/test/*.test.js
	CORDBOARD="$(abspath $(TARGET))/debug/cordboard" .venv/bin/pytest -q clients/python

ui: ui/dist/index.html

ui/dist/index.html: ui/node_modules/.stamp $(filter-out ui/node_modules/% ui/dist/%,$(UI_SOURCES))
	cd ui && npm run build
	touch $@

%/node_modules/.stamp: %/package-lock.json
	cd $* && npm ci --no-audit --no-fund
	touch $@

fmt:
	cargo fmt --all

setup-build:
	xtask/setup/ensure.sh build

setup-test:
	xtask/setup/ensure.sh test

clean:
	rm -rf ui/dist ui/node_modules e2e/node_modules e2e/out clients/typescript/node_modules .venv \
		bench/quality/.venv bench/quality/out
	cargo clean
