"""Use cases of tasks. `TaskServices` bundles them; each method is one transaction."""

from dataclasses import dataclass
from typing import Self

from vectal.platform.clock import Clock, SystemClock
from vectal.platform.db import Database
from vectal.tasks.ports import People
from vectal.tasks.service.bulk import BulkService
from vectal.tasks.service.changesets import ChangesetService
from vectal.tasks.service.comments import CommentService
from vectal.tasks.service.labels import LabelService
from vectal.tasks.service.lists import TaskListService
from vectal.tasks.service.projects import ProjectService
from vectal.tasks.service.quick import QuickAddService, Surroundings
from vectal.tasks.service.tasks import TaskService
from vectal.tasks.service.writing import TaskWriter

__all__ = [
    "BulkService",
    "ChangesetService",
    "CommentService",
    "LabelService",
    "ProjectService",
    "QuickAddService",
    "Surroundings",
    "TaskListService",
    "TaskService",
    "TaskServices",
]


@dataclass(frozen=True, slots=True)
class TaskServices:
    """Everything this module does, by noun."""

    tasks: TaskService
    lists: TaskListService
    bulk: BulkService
    quick: QuickAddService
    projects: ProjectService
    labels: LabelService
    changesets: ChangesetService
    comments: CommentService

    @classmethod
    def build(cls, database: Database, people: People, *, clock: Clock | None = None) -> Self:
        clock = clock or SystemClock()
        writer = TaskWriter(people)
        lists = TaskListService(database, clock, people)
        projects = ProjectService(database, clock)
        return cls(
            tasks=TaskService(database, clock, writer),
            lists=lists,
            bulk=BulkService(database, clock, writer, lists),
            quick=QuickAddService(database, clock, writer, projects),
            projects=projects,
            labels=LabelService(database, clock),
            changesets=ChangesetService(database, clock, writer, people),
            comments=CommentService(database, clock, people),
        )
