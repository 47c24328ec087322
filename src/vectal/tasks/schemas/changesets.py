"""Wire shapes of changesets."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, JsonValue

from vectal.platform.web import Schema
from vectal.platform.web.schema import Day, Flag, Moment, Text
from vectal.tasks.contracts import Changeset as ChangesetContract
from vectal.tasks.contracts import (
    ChangesetStatus,
    ItemKind,
    ItemStatus,
    Operation,
    Status,
)
from vectal.tasks.limits import ITEMS_A_CHANGESET
from vectal.tasks.schemas.values import LabelNames, Notes, Priority, Timezone, Title


def _todo() -> Status:
    return "todo"


def _private() -> Literal["private", "workspace"]:
    return "private"


class ItemConflict(Schema):
    """Where people have gone another way since the change was proposed, or accepted."""

    fields: Annotated[list[str], Field(examples=[["title"]])]
    current: Annotated[
        dict[str, JsonValue], Field(description="What they hold now", examples=[{"title": "Pay"}])
    ]
    detail: str


class ChangesetItem(Schema):
    id: UUID
    position: Annotated[int, Field(examples=[0])]
    kind: Annotated[ItemKind, Field(description="What it changes, by the id in `task_id`")]
    operation: Operation
    task_id: Annotated[
        UUID, Field(description="Of the task, event or note; of a new one, the id it will have")
    ]
    title: Annotated[str, Field(examples=["Pay rent"])]
    before: Annotated[
        dict[str, JsonValue] | None,
        Field(
            description="The fields as they were; null for a new task", examples=[{"priority": 4}]
        ),
    ]
    after: Annotated[
        dict[str, JsonValue] | None,
        Field(
            description="The fields as proposed; null for a deletion", examples=[{"priority": 1}]
        ),
    ]
    status: ItemStatus
    conflict: ItemConflict | None
    proposed: Annotated[
        dict[str, JsonValue] | None,
        Field(description="`after` as the model wrote it, if you have edited it since"),
    ]
    edited_at: Moment | None
    is_applied: Annotated[
        Flag,
        Field(description="Done and not undone: a `conflict` is of undoing it, else of accepting"),
    ]


class Changeset(Schema):
    """Changes that a model proposes. None of them is done before somebody accepts it."""

    id: UUID
    title: Annotated[str, Field(examples=["3 new tasks, 1 changed task"])]
    status: ChangesetStatus
    conversation_id: UUID | None
    turn_id: UUID | None
    run_id: Annotated[UUID | None, Field(description="The run of an agent that proposes it")]
    created_at: Moment
    items: list[ChangesetItem]

    @classmethod
    def of(cls, changeset: ChangesetContract) -> Self:
        return cls.model_validate(changeset, from_attributes=True)


class ChangesetItemEdit(Schema):
    """What is left out stays as proposed. An update keeps to the fields that it proposes.

    Tasks, events and notes have fields of their own; those of another kind are refused.
    """

    title: Annotated[Title, Field(default_factory=str)]
    notes: Annotated[Notes, Field(default_factory=str)]
    status: Annotated[Status, Field(default_factory=_todo)]
    priority: Annotated[Priority, Field(default_factory=int)]
    project_id: UUID | None = None
    labels: Annotated[LabelNames, Field(default_factory=tuple, description="All of them, by name")]
    due_on: Annotated[Day | None, Field(description="Setting it clears `due_at`")] = None
    due_at: Annotated[Moment | None, Field(description="Setting it clears `due_on`")] = None
    assignee_id: UUID | None = None
    place: Annotated[Text, Field(default_factory=str, max_length=500)]
    visibility: Annotated[Literal["private", "workspace"], Field(default_factory=_private)]
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    starts_on: Annotated[Day | None, Field(description="Setting it clears the times")] = None
    ends_on: Day | None = None
    timezone: Annotated[Timezone, Field(default_factory=str)]
    rule: Annotated[Text, Field(max_length=500)] | None = None
    text: Annotated[Text, Field(default_factory=str, max_length=50_000)]

    def fields(self) -> dict[str, Any]:
        return self.model_dump(exclude_unset=True)


class ChangesetChoice(Schema):
    """Which items; all that the step applies to by default."""

    item_ids: Annotated[
        tuple[UUID, ...] | None, Field(min_length=1, max_length=ITEMS_A_CHANGESET)
    ] = None


class ChangesetDecision(ChangesetChoice):
    force: Annotated[
        Flag, Field(description="Also where people have changed the same fields since")
    ] = False
