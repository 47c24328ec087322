"""Facts about tasks. They carry ids; whoever is interested loads the rest."""

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias
from uuid import UUID

from vectal.platform.events import Event

Kind: TypeAlias = Literal["created", "updated", "deleted"]


@dataclass(frozen=True)
class TaskChanged(Event):
    """`completed`: it was not done before. `run_id` is the run whose proposal was accepted."""

    type: ClassVar[str] = "tasks.task_changed"

    task_id: UUID
    version: int
    kind: Kind
    completed: bool = False
    run_id: UUID | None = None


@dataclass(frozen=True)
class ProjectChanged(Event):
    """Also said when more of a project's tasks changed than are worth naming."""

    type: ClassVar[str] = "tasks.project_changed"

    project_id: UUID
    kind: Kind


@dataclass(frozen=True)
class LabelChanged(Event):
    type: ClassVar[str] = "tasks.label_changed"

    label_id: UUID
    kind: Kind


@dataclass(frozen=True)
class CommentChanged(Event):
    type: ClassVar[str] = "tasks.comment_changed"

    task_id: UUID
    comment_id: UUID
    kind: Kind


@dataclass(frozen=True)
class ChangesetChanged(Event):
    """Heard by the whole workspace, and so without content: only its author can load it."""

    type: ClassVar[str] = "tasks.changeset_changed"

    changeset_id: UUID
