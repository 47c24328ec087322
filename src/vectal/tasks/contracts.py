"""What other modules, and this module's own layers, say about tasks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

from pydantic import JsonValue, TypeAdapter
from typing_extensions import TypedDict

from vectal.tasks.quickadd.parser import QuickAdd

Status: TypeAlias = Literal["todo", "doing", "done", "cancelled"]
STATUSES: Final[tuple[Status, ...]] = ("todo", "doing", "done", "cancelled")
OPEN: Final[frozenset[Status]] = frozenset({"todo", "doing"})
LOWEST_PRIORITY: Final = 4

Field: TypeAlias = Literal[
    "title",
    "notes",
    "status",
    "priority",
    "project_id",
    "parent_id",
    "labels",
    "due_on",
    "due_at",
    "assignee_id",
]
FIELDS: Final[tuple[Field, ...]] = (
    "title",
    "notes",
    "status",
    "priority",
    "project_id",
    "parent_id",
    "labels",
    "due_on",
    "due_at",
    "assignee_id",
)


class TaskFields(TypedDict, total=False):
    """The fields of a task that people and models change. Labels go by name.

    Of `due_on` and `due_at` at most one is set.
    """

    title: str
    notes: str
    status: Status
    priority: int
    project_id: UUID | None
    parent_id: UUID | None
    labels: list[str]
    due_on: date | None
    due_at: datetime | None
    assignee_id: UUID | None


@dataclass(frozen=True, slots=True)
class Label:
    id: UUID
    name: str
    color: str


@dataclass(frozen=True, slots=True)
class Subtasks:
    """How many direct subtasks there are and how many are done; cancelled ones don't count."""

    total: int = 0
    done: int = 0


@dataclass(frozen=True, slots=True)
class Task:
    id: UUID
    title: str
    notes: str
    status: Status
    priority: int
    project_id: UUID | None
    parent_id: UUID | None
    labels: tuple[Label, ...]
    due_on: date | None
    due_at: datetime | None
    position: str
    assignee_id: UUID | None
    created_by: UUID | None
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    version: int
    subtasks: Subtasks

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


_TASK: Final[TypeAdapter[Task]] = TypeAdapter(Task)


def task_as_json(task: Task) -> dict[str, JsonValue]:
    """The task as every door shows it: REST, problems and updates."""
    shown: dict[str, JsonValue] = _TASK.dump_python(task, mode="json")
    return shown


@dataclass(frozen=True, slots=True)
class Project:
    id: UUID
    name: str
    key: str
    color: str
    position: str
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int


_PROJECT: Final[TypeAdapter[Project]] = TypeAdapter(Project)


def project_as_json(project: Project) -> dict[str, JsonValue]:
    shown: dict[str, JsonValue] = _PROJECT.dump_python(project, mode="json")
    return shown


@dataclass(frozen=True, slots=True)
class ProjectPage:
    items: Sequence[Project]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class LabelPage:
    items: Sequence[Label]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class QuickPreview:
    """How quick add reads a line; `project_id` is None for a project that it would create."""

    reading: QuickAdd
    project_id: UUID | None


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in the manual order: right after, or right before, a neighbour.

    Without a neighbour it is an end: after nothing is the top, before nothing the bottom.
    """

    side: Literal["after", "before"]
    neighbour: UUID | None = None


BOTTOM: Final = Place("before")


@dataclass(frozen=True, slots=True)
class ProjectChange:
    """What changes of a project; None leaves a thing as it is."""

    name: str | None = None
    color: str | None = None
    archived: bool | None = None
    place: Place | None = None


View: TypeAlias = Literal["today", "upcoming", "overdue", "inbox"]
Sort: TypeAlias = Literal["position", "due", "priority", "created", "updated", "title"]


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks; every condition that is set must hold. Dates mean days in `timezone`."""

    project_id: UUID | None = None
    parent_id: UUID | None = None
    only_roots: bool = False
    """Only tasks that are no subtasks."""
    inbox: bool = False
    """Only tasks without a project that are no subtasks."""
    statuses: frozenset[Status] = frozenset()
    priorities: frozenset[int] = frozenset()
    labels: tuple[str, ...] = ()
    """Names or ids; a task must carry all of them."""
    due_from: date | None = None
    due_to: date | None = None
    overdue: bool = False
    assignee_id: UUID | None = None
    q: str | None = None
    view: View | None = None
    timezone: str | None = None
    """None means the timezone of whoever asks."""


@dataclass(frozen=True, slots=True)
class TaskPage:
    items: Sequence[Task]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """One field, before and after, as JSON."""

    field: str
    before: JsonValue
    after: JsonValue


