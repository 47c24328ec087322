"""Each contract of `.importlinter` catches what it is there to catch, and only that."""

import configparser
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.house_rules.contracts.report import check_contracts

ROOT = Path(__file__).parents[2]
Plant = Callable[[dict[str, str]], dict[str, str]]

# contract, what is wrong, the files, a part of what the contract must say
BREACHES = [
    (
        "rooms",
        "a lower room imports a higher one",
        {"tasks/service.py": "import vectal.chat.service", "chat/service.py": ""},
        "tasks.service -> ",
    ),
    (
        "rooms",
        "rooms on one floor know each other",
        {"audit/service.py": "import vectal.realtime.service", "realtime/service.py": ""},
        "realtime.service",
    ),
    (
        "rooms",
        "a lower room imports a higher one for types alone",
        {
            "ai/service.py": "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from vectal.chat.contracts import Turn",
            "chat/contracts.py": "",
        },
        "chat.contracts",
    ),
    ("rooms", "a new folder has no floor", {"billing/service.py": ""}, "billing"),
    ("rooms", "a loose file has no floor", {"billing.py": ""}, "billing"),
    (
        "roles",
        "a repository imports its service",
        {"tasks/repository.py": "import vectal.tasks.service", "tasks/service.py": ""},
        "tasks.repository -> tasks.service",
    ),
    (
        "roles",
        "one of several repositories reaches the routes by a detour",
        {
            "tasks/repository_bulk.py": "import vectal.tasks.recurrence",
            "tasks/recurrence.py": "import vectal.tasks.routes_tasks",
            "tasks/routes_tasks.py": "",
        },
        "tasks.repository_bulk -> tasks.recurrence -> tasks.routes_tasks",
    ),
    (
        "roles",
        "a service speaks in wire shapes",
        {"chat/service/turns.py": "import vectal.chat.schemas", "chat/schemas.py": ""},
        "chat.service.turns -> chat.schemas",
    ),
    (
        "roles",
        "a policy reads the database",
        {"tasks/policy.py": "import vectal.tasks.repository", "tasks/repository.py": ""},
        "policy and repository are strangers",
    ),
    (
        "roles",
        "a tool goes through a route",
        {"tasks/tools.py": "import vectal.tasks.routes", "tasks/routes.py": ""},
        "tools and routes are strangers",
    ),
    (
        "ai",
        "a provider reaches up to the proxy",
        {"ai/providers/openai.py": "import vectal.ai.proxy", "ai/proxy.py": ""},
        "ai.providers.openai -> ai.proxy",
    ),
    (
        "ai",
        "the budget asks the router",
        {"ai/budgets.py": "import vectal.ai.router", "ai/router.py": ""},
        "ai.budgets -> ai.router",
    ),
    (
        "ai",
        "the prompts know the router",
        {"ai/prompts/chat.py": "import vectal.ai.router", "ai/router.py": ""},
        "prompts and router are strangers",
    ),
    (
        "repositories",
        "a route reads the database past its service",
        {"tasks/routes.py": "import vectal.tasks.repository", "tasks/repository.py": ""},
        "goes round the service: tasks.routes -> tasks.repository",
    ),
    (
        "repositories",
        "a tool reads the database by a detour past its service",
        {
            "tasks/tools/reading.py": "import vectal.tasks.listing",
            "tasks/listing.py": "import vectal.tasks.repository.tasks",
            "tasks/repository/tasks.py": "",
        },
        "goes round the service: tasks.tools.reading -> tasks.listing -> tasks.repository.tasks",
    ),
    (
        "repositories",
        "a service reads the database of another module",
        {"chat/service.py": "import vectal.tasks.repository", "tasks/repository.py": ""},
        "reached through the service of tasks",
    ),
    (
        "repositories",
        "the gateway reads the database of a module",
        {"gateway/rest.py": "import vectal.tasks.repository", "tasks/repository.py": ""},
        "gateway.rest",
    ),
    (
        "repositories",
        "one part of the platform reads the table of another",
        {"platform/http/client.py": "import vectal.platform.crypto.repository"}
        | {"platform/crypto/repository.py": ""},
        "platform.http.client",
    ),
    (
        "entrances",
        "a module enters another by the window",
        {"chat/service.py": "import vectal.tasks.quick_add", "tasks/quick_add.py": ""},
        "enter tasks through",
    ),
    (
        "entrances",
        "a module imports the tables of another",
        {"chat/tables.py": "from vectal.tasks.tables import Task", "tasks/tables.py": ""},
        "enter tasks through",
    ),
    (
        "entrances",
        "auth is entered beside its two side doors",
        {"tasks/routes.py": "import vectal.auth.sessions", "auth/sessions.py": ""},
        "enter auth through",
    ),
    ("vendors", "a library strays", {"chat/service.py": "import openai"}, "openai lives in ai"),
    (
        "vendors",
        "SQL tools stray",
        {"tasks/service.py": "from sqlalchemy import select"},
        "sqlalchemy lives in",
    ),
    (
        "vendors",
        "a service knows the web framework",
        {"tasks/service.py": "from fastapi import Request"},
        "fastapi lives in",
    ),
    (
        "vendors",
        "the egress library strays within ai",
        {"ai/providers/openai.py": "import httpx2"},
        "httpx2 lives in",
    ),
    (
        "vendors",
        "a new library has no home",
        {"tasks/service.py": "import dateutil.parser"},
        "dateutil has no home",
    ),
    (
        "siblings",
        "two packages of one room lean on each other, by different files",
        {
            "documents/index/memory.py": "import vectal.documents.chunking.words",
            "documents/chunking/words.py": "",
            "documents/chunking/pages.py": "import vectal.documents.index.pages",
            "documents/index/pages.py": "",
        },
        "documents",
    ),
    (
        "loops",
        "a package imports a file that imports the package",
        {
            "platform/storage/__init__.py": "from vectal.platform.storage.local import Local",
            "platform/storage/local.py": "import vectal.platform.storage",
        },
        "closes the loop",
    ),
]

