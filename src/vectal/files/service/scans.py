"""Later scans: of versions that came while nobody could look at them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from vectal.files.errors import NotScannableError, StoredFileNotFoundError, VersionNotFoundError
from vectal.files.ports import Scanner, Verdict
from vectal.files.repository import versions
from vectal.files.service.content import ContentService
from vectal.files.service.versions import VersionService
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope, Scope
from vectal.platform.telemetry import get_logger

_A_RUN: Final = 50
_PATIENCE: Final = timedelta(minutes=1)

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A version that waits for its scan, and for whom it may be read."""

    scope: Scope
    file_id: UUID
    number: int


@dataclass(frozen=True, slots=True)
class ScanService:
    database: Database
    content: ContentService
    versions: VersionService
    clock: Clock
    scanner: Scanner | None

    async def list_waiting(self) -> list[Waiting]:
        """The oldest; for the system."""
        async with self.database.system("files scans") as session:
            rows = await versions.list_scanning(session, self.clock.now() - _PATIENCE, _A_RUN)
        return [Waiting(Scope(row[0], row[1]), row[2], row[3]) for row in rows]

    async def scan(self, scope: DataScope, file_id: UUID, number: int) -> None:
        """Look now. Without a scanner any more nobody will, and the version is given free."""
        try:
            opened = await self.content.open_version(scope, file_id, number, judge=False)
        except (StoredFileNotFoundError, VersionNotFoundError):
            return
        if opened.version.scan != "scanning":
            return
        verdict = Verdict("unscanned")
        if self.scanner is not None:
            try:
                verdict = await self.scanner.scan(opened.read())
            except NotScannableError:
                _log.warning("files.too_large_to_scan", file_id=str(file_id), number=number)
                return
        await self.versions.judge(scope, file_id, number, verdict)
