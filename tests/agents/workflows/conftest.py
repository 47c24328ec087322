"""A fake n8n with our workflows deployed to it, and a Vectal that it brings runs on for."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from tests.agents.workflows.fake_n8n import API_KEY, FakeN8n, open_n8n
from tests.fixtures.agents import Say
from tests.fixtures.workflows import KEY, House, Rig, open_rig

from vectal.accounts.service import AccountService
from vectal.agents.workflows.n8n.deploying import Deployer, Secrets
from vectal.agents.workflows.n8n.passes import WorkflowKeys
from vectal.auth.service import AuthService
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database

OpenRig = Callable[..., AbstractAsyncContextManager[Rig]]


@pytest.fixture
async def n8n() -> AsyncGenerator[FakeN8n]:
    async with open_n8n() as opened:
        yield opened


@pytest.fixture
def rig_of(
    n8n: FakeN8n,
    db: Database,
    keyring: Keyring,
    accounts: AccountService,
    auth: AuthService,
    settings: Settings,
) -> OpenRig:
    """A rig whose workflows are deployed."""

    @asynccontextmanager
    async def make(say: Say, **options: Any) -> AsyncGenerator[Rig]:
        house = House(accounts, auth, settings, API_KEY, WorkflowKeys(KEY))
        async with open_rig(db, keyring, say, n8n.url, house=house, **options) as rig:
            link = rig.link
            secrets = Secrets(link.keys.webhook_secret, link.keys.deploy_pass)
            await Deployer(link.client, link.site).deploy(secrets)
            yield rig

    return make
