"""Schedules and triggers, wired: the service, its sweeps, and the events that begin runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, cast
from uuid import UUID

from vectal.agents.schedules.contracts import EventKind, Happening, Subject
from vectal.agents.schedules.service import SchedulingService
from vectal.agents.service import AgentService
from vectal.auth.policy import can
from vectal.auth.principal import Principal
from vectal.auth.service import AuthService
from vectal.files.events import FileReadable, FileStored
from vectal.files.service import FileServices
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database, WriteSession
from vectal.platform.errors import AppError
from vectal.platform.events import EventRecord
from vectal.platform.events.consumers import Consumer, consumer
from vectal.platform.jobs import Job, JobContext, JobQueue, JobRule, Sweep, job
from vectal.platform.rate_limit import RateLimiter
from vectal.tasks.events import TaskChanged
from vectal.tasks.service import TaskServices

FIRE: Final = "agents.fire_triggers"
_RULE: Final = JobRule(queue="agents", attempts=5, timeout=timedelta(minutes=2))
_NOTES_CHARS: Final = 4_000
_GONE: Final = frozenset((403, 404))


def open_scheduling(
    database: Database,
    keyring: Keyring,
    jobs: JobQueue,
    agents: AgentService,
    auth: AuthService,
    limiter: RateLimiter,
    tasks: TaskServices,
    files: FileServices,
) -> SchedulingService:
    """Build everything and register the job."""
    scheduling = SchedulingService.build(
        database=database,
        keyring=keyring,
        runs=agents.runs,
        stand_ins=auth,
        subjects=TasksAndFiles(tasks, files),
        limiter=limiter,
    )
    jobs.register(_fire_job(scheduling))
    return scheduling


def make_sweeps(scheduling: SchedulingService) -> Sequence[Sweep]:
    """What is due, what has waited, and what is long over."""
    due = scheduling.due
    return [
        Sweep("agents.begin_due", timedelta(seconds=1), due.begin_due),
        Sweep("agents.begin_waiting", timedelta(seconds=2), due.begin_waiting),
        Sweep("agents.purge_firings", timedelta(minutes=10), due.purge),
    ]


def make_consumer(scheduling: SchedulingService, jobs: JobQueue) -> Consumer:
    """Events that somebody's trigger waits for become jobs, in the order of their commits."""

    @consumer("agents.triggers", TaskChanged, FileStored, FileReadable)
    async def take(session: WriteSession, record: EventRecord) -> None:
        happening = happening_of(record)
        if happening is None:
            return
        if await scheduling.events.is_listened_to(record.workspace_id, happening.kind):
            await jobs.enqueue(
                session,
                FIRE,
                happening.key,
                kind=happening.kind,
                subject_id=happening.subject_id,
                run_id=happening.run_id or "",
            )

    return take


def happening_of(record: EventRecord) -> Happening | None:
    """What a trigger can wait for in the event; None for most of them."""
    if record.type == TaskChanged.type:
        task = record.read(TaskChanged)
        if task.kind == "created":
            kind, key = "task_created", f"created:{task.task_id}"
        elif task.completed:
            kind, key = "task_completed", f"completed:{task.task_id}:{task.version}"
        else:
            return None
        where = record.workspace_id
        return Happening(cast("EventKind", kind), where, task.task_id, key, task.run_id)
    file_id, number = UUID(record.payload["file_id"]), int(record.payload["number"])
    if number != 1:
        return None
    # Stored and readable are two events of one file; whichever finds it readable begins the run.
    return Happening("file_added", record.workspace_id, file_id, f"file:{file_id}")


def _fire_job(scheduling: SchedulingService) -> Job:
    @job(FIRE, _RULE)
    async def fire(context: JobContext, ids: Mapping[str, str]) -> None:
        happening = Happening(
            kind=cast("EventKind", ids["kind"]),
            workspace_id=context.workspace_id,
            subject_id=UUID(ids["subject_id"]),
            key=context.key,
            run_id=UUID(ids["run_id"]) if ids["run_id"] else None,
        )
        await scheduling.events.take(happening)

    return fire


@dataclass(frozen=True, slots=True)
class TasksAndFiles:
    """What events speak of, with the rights of whoever has the trigger."""

    tasks: TaskServices
    files: FileServices

    async def find(self, principal: Principal, kind: EventKind, subject_id: UUID) -> Subject | None:
        try:
            if kind == "file_added":
                return await self._find_file(principal, subject_id)
            return await self._find_task(principal, subject_id)
        except AppError as error:
            if error.status not in _GONE:
                raise
            return None

    async def _find_task(self, principal: Principal, task_id: UUID) -> Subject | None:
        if not can(principal, "tasks.read"):
            return None
        task = await self.tasks.tasks.get(principal, task_id)
        return Subject(
            id=task.id,
            name=task.title,
            project_id=task.project_id,
            labels=tuple(label.name for label in task.labels),
            text=task.notes[:_NOTES_CHARS],
        )

    async def _find_file(self, principal: Principal, file_id: UUID) -> Subject | None:
        if not can(principal, "files.read"):
            return None
        file = await self.files.get_file(principal, file_id)
        if not file.is_readable or file.trashed_at is not None:
            return None
        return Subject(id=file.id, name=file.name)
