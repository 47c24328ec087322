"""Wire shapes of tasks: as they are shown, made, changed, moved and listed."""

from typing import Annotated, Literal, Self, cast
from uuid import UUID

from pydantic import Field, JsonValue

from vectal.platform.db.paging import DEFAULT_LIMIT, MAX_LIMIT
from vectal.platform.web import Schema
from vectal.platform.web.schema import Day, Flag, Moment, Text
from vectal.tasks.contracts import (
    BulkChange,
    BulkResult,
    HistoryEntry,
    Place,
    Sort,
    Status,
    TaskFields,
    TaskFilter,
    View,
)
from vectal.tasks.contracts import Task as TaskContract
from vectal.tasks.limits import BULK, LABELS_A_TASK, SEARCH
from vectal.tasks.schemas.labels import Label
from vectal.tasks.schemas.values import (
    AskedPriority,
    LabelNames,
    Notes,
    Priority,
    Timezone,
    Title,
    Version,
)

_DUE_ON = "A day, in nobody's timezone. Setting it clears `due_at`."
_DUE_AT = "A moment. Setting it clears `due_on`."


class Subtasks(Schema):
    """Direct subtasks; cancelled ones don't count."""

    total: Annotated[int, Field(examples=[2])]
    done: Annotated[int, Field(examples=[1])]


class Task(Schema):
    id: UUID
    title: Annotated[str, Field(examples=["Pay rent"])]
    notes: Annotated[str, Field(examples=["By transfer, not in cash."])]
    status: Status
    priority: Priority
    project_id: Annotated[UUID | None, Field(description="Null in the inbox")]
    parent_id: Annotated[UUID | None, Field(description="The task that this is a subtask of")]
    labels: list[Label]
    due_on: Annotated[Day | None, Field(description="A day, in nobody's timezone")]
    due_at: Annotated[Moment | None, Field(description="A moment; never together with `due_on`")]
    position: Annotated[str, Field(description="Sorts by bytes within a project", examples=["a1V"])]
    assignee_id: UUID | None
    created_by: UUID | None
    created_at: Moment
    updated_at: Moment
    completed_at: Moment | None
    version: Annotated[int, Field(examples=[3])]
    subtasks: Subtasks

    @classmethod
    def of(cls, task: TaskContract) -> Self:
        return cls.model_validate(task, from_attributes=True)


def _todo() -> Status:
    return "todo"


class TaskInput(Schema):
    title: Title
    notes: Notes = ""
    project_id: UUID | None = None
    parent_id: UUID | None = None
    status: Status = "todo"
    priority: Priority = 4
    due_on: Annotated[Day | None, Field(description=_DUE_ON)] = None
    due_at: Annotated[Moment | None, Field(description=_DUE_AT)] = None
    labels: Annotated[LabelNames, Field(description="By name; new ones are made")] = ()
    assignee_id: UUID | None = None
    position_after: Annotated[
        UUID | None, Field(description="The task to put it after; at the end by default")
    ] = None

    def fields(self) -> TaskFields:
        return cast("TaskFields", self.model_dump(exclude={"position_after"}, exclude_unset=True))


class FieldsPatch(Schema):
    """What is left out stays as it is. Null empties what may be empty."""

    title: Annotated[Title, Field(default_factory=str)]
    notes: Annotated[Notes, Field(default_factory=str)]
    status: Annotated[Status, Field(default_factory=_todo)]
    priority: Annotated[Priority, Field(default_factory=int)]
    project_id: UUID | None = None
    parent_id: UUID | None = None
    labels: Annotated[LabelNames, Field(default_factory=tuple, description="All of them, by name")]
    due_on: Annotated[Day | None, Field(description=_DUE_ON)] = None
    due_at: Annotated[Moment | None, Field(description=_DUE_AT)] = None
    assignee_id: UUID | None = None

    def fields(self) -> TaskFields:
        named = FieldsPatch.model_fields.keys() & self.model_fields_set
        return cast("TaskFields", self.model_dump(include=named))


class TaskPatch(FieldsPatch):
    """`If-Match` may carry the version too."""

    version: Version | None = None


class TaskMove(Schema):
    """Place a task by its new neighbour; without one it goes to the end of its list."""

    project_id: UUID | None = None
    status: Annotated[Status, Field(default_factory=_todo)]
    after: Annotated[
        UUID | None, Field(description="Right below this task; null is the top of the list")
    ] = None
    before: Annotated[
        UUID | None, Field(description="Right above this task; null is the end of the list")
    ] = None
    version: Version | None = None

    def fields(self) -> TaskFields:
        named = {"project_id", "status"} & self.model_fields_set
        return cast("TaskFields", self.model_dump(include=named))

    def place(self) -> Place | None:
        """A neighbour that is named counts before one that is null."""
        if self.after is not None:
            return Place("after", self.after)
        if self.before is not None:
            return Place("before", self.before)
        if "after" in self.model_fields_set and "before" not in self.model_fields_set:
            return Place("after")
        return Place("before") if "before" in self.model_fields_set else None


