"""Mappings of projects, tasks, labels, history and changesets.

`tasks.position` and `projects.position` sort as bytes. `due_order` is the due time as the clock
on the wall of whoever set it, days at their end, so that a list sorts a day's dates and times
together; tasks without one share the last day of the year 9999.
"""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, deferred, mapped_column

from vectal.platform.db.tables import Base, TenantTable

TITLE_ORDER: Final = "lower(left(title, 200))"
IS_OPEN: Final = "status = 'todo' OR status = 'doing'"
# Only words, so that "a_b" and "x.com" are found by any of their parts.
SEARCH: Final = (
    "to_tsvector('pg_catalog.simple',"
    r" regexp_replace(title || ' ' || notes, '[\W_]+', ' ', 'g'))"
)
_ALIVE: Final = text("deleted_at IS NULL")
_STATUS: Final = "status IN ('todo', 'doing', 'done', 'cancelled')"
_COLOR: Final = "color ~ '^([a-z]{3,16}|#[0-9a-f]{6})$'"


def _position() -> Mapped[str]:
    return mapped_column(Text(collation="C"))


class ProjectRow(TenantTable, Base):
    __tablename__ = "projects"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE"),
        CheckConstraint("length(name) BETWEEN 1 AND 100", name="name"),
        CheckConstraint("key ~ '^[a-z0-9][a-z0-9-]{0,39}$'", name="key"),
        CheckConstraint(_COLOR, name="color"),
        CheckConstraint("length(position) BETWEEN 1 AND 200", name="position"),
        Index(
            "uq_projects_name",
            "workspace_id",
            text("lower(name)"),
            unique=True,
            postgresql_where=_ALIVE,
        ),
        Index("uq_projects_key", "workspace_id", "key", unique=True, postgresql_where=_ALIVE),
        Index("ix_projects_position", "workspace_id", "position", "id", postgresql_where=_ALIVE),
    )

    name: Mapped[str]
    key: Mapped[str]
    color: Mapped[str]
    position: Mapped[str] = _position()
    archived_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(server_default="1")


class TaskRow(TenantTable, Base):
    __tablename__ = "tasks"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["workspace_id", "project_id"],
            ["projects.workspace_id", "projects.id"],
            ondelete="SET NULL (project_id)",
        ),
        ForeignKeyConstraint(
            ["workspace_id", "parent_id"], ["tasks.workspace_id", "tasks.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["workspace_id", "assignee_id"],
            ["memberships.workspace_id", "memberships.user_id"],
            ondelete="SET NULL (assignee_id)",
        ),
        CheckConstraint("length(title) BETWEEN 1 AND 500", name="title"),
        CheckConstraint("length(notes) <= 20000", name="notes"),
        CheckConstraint(_STATUS, name="status"),
        CheckConstraint("priority BETWEEN 1 AND 4", name="priority"),
        CheckConstraint("due_on IS NULL OR due_at IS NULL", name="due"),
        CheckConstraint("parent_id <> id", name="parent"),
        CheckConstraint("length(position) BETWEEN 1 AND 200", name="position"),
        *(
            Index(
                f"ix_tasks_{name}",
                *("workspace_id", "is_open", column, "id"),
                postgresql_where=_ALIVE,
            )
            for name, column in (
                ("position", "position"),
                ("due", "due_order"),
                ("priority", "priority"),
                ("created", "created_at"),
                ("updated", "updated_at"),
                ("title", "title_order"),
            )
        ),
        Index(
            "ix_tasks_project",
            *("workspace_id", "project_id", "is_open", "position", "id"),
            postgresql_where=_ALIVE,
        ),
        Index(
            "ix_tasks_parent",
            *("workspace_id", "parent_id", "position", "id"),
            postgresql_include=["status"],
            postgresql_where=text("deleted_at IS NULL AND parent_id IS NOT NULL"),
        ),
        Index(
            "ix_tasks_assignee",
            *("workspace_id", "assignee_id", "is_open", "due_order"),
            postgresql_where=text("deleted_at IS NULL AND assignee_id IS NOT NULL"),
        ),
        Index("ix_tasks_search", "workspace_id", "search", postgresql_using="gin"),
        Index(
            "ix_tasks_title_parts",
            *("workspace_id", "title"),
            postgresql_using="gin",
            postgresql_ops={"title": "gin_trgm_ops"},
        ),
    )

    project_id: Mapped[UUID | None]
    parent_id: Mapped[UUID | None]
    title: Mapped[str]
    notes: Mapped[str] = mapped_column(server_default="")
    status: Mapped[str] = mapped_column(server_default="todo")
    priority: Mapped[int] = mapped_column(SmallInteger(), server_default="4")
    due_on: Mapped[date | None]
    due_at: Mapped[datetime | None]
    due_order: Mapped[datetime] = mapped_column(DateTime(), server_default="9999-12-31")
    position: Mapped[str] = _position()
    assignee_id: Mapped[UUID | None]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default="1")
    is_open: Mapped[bool] = mapped_column(Computed(IS_OPEN, persisted=True))
    title_order: Mapped[str] = deferred(
        mapped_column(Text(collation="C"), Computed(TITLE_ORDER, persisted=True)), raiseload=True
    )
    search: Mapped[Any] = deferred(
        mapped_column(TSVECTOR(), Computed(SEARCH, persisted=True)), raiseload=True
    )


class LabelRow(TenantTable, Base):
    __tablename__ = "labels"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE"),
        CheckConstraint("length(name) BETWEEN 1 AND 50", name="name"),
        CheckConstraint(_COLOR, name="color"),
        Index("uq_labels_name", "workspace_id", text("lower(name)"), unique=True),
    )

    name: Mapped[str]
    color: Mapped[str]
    created_at: Mapped[datetime]


