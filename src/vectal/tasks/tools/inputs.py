"""What the tools take. Written for models: short names, forgiving of nulls, every field said."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from vectal.tasks.contracts import Status, View
from vectal.tasks.limits import (
    LABEL_NAME,
    LABELS_A_TASK,
    NOTES,
    PROJECT_NAME,
    SEARCH,
    SUBTASKS_A_BREAKDOWN,
    TITLE,
)

MOST_TASKS = 50

TaskId = Annotated[UUID, Field(description="The task's id, as a tool showed it.")]
Title = Annotated[str, Field(min_length=1, max_length=TITLE)]
Notes = Annotated[str | None, Field(max_length=NOTES, description="Details, in Markdown.")]
Labels = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=LABEL_NAME)]] | None,
    Field(max_length=LABELS_A_TASK),
]
Priority = Annotated[
    Literal[1, 2, 3, 4] | None, Field(description="1 is the highest, 4 means none.")
]
DueOn = Annotated[
    date | None, Field(description="The day it is due, YYYY-MM-DD. Not together with due_at.")
]
DueAt = Annotated[
    datetime | None,
    Field(description="The moment it is due, YYYY-MM-DDTHH:MM on the user's own clock."),
]
Project = Annotated[
    str | None,
    Field(max_length=PROJECT_NAME, description="Name or id of an existing project."),
]


class Input(BaseModel):
    """Null means the same as leaving a field out."""

    model_config = ConfigDict(extra="forbid")


class ListTasks(Input):
    q: Annotated[
        str | None,
        Field(max_length=SEARCH, description="Words, or their beginnings, in title and notes."),
    ] = None
    view: Annotated[
        View | None,
        Field(
            description="today: due today or late. upcoming: due later. overdue: late only. "
            "inbox: in no project."
        ),
    ] = None
    project: Project = None
    parent_id: Annotated[UUID | None, Field(description="Only subtasks of this task.")] = None
    status: Annotated[
        list[Status] | None, Field(description="Open tasks (todo, doing) by default.")
    ] = None
    priority: Annotated[list[Literal[1, 2, 3, 4]] | None, Field(max_length=4)] = None
    labels: Annotated[Labels, Field(description="Tasks that carry all of these.")] = None
    due_from: Annotated[date | None, Field(description="First day due, YYYY-MM-DD.")] = None
    due_to: Annotated[date | None, Field(description="Last day due, YYYY-MM-DD.")] = None
    overdue: Annotated[bool | None, Field(description="Only what is late.")] = None
    sort: Literal["due", "priority", "created", "updated", "title", "position"] | None = None
    limit: Annotated[int | None, Field(ge=1, le=MOST_TASKS)] = None


class GetTask(Input):
    task_id: TaskId


class ListProjects(Input):
    pass


class CreateTask(Input):
    title: Title
    notes: Notes = None
    project: Project = None
    parent_id: Annotated[
        UUID | None, Field(description="Make it a subtask of this task, also of a prepared one.")
    ] = None
    priority: Priority = None
    due_on: DueOn = None
    due_at: DueAt = None
    labels: Labels = None


class UpdateTask(Input):
    """Fields that are left out stay as they are."""

    task_id: TaskId
    title: Annotated[str | None, Field(min_length=1, max_length=TITLE)] = None
    notes: Annotated[Notes, Field(description="The new notes as a whole.")] = None
    status: Status | None = None
    project: Project = None
    parent_id: Annotated[UUID | None, Field(description="Move it below this task.")] = None
    priority: Priority = None
    due_on: DueOn = None
    due_at: DueAt = None
    add_labels: Labels = None
    remove_labels: Labels = None
    clear: Annotated[
        list[Literal["due", "notes", "labels", "project", "parent"]] | None,
        Field(max_length=5, description="What to empty."),
    ] = None


class CompleteTask(Input):
    task_id: TaskId


class Step(Input):
    title: Title
    notes: Notes = None
    due_on: DueOn = None


class BreakDownTask(Input):
    task_id: TaskId
    steps: Annotated[
        list[Step],
        Field(
            min_length=1,
            max_length=SUBTASKS_A_BREAKDOWN,
            description="The subtasks, in the order in which to do them.",
        ),
    ]