class TaskConditions(Schema):
    """Which tasks; every condition that is given must hold."""

    project_id: UUID | None = None
    parent_id: Annotated[UUID | None, Field(description="Only direct subtasks of this task")] = None
    roots: Annotated[bool, Field(description="Only tasks that are no subtasks")] = False
    inbox: Annotated[bool, Field(description="Only tasks without a project")] = False
    status: Annotated[tuple[Status, ...], Field(max_length=4)] = ()
    # Of a query as well, which has words for numbers.
    priority: Annotated[tuple[AskedPriority, ...], Field(max_length=4)] = ()
    label: Annotated[
        tuple[Annotated[Text, Field(min_length=1, max_length=50)], ...],
        Field(max_length=LABELS_A_TASK, description="Names or ids; a task carries all of them"),
    ] = ()
    due_from: Annotated[Day | None, Field(description="First day, in your timezone")] = None
    due_to: Annotated[Day | None, Field(description="Last day, in your timezone")] = None
    overdue: Annotated[bool, Field(description="Only open tasks that are late")] = False
    assignee_id: UUID | None = None
    q: Annotated[
        Text | None,
        Field(max_length=SEARCH, description="Words, or their beginnings, in title and notes"),
    ] = None
    view: Annotated[
        View | None,
        Field(
            description="Open tasks only, unless `status` says otherwise. `today` holds what is "
            "due today or late, `upcoming` what is due later, `inbox` what has no project."
        ),
    ] = None
    timezone: Timezone | None = None

    def wanted(self) -> TaskFilter:
        return TaskFilter(
            project_id=self.project_id,
            parent_id=self.parent_id,
            only_roots=self.roots,
            inbox=self.inbox,
            statuses=frozenset(self.status),
            priorities=frozenset(self.priority),
            labels=self.label,
            due_from=self.due_from,
            due_to=self.due_to,
            overdue=self.overdue,
            assignee_id=self.assignee_id,
            q=self.q,
            view=self.view,
            timezone=self.timezone,
        )


class TaskListQuery(TaskConditions):
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="Rows a page")] = DEFAULT_LIMIT
    cursor: Annotated[
        str | None, Field(max_length=2048, description="`next_cursor` of the page before")
    ] = None
    sort: Annotated[
        Sort | None,
        Field(description="By `due` in views of time, by `updated` in searches, else `position`"),
    ] = None
    order: Annotated[
        Literal["asc", "desc"] | None,
        Field(description="Newest first for `created` and `updated`, else rising"),
    ] = None

    def ordered_by(self) -> Sort:
        if self.sort is not None:
            return self.sort
        if self.view in {"today", "upcoming", "overdue"} or self.overdue:
            return "due"
        return "updated" if self.q is not None else "position"

    def is_descending(self) -> bool:
        if self.order is not None:
            return self.order == "desc"
        return self.ordered_by() in {"created", "updated"}


class TaskBulkChange(FieldsPatch):
    """The same change for every task."""

    add_labels: LabelNames = ()
    remove_labels: LabelNames = ()
    delete: Annotated[Flag, Field(description="Delete the tasks; other changes are left out")] = (
        False
    )

    def change(self) -> BulkChange:
        return BulkChange(self.fields(), self.add_labels, self.remove_labels, self.delete)


class TaskBulkInput(Schema):
    """`ids` or `filter`, not both."""

    ids: Annotated[list[UUID] | None, Field(min_length=1, max_length=BULK)] = None
    filter: TaskConditions | None = None
    change: TaskBulkChange


class BulkFailure(Schema):
    id: UUID
    code: Annotated[str, Field(examples=["tasks.not_found"])]
    detail: str


class TaskBulkResult(Schema):
    """What became of each task; those that failed are as they were."""

    updated: list[Task]
    deleted: list[UUID]
    failed: list[BulkFailure]

    @classmethod
    def of(cls, result: BulkResult) -> Self:
        return cls.model_validate(result, from_attributes=True)


class Actor(Schema):
    id: UUID
    name: Annotated[str, Field(examples=["Ada"])]


class FieldChange(Schema):
    field: Annotated[str, Field(examples=["priority"])]
    before: Annotated[JsonValue, Field(examples=[4])]
    after: Annotated[JsonValue, Field(examples=[1])]


class TaskHistoryEntry(Schema):
    id: UUID
    version: Annotated[int, Field(description="The version that the change made", examples=[2])]
    actor: Actor
    changeset_id: Annotated[
        UUID | None, Field(description="The changeset that was accepted or undone, if it was one")
    ]
    changes: list[FieldChange]
    at: Moment

    @classmethod
    def of(cls, entry: HistoryEntry) -> Self:
        return cls.model_validate(entry, from_attributes=True)
