# Less Network, More Tasks. Needs make and Python 3.11 or later; `make` alone lists what there is.

VENV ?= .venv
PROFILE ?= lab
HOST ?= 127.0.0.1
PORT ?= 8000
# Parts of the package that are installed; add teach to test the labs with nbgrader.
EXTRAS ?= test,dev
# The first Python that answers with 3.11 or later; a shim on the path may answer nothing.
PYTHON ?= $(shell for name in python3.11 python3 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$name && break; done)

RUN := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
# An environment that is given and has these is taken as it is: make book VENV=$CONDA_PREFIX
NEEDED := from importlib.metadata import version; version("torch"); version("papermill")
GIVEN := $(if $(filter command,$(origin EXTRAS)),,$(filter command,$(origin VENV)))
WRONG := $(foreach pair,$(P),$(if $(and $(findstring =,$(pair)),$(filter-out =% %=,$(pair))),,$(pair)))
$(if $(strip $(WRONG)),$(error P has $(strip $(WRONG)): write P="name=value name=value", without blanks about =))
PARAMETERS = $(foreach pair,$(P),-p $(subst =, ,$(pair)))
NBVAL := --nbval --nbval-current-env --nbval-sanitize-with tests/nbval_sanitize.cfg \
	--nbval-cell-timeout=600 --nbval-kernel-startup-timeout=180

export PYTHONPATH := $(CURDIR)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# A call by name from the environment, such as alembic by nbgrader, finds the environment's own.
export PATH := $(abspath $(VENV)/bin):$(PATH)
# Tests run two at a time; torch's own threads would only get in their way.
test check: export OMP_NUM_THREADS := 1

.PHONY: help environment book chapter notebooks pdf labs test check bench serve clean
.DEFAULT_GOAL := help

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

environment: $(INSTALLED)  ## make the environment in .venv from constraints.txt

# torch first and alone: a resolver that meets it among others may take several GB of another build
$(INSTALLED): constraints.txt pyproject.toml
ifneq ($(and $(GIVEN),$(shell $(RUN) -c '$(NEEDED)' 2>/dev/null && echo has them)),)
	@echo "environment: $(VENV) as it is"
else
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed: set PYTHON to its name"; exit 1; }
	@echo "environment: $(VENV), $$($(PYTHON) --version)"
	@test -x $(RUN) || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
	@echo "environment: torch (1 of 2)"
	@$(RUN) -m pip install -qq -c constraints.txt torch
	@echo "environment: everything else, about a minute (2 of 2)"
	@$(RUN) -m pip install -qq -c constraints.txt -e '.[$(EXTRAS)]'
	@touch $(INSTALLED)
endif

book: $(INSTALLED)  ## execute what has changed and build the site (PROFILE=lab, P="seeds=5")
	@$(RUN) -m tools.book --profile $(PROFILE) $(PARAMETERS)

chapter: $(INSTALLED)  ## execute one chapter into the site: NAME=layerout P="profile=smoke seeds=3"
	@test -n "$(NAME)" || { echo 'which one? make chapter NAME=layerout P="seeds=3"'; exit 1; }
	@$(RUN) -m tools.book --only $(NAME) --profile $(PROFILE) $(PARAMETERS)

notebooks: $(INSTALLED)  ## write the unexecuted notebooks, for papermill or Jupyter
	@$(RUN) -m tools.notebooks

pdf: $(INSTALLED)  ## the site that was built last as one PDF, printed by Chromium: _build/book.pdf
	@$(RUN) -m tools.pdf

labs: $(INSTALLED)  ## the labs: student's notebooks, teacher's editions, nbgrader's source, in _build/labs
	@$(RUN) -m tools.labs

test: $(INSTALLED)  ## every test, and the smoke notebooks executed twice and compared
	@$(RUN) -m tools.book --profile smoke --site html-smoke
	@$(RUN) -m pytest -n 2 --dist loadfile
	@rm -rf _build/again
	@MTLCORE_RUNS=$(CURDIR)/_build/again $(RUN) -m pytest $(NBVAL) _build/notebooks/smoke

check: $(INSTALLED)  ## format, lint, types, fast tests: under a minute
	@$(RUN) -m ruff format
	@$(RUN) -m ruff check
	@$(RUN) -m mypy
	@$(RUN) -m pytest -n 2 --dist loadfile -m "not slow and not browser"

bench: $(INSTALLED)  ## the benchmarks: ratios, both sides measured in the run
	@for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(RUN) $$file || exit 1; done

serve: $(INSTALLED)  ## serve the site (HOST=0.0.0.0 for other devices, PORT=8000)
	@$(RUN) -m http.server $(PORT) --bind $(HOST) --directory _build/html

clean:  ## remove everything that was made, but the environment
	rm -rf _build .pytest_cache .mypy_cache .ruff_cache .hypothesis
