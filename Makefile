# `make` lists the commands. Each sets up .venv by itself, once.

PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help venv book serve test check test-all notebooks experiments bench clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: ## set up .venv, or leave it as it is when nothing changed
	@command -v $(PYTHON) >/dev/null || { echo "error: there is no $(PYTHON); Python 3.11 or newer is needed" >&2; exit 1; }
	@$(PYTHON) tools/environment.py

book: venv ## build the book into _build/html
	@[ _build/html/index.html -nt _toc.yml ] || rm -rf _build/html  # other pages: all anew
	@$(BIN)/jupyter-book build -W -n --keep-going .
	@echo "The book: file://$(CURDIR)/_build/html/index.html"

serve: book ## build the book, serve it on this machine and open the browser
	@$(BIN)/python tools/serve.py

test: venv ## style, the site, unit tests, every page (CI=true: the long ones too, half an hour)
	@$(BIN)/python tools/run_tests.py test

check: venv ## style, most unit tests, changed pages (a few minutes)
	@$(BIN)/python tools/run_tests.py check

test-all: venv ## also slow tests, three OpenBLAS kernels, mutants, Lighthouse, Colab, Binder
	@$(BIN)/python tools/run_tests.py all

notebooks: venv ## run every page and store its outputs
	@$(BIN)/python tools/notebooks.py

experiments: venv ## repeat the long runs whose results the pages show (about an hour)
	@$(BIN)/python tools/run_scripts.py book/experiments --at-once 2 --alone backprop_times.py

bench: venv ## compare nnlib with other implementations (about a quarter of an hour)
	@$(BIN)/python benchmarks/speed.py

clean: ## remove the site, caches and .venv
	rm -rf .venv _build build dist nnlib.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
