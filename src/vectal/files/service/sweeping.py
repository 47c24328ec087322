"""Sweeps: what was abandoned, what has had its time, and what nobody points to.

Nothing is stored before its row is there, and no row goes before its bytes have gone. So bytes
without a row can only come from a workspace that was deleted whole, or from a restored backup; an
audit finds those, and rows whose bytes are missing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from vectal.files.errors import UploadNotFoundError
from vectal.files.repository import blobs, files, folders, uploads
from vectal.files.sealed_objects import CONTENTS, PARTS, SealedContents, content_key_of
from vectal.files.service.rules import FileRules
from vectal.files.service.trash import TrashService
from vectal.files.service.uploads import UploadService
from vectal.platform.clock import Clock
from vectal.platform.crypto.segments import sealed_size
from vectal.platform.db import Database, Scope
from vectal.platform.errors import AppError
from vectal.platform.storage import ObjectNotFoundError, ObjectStorage, StoredObject
from vectal.platform.telemetry import counter, get_logger

_A_RUN: Final = 100
_PAGE: Final = 500
_ABANDONED: Final = timedelta(hours=12)
"""Longer than the largest upload may take to be sealed."""
_STALLED: Final = timedelta(minutes=2)
_STRAY_FOR: Final = timedelta(days=7)
_START: Final = (UUID(int=0), UUID(int=0))

_log = get_logger(__name__)
_strays = counter("files_stray_objects_total", "Objects without a row, removed.")
_missing = counter("files_missing_objects_total", "Rows whose object is missing or cut short.")


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit has looked at and found."""

    objects: int = 0
    strays: tuple[str, ...] = ()
    contents: int = 0
    missing: tuple[str, ...] = ()


@dataclass(slots=True)
class Sweeper:
    database: Database
    storage: ObjectStorage
    objects: SealedContents
    uploads: UploadService
    trash: TrashService
    rules: FileRules
    clock: Clock
    _unused_after: tuple[UUID, UUID] = field(default=_START)

    async def end_uploads(self) -> int:
        """Forget uploads whose time is over, with their bytes and what they reserved."""
        async with self.database.system("files uploads sweep") as session:
            over = await uploads.list_expired(session, self.clock.now(), _A_RUN)
        for workspace_id, user_id, upload_id in over:
            try:
                await self.uploads.end(Scope(workspace_id, user_id), upload_id)
            except UploadNotFoundError:
                continue  # ended by its sender at the same moment
        return len(over)

    async def list_stalled(self) -> list[tuple[Scope, UUID]]:
        """Complete uploads whose server died before it made files of them."""
        before = self.clock.now() - _STALLED
        async with self.database.system("files stalled uploads") as session:
            found = await uploads.list_stalled(session, before, _A_RUN)
        return [(Scope(workspace, person), upload) for workspace, person, upload in found]

    async def purge_trash(self) -> int:
        """What has been in the trash for its time goes for good."""
        before = self.clock.now() - self.rules.keep_trash
        async with self.database.system("files trash sweep") as session:
            old_files = await files.list_over(session, before, _A_RUN)
            old_folders = await folders.list_over(session, before, _A_RUN)
        for workspace_id, owner_id, file_id in old_files:
            scope = Scope(workspace_id, owner_id)
            await _try("files.purge", self.trash.purge_over, scope, file_id)
        for workspace_id, owner_id, folder_id in old_folders:
            scope = Scope(workspace_id, owner_id)
            await _try("files.purge", self.trash.purge_folder, scope, folder_id)
        return len(old_files) + len(old_folders)

    async def remove_contents(self) -> int:
        """Delete the bytes that were given up, then their rows."""
        now = self.clock.now()
        async with self.database.system("files contents sweep") as session:
            await blobs.doom_abandoned(session, now - _ABANDONED, now, _A_RUN)
            doomed = await blobs.list_doomed(session, _A_RUN)
        for workspace_id, blob_id in doomed:
            await self.objects.remove(workspace_id, blob_id)
            async with self.database.system("files contents sweep") as session:
                await blobs.remove(session, workspace_id, blob_id)
        return len(doomed)

    async def give_up_unused(self) -> None:
        """Walk over some contents: one that no version points to has been forgotten by a crash."""
        async with self.database.system("files contents walk") as session:
            place = await blobs.doom_unused(session, self._unused_after, self.clock.now(), _PAGE)
        self._unused_after = place or _START

    async def audit(self, *, remove_before: datetime | None = None) -> Audit:
        """Compare all objects with all rows; delete objects without one that are older than that.

        A database that was restored from a backup knows nothing of what came after it: whoever
        restored the wrong one still finds the bytes for a while.
        """
        count, strays = 0, list[str]()
        for prefix in (CONTENTS, PARTS):
            after: str | None = None
            while True:
                page = await self.storage.list_objects(prefix, after=after, limit=_PAGE)
                count += len(page.objects)
                found = await self._without_row(prefix, page.objects)
                strays += [each.key for each in found]
                await self._remove_strays(found, remove_before)
                after = page.next_after
                if after is None:
                    break
        contents, missing = await self._find_missing()
        return Audit(count, tuple(strays), contents, tuple(missing))

    async def audit_and_remove(self) -> None:
        """The audit of each day."""
        await self.audit(remove_before=self.clock.now() - _STRAY_FOR)

    async def _without_row(
        self, prefix: str, objects: Sequence[StoredObject]
    ) -> list[StoredObject]:
        owners = {each.key: _owner_of(each.key) for each in objects}
        asked = {owner for owner in owners.values() if owner is not None}
        async with self.database.system("files audit") as session:
            ask = blobs.list_known if prefix == CONTENTS else uploads.list_known
            known = await ask(session, asked) if asked else set[tuple[UUID, UUID]]()
        return [each for each in objects if owners[each.key] not in known]

    async def _remove_strays(self, found: Sequence[StoredObject], before: datetime | None) -> None:
        for each in found:
            is_old = before is not None and each.modified_at < before
            _log.warning("files.stray_object", key=each.key, removed=is_old)
            if is_old:
                await self.storage.delete(each.key)
                _strays.inc()

    async def _find_missing(self) -> tuple[int, list[str]]:
        count, missing, after = 0, list[str](), _START
        while True:
            async with self.database.system("files audit") as session:
                rows = await blobs.list_ready(session, after, _PAGE)
            for row in rows:
                try:
                    found = await self.objects.describe(row.workspace_id, row.id)
                    is_whole = found.size == sealed_size(row.size)
                except ObjectNotFoundError:
                    is_whole = False
                if not is_whole:
                    key = content_key_of(row.workspace_id, row.id)
                    _log.error("files.missing_object", key=key)
                    _missing.inc()
                    missing.append(key)
            count += len(rows)
            if len(rows) < _PAGE:
                return count, missing
            after = (rows[-1].workspace_id, rows[-1].id)


async def _try(
    what: str, act: Callable[[Scope, UUID], Awaitable[None]], scope: Scope, thing: UUID
) -> None:
    """One that fails must not keep the others from going."""
    try:
        await act(scope, thing)
    except AppError as error:
        _log.warning(f"{what}_failed", id=str(thing), code=error.code)


def _owner_of(key: str) -> tuple[UUID, UUID] | None:
    """Workspace and row that an object's key names; None for a key of another form."""
    try:
        workspace_id, row_id = (UUID(part) for part in key.split("/")[1:3])
    except ValueError:
        return None
    return workspace_id, row_id
