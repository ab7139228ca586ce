# Everything a person does here. `make` alone lists it.
# Needs Python 3.11 or newer, make and sh; each goal installs what it needs into .venv.

PYTHON   ?= python3
# Not taken from the environment, where some systems keep the machine's own name.
HOST      = 127.0.0.1
PORT     ?= 8000
DATA_DIR ?= .data
# By name: passkeys belong to a name, never to a number.
BASE_URL ?= http://$(patsubst 0.0.0.0,localhost,$(patsubst 127.0.0.1,localhost,$(HOST))):$(PORT)

VENV   := .venv
PY     := $(VENV)/bin/python
MANAGE := $(PY) manage.py

.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help run demo prepare test servers browser faults check format lock check-locks clean

help: ## List the goals
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 18

# One environment for all goals. The locks agree on every version, so sets only ever add to it.

$(PY):
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Simple Todos needs Python 3.11 or newer; name one, such as: make PYTHON=python3.13 run")'
	@echo "Making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# A stamp per set: pip runs again only when that lock changes.
$(VENV)/.%: requirements/%.txt | $(PY)
	@echo "Installing requirements/$*.txt"
	@$(PY) -m pip install --disable-pip-version-check --require-hashes --no-deps --no-compile -r $<
	@touch $@

# Serving

run demo: export DATA_DIR := $(DATA_DIR)
run demo: export BASE_URL := $(BASE_URL)
run: export HOST := $(HOST)
run: export PORT := $(PORT)
run: export WEB_RELOAD ?= true
run: export WEB_WORKERS ?= 1
run: export WEB_THREADS ?= 8

run: prepare ## Serve on this machine (PORT=8000 HOST=127.0.0.1 DATA_DIR=.data)
	@trap 'trap "" INT TERM HUP; kill $$web $$work 2>/dev/null; wait' EXIT; trap 'exit 0' INT TERM HUP; \
	$(MANAGE) work & work=$$!; \
	$(PY) -m gunicorn -c python:config.gunicorn config.wsgi:application & web=$$!; \
	while kill -0 $$web 2>/dev/null && kill -0 $$work 2>/dev/null; do sleep 1 & wait $$!; done; \
	echo "The server or its worker has ended; stopping the other." >&2; exit 1

demo: prepare ## Fill the database with a believable data set
	@$(MANAGE) demo

# Real stores need their drivers, the embedded default does not.
prepare: $(VENV)/.$(if $(DATABASE_URL)$(REDIS_URL)$(MONGODB_URL)$(ATTACHMENTS_URL),prod,base)
	@echo "Preparing the database"
	@$(MANAGE) migrate --verbosity 0
	@test -z "$$MONGODB_URL" || $(MANAGE) migrate --database activity --verbosity 0 \
		|| { echo "MongoDB does not answer at MONGODB_URL, or refuses: see above." >&2; exit 1; }
	@$(MANAGE) createcachetable --verbosity 0

# Tests

test: $(VENV)/.test ## Run the suite on SQLite; needs no server
	env -u DATABASE_URL -u REDIS_URL -u MONGODB_URL $(PY) -m pytest --ignore config/tests/browser $(ARGS)

servers: $(VENV)/.dev ## Run it on DATABASE_URL and REDIS_URL (and MONGODB_URL)
	@test -n "$$DATABASE_URL" && test -n "$$REDIS_URL" || { echo "Name the servers in DATABASE_URL and REDIS_URL." >&2; exit 2; }
	$(PY) -m pytest --ignore config/tests/browser $(ARGS)

browser: $(VENV)/.dev ## Run the stories in a real browser (Debian's chromium)
	DJANGO_ALLOW_ASYNC_UNSAFE=1 $(PY) -m pytest -m browser $(ARGS)

faults: $(VENV)/.dev ## Kill the archive and workers under load, and count (DATABASE_URL, ARGS=--short)
	$(PY) -m activity.tests.faults $(ARGS)

# Checks

check: $(VENV)/.dev check-locks ## Lint, types, contracts, settings, locks
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/djlint --quiet --lint templates
	$(VENV)/bin/djlint --quiet --check templates
	$(VENV)/bin/codespell
	$(VENV)/bin/lint-imports --no-logo --no-cache --config .importlinter
	$(VENV)/bin/deptry --config .deptry.toml .
	APP_ENV=test $(MANAGE) check --fail-level WARNING
	APP_ENV=test $(MANAGE) makemigrations --check --dry-run
	$(VENV)/bin/hadolint Dockerfile
	$(VENV)/bin/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

format: $(VENV)/.dev ## Format the code and the templates
	$(VENV)/bin/ruff check --fix-only --quiet .
	$(VENV)/bin/ruff format .
	$(VENV)/bin/djlint --quiet --reformat templates

# Locks. One resolution feeds all four: dev is the union, and the others start from its versions.

COMPILE := $(abspath $(VENV))/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --custom-compile-command "make lock"

define compile-locks
cp requirements/* $$dir && cd $$dir && $(COMPILE) $(if $(UPGRADE),--upgrade) dev.in -o dev.txt \
	&& for set in base prod test; do cp dev.txt $$set.txt && $(COMPILE) $$set.in -o $$set.txt || exit 1; done \
	&& cd $(CURDIR)
endef

lock: $(VENV)/.dev ## Lock requirements/*.in again (UPGRADE=1 takes new versions)
	@dir=$$(mktemp -d) && trap 'rm -rf $$dir' EXIT && $(compile-locks) && cp $$dir/*.txt requirements/

check-locks: $(VENV)/.dev
	@dir=$$(mktemp -d) && trap 'rm -rf $$dir' EXIT && $(compile-locks) \
	&& diff -ru requirements $$dir || { echo "The locks are stale: run make lock." >&2; exit 1; }

clean: ## Remove what make and the tools made; data in DATA_DIR stays
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .schemathesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
