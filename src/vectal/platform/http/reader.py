"""Looking back: what has left the process for a workspace, one by one and in sums.

Whoever asks must have checked that the caller may see everybody's requests.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from vectal.platform.db import Database, DataScope
from vectal.platform.db.paging import (
    InvalidCursorError,
    Slice,
    decode_cursor,
    decode_place,
    encode_cursor,
    encode_place,
)
from vectal.platform.http import repository
from vectal.platform.http.sums import EgressFilter, EgressSum
from vectal.platform.http.tables import EgressEntry

_ENTRIES: Final = "egress"
_SUMS: Final = "egress_sums"


class EgressReader:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_entries(
        self, scope: DataScope, wanted: EgressFilter, *, cursor: str | None, limit: int
    ) -> Slice[EgressEntry]:
        """Newest first. What began or ended in the last two seconds may not be there."""
        before = None if cursor is None else decode_place(_ENTRIES, cursor)
        async with self._database.read(scope) as session:
            rows = await repository.list_entries(
                session, scope, wanted, before=before, limit=limit + 1
            )
        page = list(rows[:limit])
        if len(rows) <= limit:
            return Slice(page, None)
        last = page[-1]
        return Slice(page, encode_place(_ENTRIES, last.at, last.id))

    async def sum_entries(
        self,
        scope: DataScope,
        wanted: EgressFilter,
        timezone: str,
        *,
        cursor: str | None,
        limit: int,
    ) -> Slice[EgressSum]:
        """By day of `timezone` and host: the newest day first, its hosts by name."""
        after = None if cursor is None else _place_of_sum(cursor)
        async with self._database.read(scope) as session:
            sums = await repository.sum_entries(
                session, scope, wanted, timezone=timezone, after=after, limit=limit + 1
            )
        page = sums[:limit]
        if len(sums) <= limit:
            return Slice(page, None)
        last = page[-1]
        return Slice(page, encode_cursor(_SUMS, [last.day.isoformat(), last.host]))


def _place_of_sum(cursor: str) -> tuple[date, str]:
    day, host = decode_cursor(_SUMS, cursor, length=2)
    try:
        place = date.fromisoformat(str(day)), str(host).encode().decode()
    except ValueError as error:
        raise InvalidCursorError from error
    if "\0" in place[1]:
        raise InvalidCursorError
    return place
