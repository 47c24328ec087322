"""Use cases of presets of runs: made, looked at, changed, shared, deleted."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec

from vectal.agents import repository_presets as sql
from vectal.agents.contracts import Budget
from vectal.agents.contracts_presets import (
    MAX_PLACEHOLDERS,
    MAX_PRESETS,
    Preset,
    PresetContent,
    PresetWords,
    placeholders_of,
)
from vectal.agents.errors import PresetConflictError, PresetLimitError, PresetNotFoundError
from vectal.agents.policy import can_edit_preset
from vectal.agents.tables_presets import RunPresetRow
from vectal.ai.contracts import ModelChoice
from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import Principal
from vectal.platform.crypto import Aad, KeyOwner, Keyring
from vectal.platform.db import Database, DataScope, ReadSession, WriteSession
from vectal.platform.db.paging import Slice, decode_place, encode_place
from vectal.platform.errors import InvalidInputError
from vectal.platform.ids import new_id

_CURSOR: Final = "run_presets"


class PresetService:
    """Everybody uses what is shared; its owner and administrators change it."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    async def create(
        self, principal: Principal, content: PresetContent, preset_id: UUID | None = None
    ) -> Preset:
        """With a `preset_id` that is there already, nothing is made twice.

        Raises `PresetLimitError`, `InvalidInputError`.
        """
        _check(content)
        preset_id = preset_id or new_id()
        async with self._database.transaction(principal) as session:
            await sql.lock_owner(session, principal)
            known = await sql.find(session, principal, preset_id)
            if known is not None:
                return await self._open(session, principal, known)
            if await sql.count_own(session, principal) >= MAX_PRESETS:
                raise PresetLimitError
            owner = _key(principal, principal.user_id, is_shared=content.is_shared)
            row = RunPresetRow(
                workspace_id=principal.workspace_id,
                id=preset_id,
                owner_id=principal.user_id,
                sealed_words=await self._seal(session, principal, owner, preset_id, content.words),
                **_plain(content),
            )
            session.add(row)
            await session.flush()
            return await self._get(session, principal, preset_id)

    async def get(self, principal: Principal, preset_id: UUID) -> Preset:
        """Raises `PresetNotFoundError`."""
        async with self._database.read(principal) as session:
            return await self._get(session, principal, preset_id)

    async def list_presets(
        self, principal: Principal, *, cursor: str | None, limit: int
    ) -> Slice[Preset]:
        """The person's own and the shared ones, the newest first."""
        before = None if cursor is None else decode_place(_CURSOR, cursor)
        async with self._database.read(principal) as session:
            rows = await sql.list_newest(session, principal, before, limit + 1)
            found = [await self._open(session, principal, row) for row in rows[:limit]]
        if len(rows) <= limit:
            return Slice(found, None)
        return Slice(found, encode_place(_CURSOR, found[-1].created_at, found[-1].id))

    async def change(
        self,
        principal: Principal,
        preset_id: UUID,
        content: PresetContent,
        *,
        version: int | None = None,
    ) -> Preset:
        """Put `content` in its place, if nobody has changed it since `version`.

        Raises `PresetNotFoundError`, `ForbiddenError`, `PresetConflictError`.
        """
        _check(content)
        async with self._database.transaction(principal) as session:
            row = await _lock(session, principal, preset_id, version)
            # Whoever shares it or takes it back, it stays its owner's: so does the private key.
            if not content.is_shared and row.owner_id != principal.user_id:
                raise ForbiddenError("Only its owner makes a preset private again.")
            owner = _key(principal, row.owner_id, is_shared=content.is_shared)
            sealed = await self._seal(session, principal, owner, preset_id, content.words)
            values = {**_plain(content), "sealed_words": sealed}
            await sql.change(session, principal, preset_id, values)
            return await self._get(session, principal, preset_id)

    async def delete(
        self, principal: Principal, preset_id: UUID, *, version: int | None = None
    ) -> None:
        """Raises `PresetNotFoundError`, `ForbiddenError`, `PresetConflictError`."""
        async with self._database.transaction(principal) as session:
            await _lock(session, principal, preset_id, version)
            await sql.remove(session, principal, preset_id)

    async def _get(self, session: ReadSession, scope: DataScope, preset_id: UUID) -> Preset:
        row = await sql.find(session, scope, preset_id)
        if row is None:
            raise PresetNotFoundError
        return await self._open(session, scope, row)

    async def _open(self, session: ReadSession, scope: DataScope, row: RunPresetRow) -> Preset:
        owner = _key(scope, row.owner_id, is_shared=row.is_shared)
        opened = await self._keyring.open(session, owner, row.sealed_words, _place(scope, row.id))
        content = PresetContent(
            words=msgspec.json.decode(opened, type=PresetWords),
            budget=Budget(row.cost_cap_usd, row.token_cap, row.step_cap),
            hours=row.hours,
            tools=None if row.tools is None else tuple(row.tools),
            choice=ModelChoice(slot=row.choice["slot"], model=row.choice["model"]),
            project_id=row.project_id,
            is_shared=row.is_shared,
        )
        return Preset(row.id, row.owner_id, content, row.version, row.created_at, row.updated_at)

    async def _seal(
        self,
        session: ReadSession,
        scope: DataScope,
        owner: KeyOwner,
        preset_id: UUID,
        words: PresetWords,
    ) -> bytes:
        place = _place(scope, preset_id)
        return await self._keyring.seal(session, owner, msgspec.json.encode(words), place)


def _check(content: PresetContent) -> None:
    if len(placeholders_of(content.words)) > MAX_PLACEHOLDERS:
        words = f"A preset has at most {MAX_PLACEHOLDERS} placeholders."
        raise InvalidInputError(words, pointer="/goal")


async def _lock(
    session: WriteSession, principal: Principal, preset_id: UUID, version: int | None
) -> RunPresetRow:
    """The row, for whoever may change it and has seen it as it is."""
    row = await sql.find(session, principal, preset_id, lock=True)
    if row is None:
        raise PresetNotFoundError
    if not can_edit_preset(principal, row.owner_id):
        raise ForbiddenError("Its owner and administrators change a preset.")
    if version is not None and version != row.version:
        raise PresetConflictError(row.version)
    return row


def _plain(content: PresetContent) -> dict[str, Any]:
    """What is stored as it is; words are not."""
    return {
        "is_shared": content.is_shared,
        "cost_cap_usd": content.budget.cost_usd,
        "token_cap": content.budget.tokens,
        "step_cap": content.budget.steps,
        "hours": content.hours,
        "tools": None if content.tools is None else list(content.tools),
        "choice": {"slot": content.choice.slot, "model": content.choice.model},
        "project_id": content.project_id,
    }


def _key(scope: DataScope, owner_id: UUID, *, is_shared: bool) -> KeyOwner:
    return KeyOwner.workspace(scope.workspace_id) if is_shared else KeyOwner.user(owner_id)


def _place(scope: DataScope, preset_id: UUID) -> Aad:
    return Aad("run_presets", "sealed_words", str(preset_id), scope.workspace_id)
