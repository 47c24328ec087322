"""The words of a run, sealed under its owner's key and bound to their place."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import msgspec

from vectal.platform.crypto import Aad, KeyOwner, Keyring
from vectal.platform.db import DataScope, ReadSession


class Brief(msgspec.Struct, frozen=True):
    """What a run is for, in a person's words."""

    goal: str
    criteria: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value lies; a value moved elsewhere can't be opened."""

    table: str
    column: str
    row: str


def brief_of(run_id: UUID) -> Place:
    return Place("agent_runs", "sealed_brief", str(run_id))


def report_of(run_id: UUID) -> Place:
    return Place("agent_runs", "sealed_report", str(run_id))


def entry_of(run_id: UUID, seq: int) -> Place:
    return Place("agent_entries", "sealed_body", f"{run_id}:{seq}")


class Seals:
    """Seals and opens for the person of a scope."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    async def seal(
        self, session: ReadSession, scope: DataScope, place: Place, plaintext: bytes
    ) -> bytes:
        owner = KeyOwner.user(scope.user_id)
        return await self._keyring.seal(session, owner, plaintext, _aad(scope, place))

    def seal_at_once(self, scope: DataScope, place: Place, plaintext: bytes) -> bytes | None:
        """Without the database; None when the key is not in memory."""
        owner = KeyOwner.user(scope.user_id)
        return self._keyring.seal_at_once(owner, plaintext, _aad(scope, place))

    async def open(
        self, session: ReadSession, scope: DataScope, place: Place, sealed: bytes
    ) -> bytes:
        owner = KeyOwner.user(scope.user_id)
        return await self._keyring.open(session, owner, sealed, _aad(scope, place))


def _aad(scope: DataScope, place: Place) -> Aad:
    return Aad(place.table, place.column, place.row, scope.workspace_id)
