"""Fixtures of the chat tests."""

from collections.abc import AsyncGenerator

import pytest
from sqlalchemy import text
from tests.chat.door import Door, open_door
from tests.chat.stage import Stage, open_stage, person

from vectal.accounts.service import AccountService
from vectal.auth.principal import Principal
from vectal.auth.service import AuthService
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database


@pytest.fixture
async def stage(db: Database, valkey: str, keyring: Keyring) -> AsyncGenerator[Stage]:
    async with open_stage(db, valkey, keyring) as opened:
        yield opened


@pytest.fixture(autouse=True)
async def no_orphans(request: pytest.FixtureRequest) -> AsyncGenerator[None]:
    """What a test leaves unanswered must not be taken over by the next one's processes."""
    yield
    if "db" not in request.fixturenames:
        return
    database: Database = request.getfixturevalue("db")
    async with database.system("test") as session:
        await session.execute(text("UPDATE turns SET ended_at = now() WHERE ended_at IS NULL"))


@pytest.fixture
def ada() -> Principal:
    return person()


@pytest.fixture
async def door(
    db: Database,
    valkey: str,
    keyring: Keyring,
    accounts: AccountService,
    auth: AuthService,
    settings: Settings,
) -> AsyncGenerator[Door]:
    async with (
        open_stage(db, valkey, keyring, real_rights=auth) as stage,
        open_door(stage, accounts, auth, settings) as opened,
    ):
        yield opened
