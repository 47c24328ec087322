"""Attachments: which tasks, projects, conversations and messages a file belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.files.contracts import Attachment, TargetKind
from vectal.files.errors import (
    LimitReachedError,
    StoredFileNotFoundError,
    TargetNotFoundError,
)
from vectal.files.events import FileChanged
from vectal.files.limits import ATTACHMENTS_A_TARGET
from vectal.files.ports import Targets
from vectal.files.repository import attachments, files
from vectal.files.service.reading import owner_of
from vectal.files.service.storing import tell
from vectal.files.tables import AttachmentRow
from vectal.platform.clock import Clock
from vectal.platform.db import Database


@dataclass(frozen=True, slots=True)
class AttachmentService:
    database: Database
    targets: Targets
    clock: Clock

    async def attach(
        self, principal: Principal, file_id: UUID, kind: TargetKind, target_id: UUID
    ) -> None:
        """Attach a file that the principal sees to something that it may change; once is enough."""
        if not await self.targets.may_change(principal, kind, target_id):
            raise TargetNotFoundError
        async with self.database.transaction(principal) as session:
            row = await files.find(session, principal, file_id, lock=True)
            if row is None or row.trashed_at is not None:
                raise StoredFileNotFoundError
            counts = (
                await attachments.count_of_target(session, principal, kind, target_id),
                await attachments.count_of_file(session, principal, file_id),
            )
            if max(counts) >= ATTACHMENTS_A_TARGET:
                raise LimitReachedError(f"There are at most {ATTACHMENTS_A_TARGET} attachments.")
            made = AttachmentRow(
                workspace_id=principal.workspace_id,
                file_id=file_id,
                kind=kind,
                target_id=target_id,
                created_by=principal.user_id,
                created_at=self.clock.now(),
            )
            await attachments.put(session, made)
            await tell(session, FileChanged(file_id), owner_of(row))

    async def detach(
        self, principal: Principal, file_id: UUID, kind: TargetKind, target_id: UUID
    ) -> None:
        """The file stays. Its owner may do that wherever it is, also to what is gone by now."""
        may_change = await self.targets.may_change(principal, kind, target_id)
        async with self.database.transaction(principal) as session:
            row = await files.find(session, principal, file_id)
            if row is None:
                raise StoredFileNotFoundError
            if not may_change and row.owner_id != principal.user_id:
                raise TargetNotFoundError
            if not await attachments.remove(session, principal, file_id, kind, target_id):
                raise TargetNotFoundError
            await tell(session, FileChanged(file_id), owner_of(row))

    async def list_attachments(self, principal: Principal, file_id: UUID) -> list[Attachment]:
        """Where a file is attached, as far as the principal may see those things."""
        async with self.database.read(principal) as session:
            if await files.find(session, principal, file_id) is None:
                raise StoredFileNotFoundError
            rows = await attachments.list_of_file(session, principal, file_id, ATTACHMENTS_A_TARGET)
        found = [_attachment(row) for row in rows]
        return [
            each
            for each in found
            if await self.targets.may_see(principal, each.kind, each.target_id)
        ]

    async def may_list(self, principal: Principal, kind: TargetKind, target_id: UUID) -> None:
        """Raises `TargetNotFoundError` unless the principal sees what files are attached to."""
        if not await self.targets.may_see(principal, kind, target_id):
            raise TargetNotFoundError


def _attachment(row: AttachmentRow) -> Attachment:
    return Attachment(
        row.file_id, cast("TargetKind", row.kind), row.target_id, row.created_by, row.created_at
    )