@dataclass(frozen=True, slots=True)
class Person:
    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """What one change made of a task; `version` is the one after it."""

    id: UUID
    version: int
    actor: Person
    changeset_id: UUID | None
    changes: tuple[Change, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class HistoryPage:
    items: Sequence[HistoryEntry]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class BulkChange:
    """The same change for many tasks. Labels are added and removed, or set by `fields`."""

    fields: TaskFields = field(default_factory=TaskFields)
    add_labels: tuple[str, ...] = ()
    remove_labels: tuple[str, ...] = ()
    delete: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one task of many was left as it was."""

    id: UUID
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class BulkResult:
    updated: tuple[Task, ...]
    deleted: tuple[UUID, ...]
    failed: tuple[Failure, ...]


# --- changesets -------------------------------------------------------------------------------

Operation: TypeAlias = Literal["create", "update", "complete", "delete"]
ItemKind: TypeAlias = Literal["task", "event", "note"]
"""What an item changes; all but tasks belong to rooms above, which changesets know by a port."""
ItemStatus: TypeAlias = Literal["pending", "accepted", "rejected", "undone", "conflict"]
ChangesetStatus: TypeAlias = Literal[
    "pending", "partly", "accepted", "rejected", "undone", "superseded"
]


@dataclass(frozen=True, slots=True)
class Origin:
    """The turn of a conversation, or the run of an agent, that proposes something.

    All proposals of a run are one changeset, and a call of a run that is made again (after a
    crash, under the same `call_id`) proposes nothing twice.
    """

    turn_id: UUID | None = None
    conversation_id: UUID | None = None
    run_id: UUID | None = None
    call_id: str | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """One change that somebody may accept.

    A `create` takes its task's id from the proposal, when it names one, so that later proposals
    of the same changeset can refer to a task that does not exist yet.
    """

    operation: Operation
    fields: TaskFields = field(default_factory=TaskFields)
    task_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Foreign:
    """A change of a thing of another room; its fields are that room's, as JSON."""

    kind: ItemKind
    operation: Operation
    fields: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    subject_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """The fields in which the task has moved on, and what they hold now."""

    fields: tuple[str, ...]
    current: Mapping[str, JsonValue]
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A foreign change that could be accepted now, as it is shown."""

    subject_id: UUID
    title: str
    before: Mapping[str, JsonValue] | None
    after: Mapping[str, JsonValue] | None


@dataclass(frozen=True, slots=True)
class KeptItem:
    """An item of a changeset, as the room whose thing it changes needs it.

    `applied` is what accepting it did, as that room has said.
    """

    operation: Operation
    subject_id: UUID
    title: str
    before: Mapping[str, JsonValue] | None
    after: Mapping[str, JsonValue] | None
    applied: Mapping[str, JsonValue] | None


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of accepting or undoing: done, with what undoing needs, or a conflict."""

    applied: Mapping[str, JsonValue] | None = None
    conflict: Conflict | None = None


@dataclass(frozen=True, slots=True)
class ChangesetItem:
    id: UUID
    position: int
    operation: Operation
    task_id: UUID
    title: str
    before: Mapping[str, JsonValue] | None
    after: Mapping[str, JsonValue] | None
    status: ItemStatus
    conflict: Conflict | None
    call_id: str | None = None
    """The call of a run that proposed it."""
    proposed: Mapping[str, JsonValue] | None = None
    """The fields as the model proposed them, where a person has edited them since."""
    edited_at: datetime | None = None
    is_applied: bool = False
    """It was accepted and not undone since; in a conflict, undoing it met one."""
    kind: ItemKind = "task"
    """What it changes; `task_id` is the id of that."""


@dataclass(frozen=True, slots=True)
class Changeset:
    id: UUID
    title: str
    status: ChangesetStatus
    conversation_id: UUID | None
    turn_id: UUID | None
    run_id: UUID | None
    created_at: datetime
    items: tuple[ChangesetItem, ...]


@dataclass(frozen=True, slots=True)
class ChangesetPage:
    items: Sequence[Changeset]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ChangesetFilter:
    turn_id: UUID | None = None
    conversation_id: UUID | None = None
    status: ChangesetStatus | None = None
    run_id: UUID | None = None


# --- comments ---------------------------------------------------------------------------------

CommentKind: TypeAlias = Literal["note", "question", "answer", "delivery"]
"""What a person says, what a run asks, what it was answered, and what it hands in."""
Outcome: TypeAlias = Literal["succeeded", "needs_review", "failed"]


@dataclass(frozen=True, slots=True)
class Proof:
    """A criterion, what the run shows for it, and what the check said; None where none was made."""

    criterion: str
    evidence: str
    met: bool | None
    why: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a run has ended, why if that needs a word, and its evidence for each criterion."""

    outcome: Outcome
    reason: str = ""
    proofs: tuple[Proof, ...] = ()


@dataclass(frozen=True, slots=True)
class Comment:
    """`text` is Markdown. A run's words are those of the person whose run it is."""

    id: UUID
    task_id: UUID
    kind: CommentKind
    author: Person
    text: str
    run_id: UUID | None
    call_id: str | None
    is_open: bool
    """A question that nobody has answered."""
    delivery: Delivery | None
    version: int
    created_at: datetime
    edited_at: datetime | None


_COMMENT: Final[TypeAdapter[Comment]] = TypeAdapter(Comment)


def comment_as_json(comment: Comment) -> dict[str, JsonValue]:
    shown: dict[str, JsonValue] = _COMMENT.dump_python(comment, mode="json")
    return shown


@dataclass(frozen=True, slots=True)
class CommentPage:
    items: Sequence[Comment]
    next_cursor: str | None
