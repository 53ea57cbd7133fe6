# Needs Python 3.11, git and make; everything else is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# loadfile keeps a file's tests together: many share a server or a set of weights. No reordering: sorted by
# their number of tests, the slowest files, with one test each, would come last and leave one core idle. Three
# processes, because many tests wait for a server. A test that kills its process is not retried in a new one.
PARALLEL := -n 3 --dist loadfile --no-loadscope-reorder --max-worker-restart 0
# Generation, replay, failures in a batch, and buckets do not depend on the database.
DATABASE_TESTS := --ignore=tests/jobs/worker/test_foreign_rework.py --ignore=tests/jobs/worker/test_rework.py --ignore=tests/jobs/worker/test_replay_command.py --ignore=tests/jobs/worker/test_batch_isolation.py --ignore=tests/jobs/worker/test_batch.py --ignore=tests/jobs/worker/test_execution.py --ignore=tests/jobs/worker/test_sound_tools.py --ignore=tests/jobs/worker/test_language_model.py --ignore=tests/jobs/api/test_analyze_foreign.py --ignore=tests/jobs/storage/test_media.py --ignore=tests/jobs/storage/test_s3.py --ignore=tests/jobs/storage/test_s3_breaker.py tests/accounts tests/jobs tests/library tests/presets tests/pages tests/security/hostile/test_hostile_requests.py tests/security/test_waiting_limit.py

PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Each file must match a hash in its lock; the lock is complete, so no dependencies are resolved.
INSTALL_LOCKED := $(PIP_INSTALL) --require-hashes --no-deps --requirement
# torch's builds differ by machine, so no single hash fits: its version is pinned in requirements.txt. Wheels
# only: a source package would run its own code during installation.
TORCH := $(shell sed -n 's/^\(torch==[^ ;]*\).*/\1/p' requirements.txt)

.PHONY: run setup dev acestep test lint lock sbom release-notes bench clean stems

run: $(VENV)/.installed  ## Install what is missing, prepare the data, start everything
	@exec $(BIN)/python manage.py serve

setup: $(VENV)/.installed  ## Only create .venv and install into it

dev: $(VENV)/.dev-installed

acestep: $(VENV)/.acestep-installed  ## Also install the ACE-Step engine's packages

test: export PYTHONDONTWRITEBYTECODE =  # else a hundred processes would each compile every file
# Three processes already share the cores: more threads would wait for each other.
test: export OMP_NUM_THREADS = 1
test: $(VENV)/.dev-installed  ## Run every test; those that use the database also on PostgreSQL
	$(BIN)/python -m pytest $(PARALLEL)
	$(BIN)/python -m audiomusic.devtools.postgres $(BIN)/python -m pytest $(PARALLEL) $(DATABASE_TESTS)

lint: $(VENV)/.dev-installed  ## Check style, types, import rules, and packages for known vulnerabilities
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy audiomusic jobs library presets
	$(BIN)/lint-imports
	$(BIN)/python .ci/audit.py

stems:  ## Install a model that separates audio into stems: make stems MODEL=FILE.onnx
	@test -f "$(MODEL)" || { echo "Name the model: make stems MODEL=FILE.onnx"; exit 1; }
	@mkdir -p var/stems && rm -f var/stems/*.onnx var/stems/*.json
	@cp "$(MODEL)" var/stems/ && for beside in "$(MODEL:.onnx=.json)"; do test ! -f "$$beside" || cp "$$beside" var/stems/; done
	@echo "Installed. Set AUDIOMUSIC_STEM_MODEL=$(CURDIR)/var/stems and start the server again."

lock: $(BIN)/uv  ## Update the lock files with versions and hashes; UPGRADE=--upgrade takes the newest
	$(BIN)/python .ci/lock.py $(UPGRADE)

sbom: $(VENV)/.dev-installed  ## Print AudioMusic's bill of materials as CycloneDX JSON
	@$(BIN)/python .ci/sbom.py

release-notes:  ## Print a version's changes: make release-notes TAG=v0.1.0
	@$(PYTHON) .ci/release_notes.py "$(TAG)"

bench: $(VENV)/.dev-installed  ## Benchmark this machine: engine, music, requested music, queue, API, pages
	$(BIN)/python manage.py bench engine
	$(BIN)/python manage.py bench asked
	$(BIN)/python manage.py bench queue
	$(BIN)/python manage.py bench api
	$(BIN)/python manage.py bench pages

clean:
	rm -rf $(VENV)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info[:2] >= (3, 11) else "AudioMusic needs Python 3.11 or newer, but $(PYTHON) is %d.%d. Name another with: make run PYTHON=python3.11" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)

# Installed separately: if locks and requirements disagree, the locks must be remade before anything installs.
$(BIN)/uv: | $(VENV)/bin/python
	$(PIP_INSTALL) "$$(sed -n '/^uv==/p' requirements-dev.txt)"

$(VENV)/.installed: requirements.txt requirements.lock | $(VENV)/bin/python
	@echo "Installing what AudioMusic runs on; the first time this takes some minutes."
	$(PIP_INSTALL) --only-binary :all: $(TORCH)
	$(INSTALL_LOCKED) requirements.lock
	@touch $@

$(VENV)/.acestep-installed: requirements-acestep.lock $(VENV)/.installed
	$(INSTALL_LOCKED) requirements-acestep.lock
	@touch $@

$(VENV)/.dev-installed: requirements-dev.lock $(VENV)/.installed
	$(INSTALL_LOCKED) requirements-dev.lock
	$(BIN)/python -c "from audiomusic.bench.engine.listening import call_judges; call_judges()"
	@touch $@
