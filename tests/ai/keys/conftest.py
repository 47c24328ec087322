"""Keys with rules, the guard that keeps to them, and the doors where rules are set."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from types import SimpleNamespace

import httpx2
import pytest
from tests.fixtures.accounts import MakeKey, Person
from tests.fixtures.apps import app_over

from vectal.accounts.service import AccountService
from vectal.ai.service.key_rules import KeyRuleService
from vectal.auth.credentials import Credential
from vectal.auth.principal import Principal
from vectal.auth.service import AuthService
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database

KeyApi = Callable[[Person], httpx2.AsyncClient]


@pytest.fixture
def key_rules(db: Database, auth: AuthService) -> KeyRuleService:
    return KeyRuleService(db, auth.keys)


@pytest.fixture
async def key_api(
    db: Database,
    keyring: Keyring,
    accounts: AccountService,
    auth: AuthService,
    key_rules: KeyRuleService,
    settings: Settings,
) -> AsyncGenerator[KeyApi]:
    parts = SimpleNamespace(
        database=db, keyring=keyring, accounts=accounts, auth=auth, key_rules=key_rules
    )
    transport = httpx2.ASGITransport(app_over(parts, settings))
    opened: list[httpx2.AsyncClient] = []

    def make(person: Person) -> httpx2.AsyncClient:
        base = "http://127.0.0.1:8484/api/v1/"
        client = httpx2.AsyncClient(transport=transport, base_url=base, headers=person.headers)
        opened.append(client)
        return client

    yield make
    for client in opened:
        await client.aclose()


@pytest.fixture
async def caller(person: Person, auth: AuthService, make_key: MakeKey) -> Principal:
    """Who calls with a key of `person` that may ask models."""
    issued = await make_key(person, ["ai:use"])
    return await auth.authenticate(Credential(issued.text), None)
