"""What a workspace can reach is read again when its rows were written, and only then."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.fixtures.accounts import MakeUser, Person

from vectal.ai.catalog.spec import ModelsFile
from vectal.ai.service.reach import Reach, ReachReader
from vectal.platform.clock import FixedClock, utc_now
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database

KEY = "sk-secret-0123456789-wxyz"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(utc_now().replace(hour=12))


@pytest.fixture
def reader(
    db: Database, keyring: Keyring, models_file: ModelsFile, clock: FixedClock
) -> ReachReader:
    return ReachReader(db, keyring, models_file, clock)


def _names(reach: Reach) -> set[str]:
    return {offer.provider.name for offer in reach.catalog.offers if not offer.simulated}


async def _add(api: httpx2.AsyncClient, name: str) -> dict[str, Any]:
    body = {"kind": "openai", "name": name, "key": KEY}
    answer = await api.post("ai/providers", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_what_did_not_change_is_the_same(
    api: httpx2.AsyncClient, reader: ReachReader, person: Person, make_user: MakeUser
) -> None:
    await _add(api, "One")
    first = await reader.read(person.principal)
    assert await reader.read(person.principal) is first
    other = await reader.read((await make_user()).principal)
    assert _names(other) == set()
    assert await reader.read(person.principal) is first


async def test_every_change_is_seen(
    api: httpx2.AsyncClient, reader: ReachReader, person: Person
) -> None:
    assert _names(await reader.read(person.principal)) == set()
    one, two = await _add(api, "One"), await _add(api, "Two")
    assert _names(await reader.read(person.principal)) == {"One", "Two"}
    path = f"ai/providers/{one['id']}"
    changed = await api.patch(path, json={"enabled": False}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text
    assert _names(await reader.read(person.principal)) == {"Two"}
    assert (await api.put("ai/preferences", json={"taste": "best"})).status_code == 200
    liked = await reader.read(person.principal)
    assert liked.preferences.taste == "best"
    assert (await api.put("ai/preferences", json={"taste": "cheap"})).status_code == 200
    assert (await reader.read(person.principal)).preferences.taste == "cheap"
    assert (await api.delete(f"ai/providers/{two['id']}")).status_code == 204
    assert _names(await reader.read(person.principal)) == set()


async def test_a_day_that_begins_is_looked_at_anew(
    api: httpx2.AsyncClient, reader: ReachReader, person: Person, clock: FixedClock
) -> None:
    await _add(api, "One")
    first = await reader.read(person.principal)
    clock.advance(timedelta(hours=11).total_seconds())
    assert await reader.read(person.principal) is first
    clock.advance(timedelta(hours=2).total_seconds())
    tomorrow = await reader.read(person.principal)
    assert tomorrow is not first
    assert tomorrow.catalog.today > first.catalog.today


async def test_a_key_that_could_not_be_opened_is_tried_again(
    api: httpx2.AsyncClient, reader: ReachReader, person: Person, db: Database
) -> None:
    await _add(api, "One")
    async with db.transaction(person.principal) as session:
        await session.execute(text("UPDATE ai_providers SET sealed_key = 'nonsense'::bytea"))
    first = await reader.read(person.principal)
    assert await reader.read(person.principal) is not first
