"""What belongs to one person, sealed under that person's key and bound to its place."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vectal.platform.crypto import Aad, KeyOwner, Keyring
from vectal.platform.crypto.words import words_of
from vectal.platform.db import DataScope, ReadSession

MAX_WORDS: Final = 2_000
_LONG_CHARS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value lies; a value moved elsewhere can't be opened."""

    table: str
    column: str
    row: str


def title_of(conversation_id: UUID) -> Place:
    return Place("conversations", "sealed_title", str(conversation_id))


def content_of(message_id: UUID) -> Place:
    return Place("messages", "sealed_content", str(message_id))


def frame_of(turn_id: UUID, seq: int) -> Place:
    return Place("turn_frames", "sealed_data", f"{turn_id}:{seq}")


class Seals:
    """Seals and opens for the person of a scope."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    async def seal(
        self, session: ReadSession, scope: DataScope, place: Place, plaintext: bytes
    ) -> bytes:
        return await self._keyring.seal(session, _owner(scope), plaintext, _aad(scope, place))

    async def open(
        self, session: ReadSession, scope: DataScope, place: Place, sealed: bytes
    ) -> bytes:
        return await self._keyring.open(session, _owner(scope), sealed, _aad(scope, place))

    async def index(self, session: ReadSession, scope: DataScope, text: str) -> set[bytes]:
        """The words of `text` as keyed hashes, which tell nothing without the person's key."""
        # Stemming a long text would hold up every other answer of this process.
        is_long = len(text) > _LONG_CHARS
        words = await asyncio.to_thread(stems_of, text) if is_long else stems_of(text)
        return set(await self._keyring.blind_index(session, _owner(scope), words[:MAX_WORDS]))


def stems_of(text: str) -> list[str]:
    """The distinct words of `text`, each cut to its stem."""
    return words_of(text)


def _owner(scope: DataScope) -> KeyOwner:
    return KeyOwner.user(scope.user_id)


def _aad(scope: DataScope, place: Place) -> Aad:
    return Aad(place.table, place.column, place.row, scope.workspace_id)
