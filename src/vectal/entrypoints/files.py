"""Files, wired: their services, the job that ends uploads, and the sweeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from vectal.files.service import FileRules, FileServices
from vectal.platform.config import Settings
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database, Scope
from vectal.platform.jobs import Job, JobContext, JobQueue, JobRule, Sweep, job
from vectal.platform.storage import open_storage

FINISH: Final = "files.finish_upload"
_RULE: Final = JobRule(queue="files", attempts=5, timeout=timedelta(minutes=60))


def open_files(
    settings: Settings, database: Database, keyring: Keyring, jobs: JobQueue
) -> FileServices:
    """Build everything and register the job."""
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
    )
    jobs.register(_finish_job(services))
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

    return [
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
