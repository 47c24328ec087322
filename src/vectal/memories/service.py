"""Use cases of memories: write down, look for, list, change, delete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from vectal.memories import repository
from vectal.memories.contracts import MAX_CHARS, MAX_MEMORIES, Memory, MemorySource
from vectal.memories.errors import BadMemoryError, MemoryLimitError, MemoryNotFoundError
from vectal.memories.tables import MemoryRow
from vectal.platform.crypto import Aad, KeyOwner, Keyring
from vectal.platform.crypto.words import words_of
from vectal.platform.db import Database, DataScope, ReadSession
from vectal.platform.db.paging import Slice, decode_place, encode_place
from vectal.platform.ids import new_id

_CURSOR: Final = "memories"


class MemoryService:
    """Notes belong to one person in one workspace; nobody else reads or changes them."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    async def remember(
        self, scope: DataScope, words: str, source: MemorySource, memory_id: UUID | None = None
    ) -> Memory:
        """Write a note down. With a `memory_id` that is there already, nothing is written twice.

        Raises `BadMemoryError` and `MemoryLimitError`.
        """
        words, memory_id = _checked(words), memory_id or new_id()
        async with self._database.transaction(scope) as session:
            await repository.lock_owner(session, scope)
            known = await repository.find(session, scope, memory_id)
            if known is not None:
                return await self._open(session, scope, known)
            if await repository.count(session, scope) >= MAX_MEMORIES:
                raise MemoryLimitError
            values = {
                "id": memory_id,
                "sealed_text": await self._seal(session, scope, memory_id, words),
                "run_id": source.run_id,
                "turn_id": source.turn_id,
            }
            await repository.add(session, scope, values)
            return await self._get(session, scope, memory_id)

    async def recall(self, scope: DataScope, query: str, limit: int) -> list[Memory]:
        """The notes that share the most words with the query; without words, the newest."""
        async with self._database.read(scope) as session:
            rows = await repository.list_newest(session, scope, None, MAX_MEMORIES)
            every = [await self._open(session, scope, row) for row in rows]
        wanted = set(words_of(query))
        if not wanted:
            return every[:limit]
        scored = [(len(wanted & set(words_of(each.text))), each) for each in every]
        found = [pair for pair in scored if pair[0]]
        found.sort(key=lambda pair: -pair[0])  # stable: of equals the newest first
        return [each for _, each in found[:limit]]

    async def list_memories(
        self, scope: DataScope, *, cursor: str | None, limit: int, words: str = ""
    ) -> Slice[Memory]:
        """The newest first; with `words`, those in which each of them stands or begins a word.

        What is sealed can't be searched where it lies, so all are opened then: at most 500.
        """
        wanted = words.casefold().split()
        before = None if cursor is None else decode_place(_CURSOR, cursor)
        most = MAX_MEMORIES if wanted else limit + 1
        async with self._database.read(scope) as session:
            rows = await repository.list_newest(session, scope, before, most)
            opened = [await self._open(session, scope, row) for row in rows]
        found = [each for each in opened if _has_words(each.text, wanted)]
        if len(found) <= limit:
            return Slice(found, None)
        last = found[limit - 1]
        return Slice(found[:limit], encode_place(_CURSOR, last.created_at, last.id))

    async def change(self, scope: DataScope, memory_id: UUID, words: str) -> Memory:
        """Raises `BadMemoryError` and `MemoryNotFoundError`."""
        words = _checked(words)
        async with self._database.transaction(scope) as session:
            await self._get(session, scope, memory_id)
            sealed = await self._seal(session, scope, memory_id, words)
            await repository.change(session, scope, memory_id, sealed)
            return await self._get(session, scope, memory_id)

    async def delete(self, scope: DataScope, memory_id: UUID) -> None:
        """Raises `MemoryNotFoundError`."""
        async with self._database.transaction(scope) as session:
            if not await repository.remove(session, scope, memory_id):
                raise MemoryNotFoundError

    async def _get(self, session: ReadSession, scope: DataScope, memory_id: UUID) -> Memory:
        row = await repository.find(session, scope, memory_id)
        if row is None:
            raise MemoryNotFoundError
        return await self._open(session, scope, row)

    async def _open(self, session: ReadSession, scope: DataScope, row: MemoryRow) -> Memory:
        opened = await self._keyring.open(
            session, _owner(scope), row.sealed_text, _place(scope, row.id)
        )
        return Memory(
            row.id,
            opened.decode(),
            MemorySource(row.run_id, row.turn_id),
            row.created_at,
            row.updated_at,
        )

    async def _seal(
        self, session: ReadSession, scope: DataScope, memory_id: UUID, words: str
    ) -> bytes:
        place = _place(scope, memory_id)
        return await self._keyring.seal(session, _owner(scope), words.encode(), place)


def _checked(words: str) -> str:
    """One note as one line of text that can be stored."""
    line = " ".join(words.encode("utf-8", "replace").decode().replace("\0", " ").split())
    if not line:
        raise BadMemoryError("A memory needs words.", pointer="/text")
    if len(line) > MAX_CHARS:
        raise BadMemoryError(f"A memory has at most {MAX_CHARS} characters.", pointer="/text")
    return line


def _has_words(text: str, wanted: Sequence[str]) -> bool:
    """Whether each begins some word; in `e-mail` two begin, and `(` begins where it stands."""
    folded = text.casefold()
    return all(_begins(folded, each) for each in wanted)


def _begins(folded: str, word: str) -> bool:
    place = folded.find(word)
    while place > 0 and folded[place - 1].isalnum() and word[0].isalnum():
        place = folded.find(word, place + 1)
    return place >= 0


def _owner(scope: DataScope) -> KeyOwner:
    return KeyOwner.user(scope.user_id)


def _place(scope: DataScope, memory_id: UUID) -> Aad:
    return Aad("memories", "sealed_text", str(memory_id), scope.workspace_id)
