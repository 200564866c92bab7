# The two commands of the README are `make demo` and `make test`; `make help` lists the rest.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash

# The first interpreter that is new enough.
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11,$(shell $(p) -c 'import sys; sys.version_info >= (3, 11) and print("$(p)")' 2>/dev/null)))
VENV ?= .venv
BIN := $(VENV)/bin
MODEL ?= qwen2.5-coder-0.5b
BOOK ?= examples/ask-a-book/book.txt
QUESTION ?= $(shell head -n 1 examples/ask-a-book/question.txt 2>/dev/null)
PYTEST := $(BIN)/python -m pytest
# Who has finished takes from who has not: no worker waits for the others at the end.
WORKERS := -n auto --maxprocesses 4 --dist worksteal
# The version that the tests run with: pip may search for a minute for one that goes with the newest.
LITELLM := $(shell sed -n 's/^ *"\(litellm==[0-9.]*\)",$$/\1/p' pyproject.toml)

.PHONY: help check quick integration lint test seconds docs grammar golden mutants deep quality bench demo clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sort | awk 'BEGIN {FS = ":.*## "} {printf "  %-11s %s\n", $$1, $$2}'

$(VENV)/.local: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed (python3 was not found or is older)" >&2; exit 64; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[local,litellm]' '$(LITELLM)'
	@touch $@

$(VENV)/.dev: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed (python3 was not found or is older)" >&2; exit 64; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[local,litellm,documents,tables,docs,dev]'
	@touch $@ $(VENV)/.local

demo: $(VENV)/.local ## set up, fetch the default model, ask a question about a real book
	$(BIN)/lambda-rlm models get $(MODEL)
	$(BIN)/lambda-rlm ask "$(QUESTION)" $(BOOK) --model local/$(MODEL)
	@echo
	@echo 'Next, compute what a program can cost, label the rows of a table, and ask a folder:'
	@echo '  $(BIN)/lambda-rlm check examples/ask-a-book/summarize.lam examples/ask-a-book/book.txt --model openai/gpt-5-mini'
	@echo '  $(BIN)/lambda-rlm run examples/count-labels/program.lam examples/count-labels/questions.csv'
	@echo '  $(BIN)/lambda-rlm ask "When did the volcano of the northernmost island last erupt?" examples/ask-a-folder/islands --task search'

# The same draws everywhere: the order of sets is one of the things they are made from.
test: export PYTHONHASHSEED := 0
test: $(VENV)/.dev ## set up, fetch the small test model, run the tests
	$(BIN)/lambda-rlm models get smollm2-135m
	$(PYTEST) $(WORKERS)

# Every test whose cases take less than 50 ms each (tests/seconds.json), and no properties but the shortest.
quick: export PYTHONHASHSEED := 0
quick: export HYPOTHESIS_PROFILE := check
quick: $(VENV)/.dev ## the quick loop, a minute: format, lint, import contracts, and the tests that are not slow
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(PYTEST) $(WORKERS) -m "not quality and not integration and not slow"

# Properties draw a fifth of their examples here, and all of them in `make integration`.
check: export PYTHONHASHSEED := 0
check: export HYPOTHESIS_PROFILE := check
check: lint ## before a change lands, ten minutes: format, lint, types, imports, all tests but those of `integration`
	$(PYTEST) $(WORKERS) -m "not quality and not integration"

integration: export PYTHONHASHSEED := 0
integration: $(VENV)/.dev ## real clients, models, processes and databases, the site, and every property in full
	$(BIN)/lambda-rlm models get smollm2-135m
	$(PYTEST) $(WORKERS) -m "not quality and (integration or hypothesis)"

seconds: export PYTHONHASHSEED := 0
seconds: $(VENV)/.dev ## measure each test again and write tests/seconds.json: what `quick` leaves out; half an hour, on a quiet machine
	MEASURE_SECONDS=1 $(PYTEST)

lint: $(VENV)/.dev ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.dev ## build the site of the documents into build/site; a link that leads nowhere fails
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

grammar: $(VENV)/.dev ## renew the stored parse table after a change of the grammar
	$(BIN)/python -m lambda_rlm.syntax.grammar.tabulate > grammar/.table.json
	mv grammar/.table.json grammar/lambda_rlm.table.json

golden: $(VENV)/.dev ## rewrite the expectations of the tests (refused under CI); read the difference before you commit it
	@test -z "$$CI" || { echo "expectations are not rewritten under CI" >&2; exit 64; }
	UPDATE_GOLDEN=1 $(PYTEST) $$(grep -rlE 'IS_REWRITING|UPDATE_GOLDEN' tests --include='test_*.py')

deep: $(VENV)/.dev ## the properties with many more examples
	HYPOTHESIS_PROFILE=deep $(PYTEST) $(WORKERS) --timeout 7200 tests/properties tests/differential tests/journal/test_damage.py

mutants: $(VENV)/.dev ## break the package in one place after the other, and shrink every transfer: a test must notice each
	$(BIN)/python -m tests.mutants

quality: $(VENV)/.dev ## how well the default local model answers, held against thresholds
	$(BIN)/lambda-rlm models get $(MODEL)
	$(PYTEST) -m quality --timeout 3600

bench: $(VENV)/.dev ## the benchmarks; figures go to standard output
	@set -e; for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file; done

clean: ## remove the environment and everything that can be made again
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
