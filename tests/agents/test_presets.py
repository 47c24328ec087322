"""Presets: sealed, one person's or the workspace's, changed by their owner and administrators."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import select
from tests.fixtures.accounts import MakeUser

from vectal.agents import service_presets
from vectal.agents.contracts import Budget
from vectal.agents.contracts_presets import Preset, PresetContent, PresetWords, placeholders_of
from vectal.agents.errors import PresetConflictError, PresetLimitError, PresetNotFoundError
from vectal.agents.schemas_presets import NewRunPreset
from vectal.agents.service_presets import PresetService
from vectal.agents.tables_presets import RunPresetRow
from vectal.ai.contracts import ModelChoice
from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import Principal, Role
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.db.paging import InvalidCursorError
from vectal.platform.errors import InvalidInputError
from vectal.platform.ids import new_id

TRIP = PresetContent(
    PresetWords("Trip", "🧭", "Plan three days in {city} for {people}.", ("It names {city}",)),
    Budget(Decimal("0.25"), 40_000, 30),
    hours=2,
    tools=("list_tasks", "create_task"),
    choice=ModelChoice(slot="pro"),
    project_id=UUID(int=9),
)
SHARED = replace(TRIP, is_shared=True)


@pytest.fixture
def presets(db: Database, keyring: Keyring) -> PresetService:
    return PresetService(db, keyring)


async def test_a_preset_is_kept_as_it_was_made_with_its_words_sealed(
    presets: PresetService, principal: Principal, db: Database
) -> None:
    made = await presets.create(principal, TRIP)
    assert (made.content, made.version, made.owner_id) == (TRIP, 1, principal.user_id)
    assert await presets.get(principal, made.id) == made
    plain = await presets.create(principal, PresetContent(PresetWords("Plain", "", "Do it.")))
    assert (await presets.get(principal, plain.id)).content.tools is None
    async with db.read(principal) as session:
        sealed = await session.scalar(
            select(RunPresetRow.sealed_words).where(RunPresetRow.id == made.id)
        )
    assert sealed is not None
    assert b"three days" not in sealed


async def test_placeholders_are_named_once_in_the_order_of_reading() -> None:
    words = PresetWords("T", "", "{a} {b c} {a} { no} {} {{d}} {e", ("{ü-1}", "{b c}"))
    assert placeholders_of(words) == ["a", "b c", "d", "ü-1"]


async def test_there_are_so_many_placeholders(presets: PresetService, principal: Principal) -> None:
    goal = " ".join(f"{{p{number}}}" for number in range(11))
    with pytest.raises(InvalidInputError):
        await presets.create(principal, PresetContent(PresetWords("Many", "", goal)))


async def test_what_is_shared_is_seen_and_used_by_all_and_what_is_not_by_nobody_else(
    presets: PresetService, make_user: MakeUser
) -> None:
    owner = await make_user()
    home = owner.principal.workspace_id
    other = (await make_user(workspace_id=home, role=Role.VIEWER)).principal
    admin = (await make_user(workspace_id=home, role=Role.ADMIN)).principal
    private = await presets.create(owner.principal, TRIP)
    shared = await presets.create(owner.principal, SHARED)
    for one in (other, admin):
        assert await presets.get(one, shared.id) == shared
        assert (await presets.list_presets(one, cursor=None, limit=5)).items == [shared]
        with pytest.raises(PresetNotFoundError):
            await presets.get(one, private.id)
    stranger = (await make_user()).principal
    with pytest.raises(PresetNotFoundError):
        await presets.get(stranger, shared.id)
    with pytest.raises(PresetNotFoundError):
        await presets.delete(stranger, shared.id)


async def test_its_owner_and_administrators_change_it_and_nobody_else(
    presets: PresetService, make_user: MakeUser
) -> None:
    owner = await make_user()
    home = owner.principal.workspace_id
    member = (await make_user(workspace_id=home, role=Role.MEMBER)).principal
    admin = (await make_user(workspace_id=home, role=Role.ADMIN)).principal
    shared = await presets.create(owner.principal, SHARED)
    with pytest.raises(ForbiddenError):
        await presets.change(member, shared.id, SHARED)
    with pytest.raises(ForbiddenError):
        await presets.delete(member, shared.id)
    changed = await presets.change(admin, shared.id, replace(SHARED, hours=5))
    assert (changed.content.hours, changed.version, changed.owner_id) == (
        5,
        2,
        owner.principal.user_id,
    )
    # Nobody makes another's words private: they would lie under a key that is not theirs.
    with pytest.raises(ForbiddenError):
        await presets.change(admin, shared.id, TRIP)
    back = await presets.change(owner.principal, shared.id, TRIP)
    assert back.content == TRIP
    with pytest.raises(PresetNotFoundError):
        await presets.get(admin, shared.id)
    await presets.change(owner.principal, shared.id, SHARED)
    await presets.delete(admin, shared.id)
    with pytest.raises(PresetNotFoundError):
        await presets.get(owner.principal, shared.id)


async def test_who_has_seen_an_older_one_does_not_overwrite_a_newer(
    presets: PresetService, principal: Principal
) -> None:
    made = await presets.create(principal, TRIP)
    wanted = [replace(TRIP, hours=hours) for hours in (3, 4)]
    ends = await asyncio.gather(
        *(presets.change(principal, made.id, each, version=1) for each in wanted),
        return_exceptions=True,
    )
    (lost,) = [each for each in ends if isinstance(each, PresetConflictError)]
    (won,) = [each for each in ends if isinstance(each, Preset)]
    assert lost.extra == {"current": {"version": 2}}
    assert await presets.get(principal, made.id) == won
    with pytest.raises(PresetConflictError):
        await presets.delete(principal, made.id, version=1)
    await presets.delete(principal, made.id, version=2)


async def test_what_is_made_again_is_made_once_and_there_are_so_many(
    presets: PresetService, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_presets, "MAX_PRESETS", 2)
    known = new_id()
    first, again = await asyncio.gather(
        presets.create(principal, TRIP, known), presets.create(principal, TRIP, known)
    )
    assert first == again
    ends = await asyncio.gather(
        *(presets.create(principal, TRIP) for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(each, PresetLimitError) for each in ends) == 2


async def test_pages_have_no_gap(presets: PresetService, principal: Principal) -> None:
    made = [await presets.create(principal, TRIP) for _ in range(5)]
    seen: list[UUID] = []
    cursor: str | None = None
    while True:
        page = await presets.list_presets(principal, cursor=cursor, limit=2)
        seen += [each.id for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [each.id for each in reversed(made)]
    with pytest.raises(InvalidCursorError):
        await presets.list_presets(principal, cursor="bm8", limit=2)


@pytest.mark.parametrize(
    "body",
    [
        {"name": " "},
        {"name": "x\0"},
        {"name": "x" * 81},
        {"icon": "<b>"},
        {"icon": "🧭" * 17},
        {"goal": " \n"},
        {"goal": "x" * 20_001},
        {"criteria": [""]},
        {"criteria": ["x"] * 21},
        {"hours": 0},
        {"hours": 2_161},
        {"tools": ["Bad Name"]},
        {"tools": ["x"] * 201},
        {"choice": {"slot": "pro", "model": "m"}},
        {"budget": {"cost_usd": "-1"}},
    ],
)
def test_what_is_no_preset_is_refused(body: dict[str, Any]) -> None:
    NewRunPreset.model_validate({"name": "Trip", "goal": "Plan."})
    with pytest.raises(ValidationError):
        NewRunPreset.model_validate({"name": "Trip", "goal": "Plan.", **body})
