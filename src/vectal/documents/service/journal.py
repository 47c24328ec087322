"""The journal of one reading: every step is written under its epoch, and told to open screens."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from vectal.documents.events import DocumentChanged
from vectal.documents.repository import documents
from vectal.documents.tables import DocumentRow
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope, WriteSession

TELL_EVERY_S: Final = 1.0


class TakenOverError(Exception):
    """The document is gone, cancelled, or read by a newer run; this one stops without a word."""


@dataclass
class Journal:
    """Of one document that this process has taken."""

    database: Database
    scope: DataScope
    clock: Clock
    row: DocumentRow
    _told: float | None = field(default=None, init=False)

    @property
    def document_id(self) -> UUID:
        return self.row.id

    @property
    def owner_id(self) -> UUID | None:
        """Whose key seals what is written; None is the workspace's."""
        return self.row.owner_id

    @asynccontextmanager
    async def step(self, *, tell: bool = False, **values: Any) -> AsyncGenerator[WriteSession]:
        """A transaction that changes columns and whatever its block does besides.

        Raises `TakenOverError` before the block when the epoch is not the row's any more.
        """
        row, now = self.row, self.clock.now()
        async with self.database.transaction(self.scope) as session:
            if not await documents.advance(
                session, self.scope, row.id, row.epoch, touched_at=now, **values
            ):
                raise TakenOverError
            yield session
            if tell or self._is_due():
                after = {name: values.get(name, getattr(row, name)) for name in _TOLD}
                await tell_of(session, row.file_id, row.number, self.owner_id, after)
        for name, value in values.items():
            setattr(row, name, value)

    async def begin_try(self) -> None:
        """Count a try of the stretch that follows; progress sets the count back to none."""
        async with self.step(tries=self.row.tries + 1):
            pass

    async def is_ours(self) -> bool:
        async with self.database.read(self.scope) as session:
            row = await documents.find(session, self.scope, self.row.id)
        return row is not None and row.epoch == self.row.epoch

    def _is_due(self) -> bool:
        now = self.clock.now().timestamp()
        if self._told is not None and now - self._told < TELL_EVERY_S:
            return False
        self._told = now
        return True


_TOLD: Final = ("state", "stage", "pages_done", "pages_total", "chunks_done", "chunks_total")


async def tell_of(
    session: WriteSession,
    file_id: UUID,
    number: int,
    owner_id: UUID | None,
    values: dict[str, Any],
) -> None:
    """What is private is told to its owner alone."""
    event = DocumentChanged(file_id, number, **{name: values[name] for name in _TOLD})
    await session.emit(event, user_id=owner_id)


async def tell_row(session: WriteSession, row: DocumentRow, **changed: Any) -> None:
    values = {name: changed.get(name, getattr(row, name)) for name in _TOLD}
    await tell_of(session, row.file_id, row.number, row.owner_id, values)
