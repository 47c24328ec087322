"""Versions: listed, brought back as the newest, removed."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.files.contracts import File, FileVersion
from vectal.files.errors import (
    LimitReachedError,
    StoredFileNotFoundError,
    VersionNotFoundError,
)
from vectal.files.events import FileChanged, FileReadable, FileVersionAdded
from vectal.files.limits import VERSIONS_A_FILE
from vectal.files.ports import Verdict
from vectal.files.repository import blobs, files, versions
from vectal.files.sealing import Seals
from vectal.files.service.contents import Contents
from vectal.files.service.reading import Reader, owner_of, version_of
from vectal.files.service.space import SpaceKeeper
from vectal.files.service.storing import tell
from vectal.files.tables import FileRow, VersionRow
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope, WriteSession
from vectal.platform.db.paging import InvalidCursorError, Slice, decode_cursor, encode_cursor

_CURSOR = "file_versions"


@dataclass(frozen=True, slots=True)
class VersionService:
    database: Database
    seals: Seals
    contents: Contents
    space: SpaceKeeper
    clock: Clock

    async def list_versions(
        self, principal: Principal, file_id: UUID, *, cursor: str | None = None, limit: int = 50
    ) -> Slice[FileVersion]:
        """The newest first."""
        before = _read_cursor(cursor)
        async with self.database.read(principal) as session:
            file = await files.find(session, principal, file_id)
            if file is None:
                raise StoredFileNotFoundError
            rows = await versions.list_versions(
                session, principal, file_id, before=before, limit=limit + 1
            )
        items = [version_of(row, file.number) for row in rows[:limit]]
        more = len(rows) > limit
        return Slice(items, encode_cursor(_CURSOR, [items[-1].number]) if more else None)

    async def restore(self, principal: Principal, file_id: UUID, number: int) -> File:
        """The bytes of an older version as the newest one. Nothing between them is lost.

        It counts against the quota like any version.
        """
        async with self.database.transaction(principal) as session:
            file, old = await self._lock(session, principal, file_id, number)
            if number == file.number:
                return await Reader(self.seals).file(session, principal, file)
            if file.versions >= VERSIONS_A_FILE:
                raise LimitReachedError(f"A file has at most {VERSIONS_A_FILE} versions.")
            await self.contents.get_ready(session, principal, old.blob_id)
            newest = await versions.newest_number(session, principal, file_id) + 1
            row = VersionRow(
                workspace_id=principal.workspace_id,
                file_id=file_id,
                number=newest,
                blob_id=old.blob_id,
                size=old.size,
                media_type=old.media_type,
                kind=old.kind,
                scan=old.scan,
                threat=old.threat,
                created_by=principal.user_id,
                created_at=self.clock.now(),
            )
            await versions.add(session, row)
            await self._show(session, principal, file, row, file.versions + 1)
            event = FileVersionAdded(file_id, newest, principal.user_id)
            await tell(session, event, owner_of(file))
            await self.space.reserve(session, principal, old.size)
            await self.space.settle(session, principal, old.size, old.size)
            file, _ = await self._lock(session, principal, file_id, newest)
            return await Reader(self.seals).file(session, principal, file)

    async def remove(self, principal: Principal, file_id: UUID, number: int) -> File:
        """For good. The newest one can't be removed: restore another first."""
        async with self.database.transaction(principal) as session:
            file, old = await self._lock(session, principal, file_id, number)
            if number == file.number:
                raise LimitReachedError("The newest version stays; restore another one first.")
            await versions.remove(session, principal, file_id, number)
            await files.change(session, principal, file_id, versions=file.versions - 1)
            await blobs.doom(session, principal, [old.blob_id], self.clock.now())
            await tell(session, FileChanged(file_id), owner_of(file))
            await self.space.free(session, principal, {old.created_by: old.size})
            file, _ = await self._lock(session, principal, file_id, file.number)
            return await Reader(self.seals).file(session, principal, file)

    async def judge(self, scope: DataScope, file_id: UUID, number: int, verdict: Verdict) -> None:
        """What a later scan has found of a version that waited for one."""
        async with self.database.transaction(scope) as session:
            file = await files.find(session, scope, file_id, lock=True)
            if file is None or verdict.state == "scanning":
                return
            values = {"scan": verdict.state, "threat": verdict.threat}
            await versions.change(session, scope, file_id, number, **values)
            if number == file.number:
                await files.change(session, scope, file_id, scan=verdict.state)
            event = FileChanged(file_id)
            if verdict.state != "infected":
                event = FileReadable(file_id, number)
            await tell(session, event, owner_of(file))

    async def _show(
        self,
        session: WriteSession,
        scope: DataScope,
        file: FileRow,
        row: VersionRow,
        count: int,
    ) -> None:
        await files.change(
            session,
            scope,
            file.id,
            kind=row.kind,
            media_type=row.media_type,
            size=row.size,
            number=row.number,
            versions=count,
            scan=row.scan,
            updated_at=self.clock.now(),
        )

    async def _lock(
        self, session: WriteSession, scope: DataScope, file_id: UUID, number: int
    ) -> tuple[FileRow, VersionRow]:
        file = await files.find(session, scope, file_id, lock=True)
        if file is None or file.trashed_at is not None:
            raise StoredFileNotFoundError
        version = await versions.find(session, scope, file_id, number)
        if version is None:
            raise VersionNotFoundError
        return file, version


def _read_cursor(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    (number,) = decode_cursor(_CURSOR, cursor, length=1)
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 1 << 31:
        raise InvalidCursorError
    return number
