# `make demo` and `make test` work on a fresh machine; README.md says what they do. `make help` lists all.
CORES ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1); if [ "$$n" -gt 2 ]; then echo 2; else echo "$$n"; fi)
WORKERS ?= 2
RUN = sh scripts/in-env.sh
PYTHON_CODE = src tests benchmarks test-data
PYTEST = $(RUN) python -m pytest -n $(WORKERS) --dist loadfile

.PHONY: help setup demo test check lint docs clean

help:
	@echo "make setup   all that is needed: system packages (root on Debian or Ubuntu), .venv/ or the active conda environment"
	@echo "make demo    set up, then run the workflow on the simulated data in test-data/ (CORES=$(CORES))"
	@echo "make test    set up, then run the tests (WORKERS=$(WORKERS))"
	@echo "make lint    style, types and workflow format"
	@echo "make check   lint and test"
	@echo "make docs    demo, then write what docs and README take from the code and from the demo"
	@echo "make clean   remove the demo's results, logs and caches (.venv/ stays)"

setup:
	@sh scripts/setup.sh

demo: setup
	@$(RUN) snakemake --cores $(CORES) --configfile config/config.yaml --quiet rules host --no-hooks
	@$(RUN) integrasite answer results

test: setup
	$(PYTEST)

lint: setup
	$(RUN) ruff check $(PYTHON_CODE) scripts
	$(RUN) ruff format --check $(PYTHON_CODE) scripts
	$(RUN) mypy src scripts
	$(RUN) snakefmt -l 110 --check Snakefile workflow
	$(RUN) snakemake --lint --configfile config/config.yaml
	$(RUN) python scripts/config_docs.py --check

check: lint test

docs: demo
	$(RUN) python scripts/config_docs.py --answers results

clean:
	rm -rf results logs .snakemake .pytest_cache .mypy_cache .ruff_cache .hypothesis build
	find src tests benchmarks scripts -name __pycache__ -type d -prune -exec rm -rf {} +