PERMITTED = [
    (
        "every role of a module, from the top down",
        {
            "tasks/routes.py": "import vectal.tasks.routes_bulk, vectal.tasks.schemas",
            "tasks/routes_bulk.py": "import vectal.tasks.service, fastapi, vectal.auth.deps",
            "tasks/schemas.py": "import vectal.tasks.contracts, pydantic",
            "tasks/service.py": "import vectal.tasks.bulk, vectal.tasks.policy",
            "tasks/bulk.py": "import vectal.tasks.repository",
            "tasks/repository.py": "import vectal.tasks.tables, sqlalchemy",
            "tasks/policy.py": "import vectal.auth.principal, vectal.auth.policy",
            "tasks/tables.py": "import vectal.platform.db.tables, sqlalchemy",
            "tasks/ports.py": "import vectal.tasks.contracts",
            "tasks/contracts.py": "import dataclasses",
            "auth/deps.py": "import fastapi, vectal.auth.principal",
            "auth/principal.py": "",
            "auth/policy.py": "",
            "platform/db/tables.py": "import sqlalchemy",
        },
    ),
    (
        "the five entrances, of a service that is a package",
        {
            "chat/turn.py": "import vectal.tasks.service.board, vectal.tasks.contracts\n"
            "import vectal.tasks.events, vectal.tasks.errors, vectal.tasks.ports",
            "tasks/service/board.py": "import vectal.tasks.repository.reading",
            "tasks/repository/reading.py": "",
            "tasks/contracts.py": "",
            "tasks/events.py": "",
            "tasks/errors.py": "",
            "tasks/ports.py": "",
        },
    ),
    (
        "those who wire and migrate see everything below",
        {
            "entrypoints/bootstrap.py": "import vectal.tasks.tools, vectal.tasks.handlers",
            "entrypoints/migrate.py": "import vectal.migrations.env",
            "migrations/env.py": "import vectal.tasks.tables, alembic",
            "gateway/rest.py": "import vectal.tasks.routes",
            "tasks/tools.py": "",
            "tasks/handlers.py": "",
            "tasks/routes.py": "",
            "tasks/tables.py": "",
        },
    ),
    (
        "the way of a model call",
        {
            "ai/service.py": "import vectal.ai.context, vectal.ai.router, vectal.ai.transport",
            "ai/context.py": "import vectal.ai.catalog",
            "ai/router.py": "import vectal.ai.catalog",
            "ai/transport.py": "import httpx2, vectal.ai.proxy",
            "ai/proxy.py": "import vectal.ai.providers.openai, vectal.ai.budgets",
            "ai/providers/openai.py": "import vectal.ai.ports, vectal.platform.http.client",
            "ai/catalog.py": "import vectal.ai.contracts",
            "ai/budgets.py": "import vectal.ai.usage",
            "ai/usage.py": "",
            "ai/ports.py": "",
            "ai/contracts.py": "",
            "platform/http/client.py": "import httpx2, vectal.platform.http.repository",
            "platform/http/repository.py": "import sqlalchemy",
        },
    ),
]


@pytest.mark.parametrize(
    ("contract", "files", "says"),
    [pytest.param(c, f, s, id=f"{c}: {wrong}") for c, wrong, f, s in BREACHES],
)
def test_a_planted_breach_breaks_its_contract(
    contract: str, files: dict[str, str], says: str, plant_package: Plant
) -> None:
    broken = plant_package(files)

    assert says in " ".join(broken.get(contract, "kept").split())


@pytest.mark.parametrize("files", [pytest.param(files, id=right) for right, files in PERMITTED])
def test_what_the_architecture_permits_breaks_nothing(
    files: dict[str, str], plant_package: Plant
) -> None:
    assert plant_package(files) == {}


def test_every_contract_has_a_planted_breach() -> None:
    configuration = configparser.ConfigParser()
    configuration.read(ROOT / ".importlinter", encoding="utf-8")
    contracts = {s.rpartition(":")[2] for s in configuration.sections() if ":contract:" in s}

    assert contracts == {contract for contract, *_ in BREACHES}


def test_the_package_keeps_every_contract() -> None:
    report = check_contracts(ROOT / ".importlinter")

    assert not report.broken, "\n".join(map(str, report.broken))
    assert report.kept == len({contract for contract, *_ in BREACHES})
