# Every command of the project. `make` lists them; the exit status is the verdict.
.DEFAULT_GOAL := help
.PHONY: help run test lint chaos chaos-agents test-stores test-slow test-n8n bench bench-agents bench-gateway bench-knowledge bench-search bench-web web openapi fmt setup

# Compiled modules make every start seconds faster; an environment may have switched them off.
unexport PYTHONDONTWRITEBYTECODE
export UV_PYTHON_DOWNLOADS := never
export UV_COMPILE_BYTECODE := 1
export UV_PROJECT_ENVIRONMENT := $(CURDIR)/.venv

PYTHON := .venv/bin/python
# One more than the two cores that this is meant for: many tests wait, for leases and for processes.
WORKERS ?= 3

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Start Vectal and print its address
	@scripts/environment.sh run
	@scripts/web.sh build
	@exec .venv/bin/vectal up

# The web app is tested and built beside the type checker, which has work for one core only.
test: BESIDE_TYPES := && scripts/web.sh test && scripts/web.sh size
test: lint ## Run everything: lint, Python, web and browser tests
	@$(PYTHON) -m pytest -n $(WORKERS) -m "not chaos and not n8n and not slow"
	@scripts/web.sh e2e

lint: setup ## Check style, types and the rules of the architecture
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@scripts/beside.sh "$(PYTHON) -m scripts.house_rules && scripts/web.sh lint $(BESIDE_TYPES)" .venv/bin/basedpyright

chaos: setup ## Kill processes under load and count what is lost
	@$(PYTHON) -m pytest -m chaos tests/chaos

test-stores: setup ## Try the vector stores with a real Chroma, fetched beside the project
	@test -x .venv-stores/bin/chroma || (.venv/bin/uv venv -q .venv-stores && \
		.venv/bin/uv pip install -q --python .venv-stores/bin/python chromadb==1.5.9)
	@VECTAL_TEST_CHROMA=$(CURDIR)/.venv-stores/bin/chroma \
		$(PYTHON) -m pytest -n $(WORKERS) tests/documents/test_index.py tests/documents/test_stores.py \
		tests/documents/test_migrating.py

test-slow: setup ## Run the tests that take most of a minute each
	@$(PYTHON) -m pytest -n $(WORKERS) -m slow

test-n8n: setup ## Have a real n8n bring runs on, fetched beside the project (3 GB, five minutes)
	@scripts/n8n.sh
	@VECTAL_TEST_N8N=$(CURDIR)/.venv-n8n $(PYTHON) -m pytest -m n8n tests/n8n

chaos-agents: setup ## Kill and freeze the workers of 500 agent runs and count what they did
	@$(PYTHON) -m pytest -m chaos tests/chaos/test_agents.py

bench: setup ## Print figures
	@$(PYTHON) -m bench

bench-agents: setup ## Print how many steps of agent runs go through in a second, and how soon one begins
	@$(PYTHON) -m bench.agents

bench-gateway: setup ## Print what a model call costs through Vectal, nginx, Envoy and LiteLLM
	@$(PYTHON) -m bench.gateway

bench-knowledge: setup ## Print what reading documents, OCR and vectors cost
	@$(PYTHON) -m bench.knowledge

bench-search: setup ## Print how long one search over a hundred thousand things takes
	@$(PYTHON) -m bench.search

bench-web: setup ## Print what a browser says of the web app, beside the goals
	@scripts/web.sh build
	@$(PYTHON) -m bench.web

web: ## Build the web app
	@scripts/environment.sh run
	@scripts/web.sh build

openapi: setup ## Write web/openapi.json and the types made from it
	@.venv/bin/vectal openapi --out web/openapi.json
	@scripts/web.sh api

fmt: setup ## Format the code
	@.venv/bin/ruff check --fix --quiet . || true
	@.venv/bin/ruff format .
	@scripts/web.sh fmt

setup:
	@scripts/environment.sh dev
