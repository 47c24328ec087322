"""Clients of the app with people and the AI module."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from types import SimpleNamespace

import httpx2
import pytest
from tests.ai.conftest import Stage
from tests.fixtures.accounts import Person
from tests.fixtures.apps import app_over

from vectal.accounts.service import AccountService
from vectal.ai.service.key_rules import KeyRuleService
from vectal.auth.service import AuthService
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database

MakeApi = Callable[[Mapping[str, str]], httpx2.AsyncClient]


@pytest.fixture
async def make_api(
    db: Database,
    keyring: Keyring,
    accounts: AccountService,
    auth: AuthService,
    stage: Stage,
    settings: Settings,
) -> AsyncGenerator[MakeApi]:
    parts = SimpleNamespace(
        database=db,
        keyring=keyring,
        accounts=accounts,
        auth=auth,
        ai=stage.ai,
        key_rules=KeyRuleService(db, auth.keys),
    )
    transport = httpx2.ASGITransport(app_over(parts, settings))
    opened: list[httpx2.AsyncClient] = []

    def make(headers: Mapping[str, str]) -> httpx2.AsyncClient:
        client = httpx2.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:8484/api/v1/", headers=dict(headers)
        )
        opened.append(client)
        return client

    yield make
    for client in opened:
        await client.aclose()


@pytest.fixture
def api(make_api: MakeApi, person: Person) -> httpx2.AsyncClient:
    """A client that speaks for the owner of a fresh workspace."""
    return make_api(person.headers)
