# Needs Python 3.11, git and make; everything else is put into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# A file's tests stay together: many share a server or a set of weights. In their own order: by their number, the
# slowest files, of one test each, would come last, and one core would wait for the other. Three, as many a
# test waits for a server.
# A test that kills its process is not tried again in a new one.
PARALLEL := -n 3 --dist loadfile --no-loadscope-reorder --max-worker-restart 0
# What a song is made again from, who of a batch fails and what a bucket does is no business of the database's.
DATABASE_TESTS := --ignore=tests/jobs/test_replay_command.py --ignore=tests/jobs/test_batches_apart.py --ignore=tests/jobs/test_object_store.py --ignore=tests/jobs/test_silent_bucket.py tests/accounts tests/jobs tests/library tests/presets tests/pages tests/security/test_hostile_requests.py tests/security/test_waiting_limit.py

.PHONY: run setup dev acestep test lint bench clean

run: $(VENV)/.installed  ## Install what is missing, prepare the data, start everything
	@exec $(BIN)/python manage.py serve

setup: $(VENV)/.installed  ## Make .venv alone

dev: $(VENV)/.dev-installed

acestep: $(VENV)/.acestep-installed  ## Also install what the ACE-Step engine runs on

test: export PYTHONDONTWRITEBYTECODE =  # a hundred processes would compile every file anew
test: $(VENV)/.dev-installed  ## Run every test; what meets the database once more on PostgreSQL
	$(BIN)/python -m pytest $(PARALLEL)
	$(BIN)/python -m audiomusic.bench.postgres $(BIN)/python -m pytest $(PARALLEL) $(DATABASE_TESTS)

lint: $(VENV)/.dev-installed  ## Style, types, who may import whom, and known holes in what is installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy audiomusic/engines jobs/services.py jobs/making.py jobs/ends.py
	$(BIN)/lint-imports
	$(BIN)/python .ci/audit.py

bench: $(VENV)/.dev-installed  ## Measure this machine: the engine, its music, the queue, the API, the pages
	$(BIN)/python manage.py bench engine
	$(BIN)/python manage.py bench queue
	$(BIN)/python manage.py bench api
	$(BIN)/python manage.py bench pages

clean:
	rm -rf $(VENV)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info[:2] >= (3, 11) else "AudioMusic needs Python 3.11 or newer, but $(PYTHON) is %d.%d. Name another with: make run PYTHON=python3.11" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@echo "Installing what AudioMusic runs on; the first time this takes some minutes."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.acestep-installed: requirements-acestep.txt $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-acestep.txt
	@touch $@

$(VENV)/.dev-installed: requirements-dev.txt requirements-acestep.txt $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/python -c "from audiomusic.bench.listening import call_judges; call_judges()"
	@touch $@
