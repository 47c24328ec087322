"""The queue: jobs are written in the transaction of the change that wants them."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID

from vectal.platform.db import WriteSession
from vectal.platform.db.engine import SystemScope
from vectal.platform.ids import new_id
from vectal.platform.jobs import repository
from vectal.platform.jobs.contracts import Job, JobRule
from vectal.platform.jobs.errors import JobsFullError, UnknownJobError
from vectal.platform.telemetry import counter

NO_WORKSPACE: Final = UUID(int=0)
LIVE_JOBS: Final = 5_000
"""Of one workspace, waiting and running together."""

_NOW: Final = timedelta()
_enqueued = counter("jobs_enqueued_total", "Jobs that were queued.", ["name"])


class JobQueue:
    """Knows every kind of job of the release."""

    def __init__(self, jobs: Iterable[Job] = (), *, live_jobs: int = LIVE_JOBS) -> None:
        self._jobs: dict[str, Job] = {}
        self._live_jobs = live_jobs
        for each in jobs:
            self.register(each)

    def register(self, job: Job) -> None:
        if job.name in self._jobs:
            raise ValueError(f"two jobs are named {job.name}")
        self._jobs[job.name] = job

    @property
    def queues(self) -> frozenset[str]:
        return frozenset(each.rule.queue for each in self._jobs.values())

    @property
    def attempts(self) -> dict[str, int]:
        return {name: each.rule.attempts for name, each in self._jobs.items()}

    @property
    def shortest_lease(self) -> timedelta:
        return min((each.rule.lease for each in self._jobs.values()), default=JobRule().lease)

    def get(self, name: str) -> Job:
        """Raise `UnknownJobError` for a name that nobody registered."""
        found = self._jobs.get(name)
        if found is None:
            raise UnknownJobError(f"No job is named {name}.")
        return found

    async def enqueue(
        self,
        session: WriteSession,
        name: str,
        key: str = "",
        *,
        delay: timedelta = _NOW,
        **ids: UUID | str,
    ) -> None:
        """Queue a job in the session's transaction; it is delivered once that commits.

        While one of the same name and key waits or runs, nothing is added; without a key each
        call adds one. Raises `JobsFullError` when the workspace has too many already.
        """
        job = self.get(name)
        workspace_id = _tenant_of(session)
        job_id = new_id()
        live = await repository.count_live(session, workspace_id, self._live_jobs)
        if live >= self._live_jobs:
            raise JobsFullError
        await repository.add(
            session,
            workspace_id=workspace_id,
            job_id=job_id,
            queue=job.rule.queue,
            name=name,
            key=key or str(job_id),
            ids={label: str(value) for label, value in ids.items()},
            delay=delay,
        )
        session.after_commit(_enqueued.labels(name).inc)


def _tenant_of(session: WriteSession) -> UUID:
    if isinstance(session.scope, SystemScope):
        return NO_WORKSPACE
    tenant = getattr(session.scope, "workspace_id", None)
    if not isinstance(tenant, UUID):
        raise TypeError("this session carries no workspace")
    return tenant
