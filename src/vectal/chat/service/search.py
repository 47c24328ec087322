"""Search over one's own conversations, whose words are only known as keyed hashes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.chat.contracts import Conversation, SearchHit
from vectal.chat.cursors import read_id
from vectal.chat.errors import SearchWordsError
from vectal.chat.reading import Reader
from vectal.chat.repository import conversations, messages
from vectal.chat.sealing import Seals, stems_of
from vectal.platform.db import Database, ReadSession
from vectal.platform.db.paging import Slice, decode_cursor, encode_cursor
from vectal.platform.snippets import snippet_of

MAX_QUERY_WORDS: Final = 12


class Search:
    def __init__(self, database: Database, seals: Seals) -> None:
        self._database = database
        self._seals = seals
        self._reader = Reader(seals)

    async def find(
        self, principal: Principal, query: str, *, limit: int, cursor: str | None
    ) -> Slice[SearchHit]:
        """Messages and titles that hold every word, in any form of it, newest first."""
        stems = frozenset(stems_of(query))
        if not 1 <= len(stems) <= MAX_QUERY_WORDS:
            raise SearchWordsError(f"Search for 1 to {MAX_QUERY_WORDS} words.")
        before = None
        if cursor is not None:
            before = read_id(decode_cursor("search", cursor, length=1)[0])
        async with self._database.read(principal) as session:
            words = await self._seals.index(session, principal, query)
            found = await messages.find_by_words(
                session, principal, words, before=before, limit=limit + 1
            )
            hits = await self._read(session, principal, found[:limit], stems)
        more = encode_cursor("search", [str(found[limit - 1][0])]) if len(found) > limit else None
        return Slice(hits, more)

    async def _read(
        self,
        session: ReadSession,
        principal: Principal,
        found: Sequence[tuple[UUID, UUID]],
        stems: frozenset[str],
    ) -> list[SearchHit]:
        rows = await conversations.find_many(session, principal, {place[1] for place in found})
        owners = {row.id: await self._reader.conversation(session, principal, row) for row in rows}
        said = await messages.find_many(session, principal, {place[0] for place in found})
        hits: list[SearchHit] = []
        for message_id, conversation_id in found:
            conversation = owners[conversation_id]
            row = said.get(message_id)
            if row is None:
                hits.append(_title_hit(conversation))
                continue
            text = (await self._reader.content(session, principal, row)).text
            hits.append(SearchHit(conversation, row.id, snippet_of(text, stems, stems_of)))
        return hits


def _title_hit(conversation: Conversation) -> SearchHit:
    return SearchHit(conversation, None, conversation.title)
