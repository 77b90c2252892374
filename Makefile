# Datasette Lite. `make` alone lists what can be made.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8001

.DEFAULT_GOAL := help
.PHONY: help site runtime wheel docs serve dev test test-unit test-browser test-quick test-all fuzz torture other-browsers upstream compatibility lint format bench lock lock-plugins first-visit licenses clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

site: $(VENV)/ready node_modules/ready ## Build the site into dist/
	@$(BIN)/python scripts/build_site.py

runtime: $(VENV)/ready node_modules/ready ## Build what every site has, for publishing from this checkout
	@$(BIN)/python scripts/build_runtime.py

wheel: runtime ## Make the Python package datasette-lite, runtime included, in build/wheel/
	@rm -rf build/wheel
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation \
		--wheel-dir build/wheel .
	@ls build/wheel/*.whl

docs: wheel ## Build the documentation, with live tables, into build/docs/
	@rm -rf build/docs-packages
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-index \
		--target build/docs-packages build/wheel/*.whl
	@PYTHONPATH=build/docs-packages $(BIN)/python -m mkdocs build --strict --quiet
	@echo "build/docs/ is ready"

serve: site ## Build what is missing and serve the site (PORT=8001)
	@$(BIN)/python -m datasette_lite serve dist --port $(PORT)

dev: site ## Open the site in a browser window; rebuild and reload it at every change (PORT=8001)
	@$(BIN)/python scripts/develop.py --port $(PORT)

test: test-unit test-browser ## Set everything up, a browser included, and run all tests

test-quick: site ## Run the tests that need no browser, and the main job in one
	@$(BIN)/python -m pytest --numprocesses=2 tests/unit
	@node --test --test-reporter=dot $$(find tests/unit -name '*.test.js')
	@$(BIN)/python scripts/find_browser.py
	@$(BIN)/python -m pytest --numprocesses=2 --dist=worksteal tests/browser/test_main_job.py

test-all: test other-browsers upstream ## Run all tests, in other browsers as well, and those of Datasette

test-unit: site ## Run the tests that need no browser
	@$(BIN)/python -m pytest --numprocesses=2 tests/unit
	@$(BIN)/python -m pytest --numprocesses=2 tests/fuzz
	@node --test --experimental-test-coverage --test-reporter=dot --test-reporter-destination=stdout \
		--test-reporter=lcov --test-reporter-destination=build/coverage.lcov \
		$$(find tests/unit tests/fuzz -name '*.test.js')
	@$(BIN)/python -m tests.support.coverage_by_folder build/coverage.lcov

test-browser: site ## Run the tests in a browser
	@$(BIN)/python scripts/find_browser.py
	@PYTHONPATH=scripts $(BIN)/python -m tests.compatibility.wheels
	@$(BIN)/python -m pytest --numprocesses=2 --dist=worksteal tests/browser

fuzz: site ## Give the readers and Datasette many random and damaged inputs (EXAMPLES=20000, of each kind)
	@EXAMPLES=$${EXAMPLES:-20000} node --test tests/fuzz/*.test.js
	@EXAMPLES=$${EXAMPLES:-20000} $(BIN)/python -m pytest --numprocesses=2 --timeout=0 tests/fuzz

torture: site ## Kill the worker 100 times under continuous writes and deploys, many times at random, and restart it 200 times (KILLS=100)
	@$(BIN)/python scripts/find_browser.py
	@KILLS=$${KILLS:-100} $(BIN)/python -m pytest -rP tests/browser/test_torture.py
	@EXAMPLES=$${EXAMPLES:-20} $(BIN)/python -m pytest -rP tests/browser/test_random_kills.py
	@CYCLES=$${CYCLES:-200} $(BIN)/python -m pytest -rP tests/browser/test_many_restarts.py

other-browsers: site ## Use the site in an installed Firefox and WebKitGTK
	@PYTHONPATH=scripts $(BIN)/python -m tests.other_browsers

upstream: site ## Run the own tests of Datasette and Starlette, fetched from the package index, on the site
	@$(BIN)/python scripts/find_browser.py
	@PYTHONPATH=scripts $(BIN)/python -m pytest --numprocesses=2 --dist=worksteal tests/upstream

compatibility: site ## Try real plugins natively and here, and write docs/plugins.md (ONLY="datasette-x …")
	@$(BIN)/python scripts/find_browser.py
	@PYTHONPATH=scripts $(BIN)/python -m tests.compatibility $(ONLY)

lint: site ## Check style, types and imports of Python and JavaScript
	@$(BIN)/python scripts/check_layers.py
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@npx eslint .
	@npx prettier --log-level warn --check .
	@npx tsc -p jsconfig.page.json && npx tsc -p jsconfig.worker.json

format: site ## Format Python and JavaScript
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .
	@npx prettier --log-level warn --write .

bench: site ## Measure speed and memory beside their baselines
	@$(BIN)/python scripts/find_browser.py
	@$(BIN)/python -m bench

lock: $(VENV)/ready node_modules/ready ## Resolve wheels.in, apps/wheels.in and site.toml again and write their locks
	@$(BIN)/python scripts/wheels.py
	@$(BIN)/python scripts/site_wheels.py

lock-plugins: $(VENV)/ready node_modules/ready ## Resolve the plugins of site.toml and write site.lock
	@$(BIN)/python scripts/site_wheels.py

first-visit: $(VENV)/ready node_modules/ready ## Record again which parts of Python a first visit downloads
	@cd scripts && ../$(BIN)/python -c 'import wheels; wheels.locked_wheels()'
	@node scripts/run_in_pyodide.mjs scripts/record_first_visit.py build/wheels scripts/first-visit.txt

licenses: site ## List everything that the site ships, with versions and licences
	@cat dist/licenses.txt

clean: ## Remove everything that was made, downloads included
	rm -rf build dist node_modules $(VENV)

$(VENV)/ready: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, not " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade \
		--ignore-requires-python --target $(VENV)/pyodide-types -r pyodide-types.txt
	@touch $@

node_modules/ready: package-lock.json
	npm ci --no-fund --no-audit --loglevel=error
	@touch $@
