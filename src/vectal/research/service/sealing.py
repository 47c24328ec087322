"""What belongs to a research, sealed under its person's key and bound to its place."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

import msgspec

from vectal.platform.crypto import Aad, KeyOwner, Keyring, UnreadableError
from vectal.platform.db import DataScope, ReadSession
from vectal.research.contracts import Report

_MOST: Final = 32 << 20
"""Bytes of a step or a report."""


@dataclass(frozen=True, slots=True)
class ResearchSeals:
    keyring: Keyring

    async def seal_text(
        self, session: ReadSession, scope: DataScope, research_id: UUID, column: str, text: str
    ) -> bytes:
        place = Aad("researches", column, research_id, scope.workspace_id)
        return await self.keyring.seal(session, _owner(scope), text.encode(), place)

    async def open_text(
        self,
        session: ReadSession,
        scope: DataScope,
        research_id: UUID,
        column: str,
        sealed: bytes,
    ) -> str:
        place = Aad("researches", column, research_id, scope.workspace_id)
        return (await self.keyring.open(session, _owner(scope), sealed, place)).decode()

    async def seal_step(
        self,
        session: ReadSession,
        scope: DataScope,
        research_id: UUID,
        key: str,
        body: msgspec.Struct,
    ) -> bytes:
        plain = zlib.compress(msgspec.json.encode(body), 3)
        place = _step_place(scope, research_id, key)
        return await self.keyring.seal(session, _owner(scope), plain, place)

    async def open_step(
        self, session: ReadSession, scope: DataScope, research_id: UUID, key: str, sealed: bytes
    ) -> bytes:
        """As JSON."""
        place = _step_place(scope, research_id, key)
        return _unpacked(await self.keyring.open(session, _owner(scope), sealed, place))

    async def seal_report(
        self, session: ReadSession, scope: DataScope, research_id: UUID, report: Report
    ) -> bytes:
        place = Aad("researches", "sealed_report", research_id, scope.workspace_id)
        plain = zlib.compress(msgspec.json.encode(report), 3)
        return await self.keyring.seal(session, _owner(scope), plain, place)

    async def open_report(
        self, session: ReadSession, scope: DataScope, research_id: UUID, sealed: bytes
    ) -> Report:
        place = Aad("researches", "sealed_report", research_id, scope.workspace_id)
        plain = await self.keyring.open(session, _owner(scope), sealed, place)
        return msgspec.json.decode(_unpacked(plain), type=Report)


def _owner(scope: DataScope) -> KeyOwner:
    return KeyOwner.user(scope.user_id)


def _step_place(scope: DataScope, research_id: UUID, key: str) -> Aad:
    return Aad("research_steps", "sealed_body", uuid5(research_id, key), scope.workspace_id)


def _unpacked(packed: bytes) -> bytes:
    unpacking = zlib.decompressobj()
    plain = unpacking.decompress(packed, _MOST)
    if unpacking.unconsumed_tail:
        raise UnreadableError
    return plain