class TaskLabelRow(Base):
    __tablename__ = "task_labels"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "task_id"], ["tasks.workspace_id", "tasks.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["workspace_id", "label_id"], ["labels.workspace_id", "labels.id"], ondelete="CASCADE"
        ),
        Index("ix_task_labels_label", "workspace_id", "label_id", "task_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    task_id: Mapped[UUID] = mapped_column(primary_key=True)
    label_id: Mapped[UUID] = mapped_column(primary_key=True)


class TaskHistoryRow(TenantTable, Base):
    __tablename__ = "task_history"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "task_id"], ["tasks.workspace_id", "tasks.id"], ondelete="CASCADE"
        ),
        Index("ix_task_history_task", "workspace_id", "task_id", "id"),
    )

    task_id: Mapped[UUID]
    version: Mapped[int]
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    changeset_id: Mapped[UUID | None]
    changes: Mapped[list[Any]]
    at: Mapped[datetime]


class ChangesetRow(TenantTable, Base):
    """`created_by` owns it: row security shows it to nobody else."""

    __tablename__ = "changesets"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE"),
        CheckConstraint("length(title) BETWEEN 1 AND 200", name="title"),
        CheckConstraint(
            "status IN ('pending', 'partly', 'accepted', 'rejected', 'undone', 'superseded')",
            name="status",
        ),
        Index("ix_changesets_turn", "workspace_id", "turn_id"),
        Index("ix_changesets_conversation", "workspace_id", "conversation_id", "id"),
        Index(
            "uq_changesets_run",
            *("workspace_id", "run_id"),
            unique=True,
            postgresql_where=text("run_id IS NOT NULL"),
        ),
    )

    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="pending")
    conversation_id: Mapped[UUID | None]
    turn_id: Mapped[UUID | None]
    run_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ChangesetItemRow(TenantTable, Base):
    """One proposed change. `before` and `after` are the diff that was shown.

    `guard` holds the versions of the subtasks that a deletion was proposed with. `applied` is
    what accepting really did: the fields before and after, for undoing it.
    """

    __tablename__ = "changeset_items"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "changeset_id"],
            ["changesets.workspace_id", "changesets.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint(
            "operation IN ('create', 'update', 'complete', 'delete')", name="operation"
        ),
        CheckConstraint(
            "status IN ('pending', 'accepted', 'rejected', 'undone', 'conflict')", name="status"
        ),
        CheckConstraint("kind IN ('task', 'event', 'note')", name="kind"),
        CheckConstraint("length(title) BETWEEN 1 AND 500", name="title"),
        CheckConstraint("length(call_id) BETWEEN 1 AND 200", name="call_id"),
        CheckConstraint("(call_id IS NULL) = (call_place IS NULL)", name="call_place"),
        Index(
            "uq_changeset_items_position", "workspace_id", "changeset_id", "position", unique=True
        ),
        Index(
            "uq_changeset_items_call",
            *("workspace_id", "changeset_id", "call_id", "call_place"),
            unique=True,
            postgresql_where=text("call_id IS NOT NULL"),
        ),
    )

    changeset_id: Mapped[UUID]
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    position: Mapped[int]
    operation: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="task")
    # No foreign key: what a `create` makes does not exist yet, or it is a thing of another room.
    task_id: Mapped[UUID]
    title: Mapped[str]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    guard: Mapped[dict[str, Any] | None]
    status: Mapped[str] = mapped_column(server_default="pending")
    conflict: Mapped[dict[str, Any] | None]
    applied: Mapped[dict[str, Any] | None]
    call_id: Mapped[str | None]
    """The call of a run that proposed it, and which of its proposals it is: one of each."""
    call_place: Mapped[int | None] = mapped_column(SmallInteger())
    edits: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    """What people made of `after` before they decided, the oldest first."""


class TaskCommentRow(TenantTable, Base):
    """What people and their runs say about a task; `call_id` ties an answer to its question.

    A run's words belong to the person whose run it is. `is_open` is a question without an answer.
    """

    __tablename__ = "task_comments"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "task_id"], ["tasks.workspace_id", "tasks.id"], ondelete="CASCADE"
        ),
        CheckConstraint("kind IN ('note', 'question', 'answer', 'delivery')", name="kind"),
        CheckConstraint("length(call_id) BETWEEN 1 AND 200", name="call_id"),
        CheckConstraint("length(text) BETWEEN 1 AND 50000", name="text"),
        CheckConstraint("(kind = 'note') = (run_id IS NULL)", name="run"),
        CheckConstraint("(kind IN ('question', 'answer')) = (call_id IS NOT NULL)", name="call"),
        CheckConstraint("(kind = 'delivery') = (delivery IS NOT NULL)", name="delivery"),
        CheckConstraint("kind = 'question' OR NOT is_open", name="open"),
        Index("ix_task_comments_task", "workspace_id", "task_id", "id"),
        Index("ix_task_comments_author_id", "author_id"),
        Index(
            "ix_task_comments_run",
            *("workspace_id", "run_id"),
            postgresql_where=text("run_id IS NOT NULL"),
        ),
        Index(
            "uq_task_comments_call",
            *("workspace_id", "run_id", "call_id", "kind"),
            unique=True,
            postgresql_where=text("call_id IS NOT NULL"),
        ),
    )

    task_id: Mapped[UUID]
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    kind: Mapped[str]
    run_id: Mapped[UUID | None]
    call_id: Mapped[str | None]
    is_open: Mapped[bool] = mapped_column(server_default=text("false"))
    text: Mapped[str]
    delivery: Mapped[dict[str, Any] | None]
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
