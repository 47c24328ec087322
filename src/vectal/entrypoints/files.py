"""Files, wired: their services, the job that ends uploads, and the sweeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from vectal.accounts.service import AccountService
from vectal.auth.policy import can
from vectal.auth.principal import Principal
from vectal.chat.service import ChatService
from vectal.files.contracts import TargetKind
from vectal.files.scanning import ClamavScanner
from vectal.files.service import FileRules, FileServices
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database, DataScope, Scope
from vectal.platform.errors import AppError
from vectal.platform.jobs import Job, JobContext, JobQueue, JobRule, Sweep, job
from vectal.platform.scanning import Clamd
from vectal.platform.storage import open_storage
from vectal.tasks.service import TaskServices

FINISH: Final = "files.finish_upload"
AUDIT: Final = "files.audit"
SCAN: Final = "files.scan_version"
_READ: Final[Mapping[TargetKind, str]] = {
    "task": "tasks.read",
    "project": "projects.read",
    "conversation": "conversations.read",
    "message": "conversations.read",
}
_WRITE: Final[Mapping[TargetKind, str]] = {
    "task": "tasks.update",
    "project": "projects.update",
    "conversation": "conversations.update",
    "message": "conversations.update",
}
_RULE: Final = JobRule(queue="files", attempts=5, timeout=timedelta(minutes=60))


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether somebody still belongs to a workspace, and has not been locked out."""

    database: Database
    accounts: AccountService

    async def is_member(self, scope: DataScope) -> bool:
        async with self.database.system("files.standing") as session:
            found = await self.accounts.people.load_standings(session, {scope.user_id})
        standing = found.get(scope.user_id)
        if standing is None or standing.disabled:
            return False
        return standing.role_in(scope.workspace_id) is not None


@dataclass(frozen=True, slots=True)
class _Targets:
    """What files are attached to. Whoever may write there may attach there."""

    tasks: TaskServices
    chat: ChatService

    async def may_see(self, principal: Principal, kind: TargetKind, target_id: UUID) -> bool:
        return await self._is_there(principal, kind, target_id, _READ[kind])

    async def may_change(self, principal: Principal, kind: TargetKind, target_id: UUID) -> bool:
        return await self._is_there(principal, kind, target_id, _WRITE[kind])

    async def _is_there(
        self, principal: Principal, kind: TargetKind, target_id: UUID, action: str
    ) -> bool:
        if not can(principal, action):
            return False
        try:
            if kind == "task":
                await self.tasks.tasks.get(principal, target_id)
            elif kind == "project":
                await self.tasks.projects.get(principal, target_id)
            elif kind == "conversation":
                await self.chat.conversations.get(principal, target_id)
            else:
                return await self.chat.conversations.has_message(principal, target_id)
        except AppError as error:
            if error.status not in {403, 404}:
                raise
            return False
        return True


def open_files(
    settings: Settings,
    database: Database,
    keyring: Keyring,
    jobs: JobQueue,
    accounts: AccountService,
    tasks: TaskServices,
    chat: ChatService,
) -> FileServices:
    """Build everything and register the jobs."""
    scanner = None
    if settings.clamav_url is not None:
        scanner = ClamavScanner(Clamd.parse(settings.clamav_url), settings.clamav_required)
    services = FileServices.build(
        database=database,
        keyring=keyring,
        storage=open_storage(settings),
        rules=FileRules(
            max_bytes=settings.file_bytes,
            user_bytes=settings.file_user_bytes or None,
            workspace_bytes=settings.file_workspace_bytes or None,
            keep_trash=timedelta(days=settings.file_trash_days),
        ),
        standing=Standing(database, accounts),
        targets=_Targets(tasks, chat),
        scanner=scanner,
    )
    jobs.register(_finish_job(services))
    jobs.register(_scan_job(services))
    jobs.register(_audit_job(services))
    return services


def make_sweeps(files: FileServices, jobs: JobQueue, database: Database) -> Sequence[Sweep]:
    """Upkeep of files; what may take long is queued."""
    sweeper = files.sweeper

    async def take_up() -> None:
        for scope, upload_id in await sweeper.list_stalled():
            async with database.transaction(scope) as session:
                await jobs.enqueue(
                    session,
                    FINISH,
                    str(upload_id),
                    workspace_id=scope.workspace_id,
                    user_id=scope.user_id,
                    upload_id=upload_id,
                )

    async def scan() -> None:
        for each in await files.scans.list_waiting():
            async with database.transaction(each.scope) as session:
                await jobs.enqueue(
                    session,
                    SCAN,
                    f"{each.file_id}:{each.number}",
                    workspace_id=each.scope.workspace_id,
                    user_id=each.scope.user_id,
                    file_id=each.file_id,
                    number=str(each.number),
                )

    return [
        Sweep("files.scan_waiting", timedelta(minutes=1), scan),
        Sweep("files.finish_stalled", timedelta(seconds=30), take_up),
        Sweep("files.end_uploads", timedelta(minutes=5), sweeper.end_uploads),
        Sweep("files.purge_trash", timedelta(minutes=10), sweeper.purge_trash),
        Sweep("files.give_up_unused", timedelta(minutes=5), sweeper.give_up_unused),
        Sweep("files.remove_contents", timedelta(seconds=15), sweeper.remove_contents),
    ]


def _finish_job(files: FileServices) -> Job:
    @job(FINISH, _RULE)
    async def finish(context: JobContext, ids: Mapping[str, str]) -> None:
        del context
        scope = Scope(UUID(ids["workspace_id"]), UUID(ids["user_id"]))
        await files.uploads.finisher.finish(scope, UUID(ids["upload_id"]))

    return finish


def _scan_job(files: FileServices) -> Job:
    @job(SCAN, _RULE)
    async def scan(context: JobContext, ids: Mapping[str, str]) -> None:
        del context
        scope = Scope(UUID(ids["workspace_id"]), UUID(ids["user_id"]))
        await files.scans.scan(scope, UUID(ids["file_id"]), int(ids["number"]))

    return scan


def _audit_job(files: FileServices) -> Job:
    @job(AUDIT, _RULE)
    async def audit(context: JobContext, ids: Mapping[str, str]) -> None:
        del context, ids
        await files.sweeper.audit_and_remove()

    return audit
