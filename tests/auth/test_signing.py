"""The signing key: one for all processes, and it outlives a rotation of the master key."""

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator

import pytest
from sqlalchemy import text

from vectal.accounts.service import AccountService
from vectal.auth.service.signing import load_signing_key
from vectal.platform.crypto import LocalKeyWrapper
from vectal.platform.db import Database


@pytest.fixture
async def fresh(db: Database, accounts: AccountService) -> AsyncGenerator[AccountService]:
    forget = text("DELETE FROM instance_settings WHERE key = 'key:signing'")
    async with db.system("tests.signing") as session:
        await session.execute(forget)
    yield accounts
    async with db.system("tests.signing") as session:
        await session.execute(forget)


async def test_processes_that_start_together_sign_alike(fresh: AccountService) -> None:
    wrapper = LocalKeyWrapper([os.urandom(32)])
    keys = await asyncio.gather(*(load_signing_key(fresh, wrapper) for _ in range(10)))
    assert len(set(keys)) == 1
    assert len(keys[0]) == 32


async def test_a_rotation_keeps_the_key_and_wraps_it_anew(fresh: AccountService) -> None:
    old, new = os.urandom(32), os.urandom(32)
    key = await load_signing_key(fresh, LocalKeyWrapper([old]))
    assert await load_signing_key(fresh, LocalKeyWrapper([new, old])) == key
    assert await load_signing_key(fresh, LocalKeyWrapper([new])) == key


async def test_a_lost_master_key_costs_the_sessions_and_no_more(fresh: AccountService) -> None:
    key = await load_signing_key(fresh, LocalKeyWrapper([os.urandom(32)]))
    other = LocalKeyWrapper([secrets.token_bytes(32)])
    replaced = await load_signing_key(fresh, other)
    assert replaced != key
    assert await load_signing_key(fresh, other) == replaced


async def test_the_key_is_not_readable_in_the_database(fresh: AccountService) -> None:
    key = await load_signing_key(fresh, LocalKeyWrapper([os.urandom(32)]))
    stored = await fresh.instance.find_sealed_key("signing")
    assert stored is not None
    assert key not in stored.blob
