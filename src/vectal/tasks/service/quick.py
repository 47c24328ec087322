"""Quick add: what a line would do, and doing it."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from vectal.auth.principal import Principal
from vectal.platform.clock import Clock
from vectal.platform.db import Database
from vectal.tasks.contracts import LOWEST_PRIORITY, QuickPreview, Task, TaskFields
from vectal.tasks.due import read_timezone
from vectal.tasks.fields import clean
from vectal.tasks.quickadd.parser import QuickAdd, parse
from vectal.tasks.repository import projects
from vectal.tasks.service.ledger import Ledger
from vectal.tasks.service.projects import ProjectService
from vectal.tasks.service.tasks import author_of
from vectal.tasks.service.writing import TaskWriter


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a line leaves open is taken from where it was typed."""

    project_id: UUID | None = None
    parent_id: UUID | None = None
    due_on: date | None = None
    timezone: str | None = None


class QuickAddService:
    def __init__(
        self, database: Database, clock: Clock, writer: TaskWriter, project_service: ProjectService
    ) -> None:
        self._database = database
        self._clock = clock
        self._writer = writer
        self._projects = project_service

    async def preview(
        self, principal: Principal, text: str, timezone: str | None = None
    ) -> QuickPreview:
        """Read a line without writing anything."""
        reading = self._read(principal, text, timezone)
        project_id = None
        if reading.project is not None:
            async with self._database.read(principal) as session:
                found = await projects.find_project_by_name(
                    session, principal.workspace_id, reading.project
                )
            project_id = found.id if found else None
        return QuickPreview(reading, project_id)

    async def add(self, principal: Principal, text: str, around: Surroundings) -> Task:
        """Create the task; labels and a project that are missing are created too."""
        reading = self._read(principal, text, around.timezone)
        fields = clean(_fields_of(reading, around))
        async with self._database.transaction(principal) as session:
            ledger = Ledger(session, author_of(principal), self._clock.now())
            if reading.project is not None:
                project = await self._projects.find_or_add(ledger, reading.project)
                fields["project_id"] = project.id
                fields["parent_id"] = None
            task = await self._writer.create(ledger, fields)
            await ledger.flush()
            return task

    def _read(self, principal: Principal, text: str, timezone: str | None) -> QuickAdd:
        return parse(text, self._clock.now(), read_timezone(timezone or principal.timezone))


def _fields_of(reading: QuickAdd, around: Surroundings) -> TaskFields:
    is_due = reading.due_on is not None or reading.due_at is not None
    return TaskFields(
        title=reading.title,
        due_on=reading.due_on if is_due else around.due_on,
        due_at=reading.due_at,
        priority=reading.priority or LOWEST_PRIORITY,
        labels=list(reading.labels),
        project_id=around.project_id,
        parent_id=around.parent_id,
    )
