"""Tables of what another engine does for runs, and of workflows that runs may call as tools."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from vectal.platform.db.tables import Base, TenantTable


class ExecutionRow(Base):
    """What is known of the execution, at n8n, that brings a run on. The run itself is elsewhere.

    `drive` counts the executions that were begun for the run: passes of an older one are refused.
    `look_at` is when somebody looks after it unless it has called before; None while it need not
    call. Since `expected_at` a call of its is due. `tries` counts how often it was begun or tried
    again since the run has last come further; it had taken `seen_steps` steps then.
    """

    __tablename__ = "workflow_executions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "run_id"],
            ["agent_runs.workspace_id", "agent_runs.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("drive >= 0 AND tries >= 0 AND seen_steps >= 0", name="counts"),
        CheckConstraint("length(execution_id) BETWEEN 1 AND 64", name="execution_id"),
        CheckConstraint("length(resume_path) BETWEEN 1 AND 1024", name="resume_path"),
        Index(
            "ix_workflow_executions_look_at",
            "look_at",
            postgresql_where=text("look_at IS NOT NULL"),
        ),
        Index(
            "ix_workflow_executions_execution_id",
            "execution_id",
            postgresql_where=text("execution_id IS NOT NULL"),
        ),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID]
    drive: Mapped[int]
    execution_id: Mapped[str | None]
    resume_path: Mapped[str | None]
    tries: Mapped[int]
    seen_steps: Mapped[int]
    expected_at: Mapped[datetime] = mapped_column(server_default=func.now())
    look_at: Mapped[datetime | None]


class AnswerRow(Base):
    """What a call of an engine was answered, for when the same call comes again. No words of it."""

    __tablename__ = "workflow_answers"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "run_id"],
            ["agent_runs.workspace_id", "agent_runs.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("length(key) BETWEEN 1 AND 100", name="key"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    drive: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID]
    answer: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class WorkflowToolRow(TenantTable, Base):
    """A workflow at n8n that an administrator has made a tool of; its secret is sealed."""

    __tablename__ = "workflow_tools"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE"),
        UniqueConstraint("workspace_id", "name"),
        CheckConstraint("name ~ '^[a-z][a-z0-9_]{0,39}$'", name="name"),
        CheckConstraint("length(title) BETWEEN 1 AND 100", name="title"),
        CheckConstraint("length(description) BETWEEN 1 AND 2000", name="description"),
        CheckConstraint("length(webhook_path) BETWEEN 1 AND 500", name="webhook_path"),
        CheckConstraint("octet_length(sealed_secret) <= 4096", name="sealed_secret"),
        CheckConstraint("octet_length(input_schema::text) <= 32768", name="input_schema"),
    )

    name: Mapped[str]
    title: Mapped[str]
    description: Mapped[str]
    input_schema: Mapped[dict[str, Any]]
    webhook_path: Mapped[str]
    sealed_secret: Mapped[bytes]
    is_enabled: Mapped[bool]
    made_by: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
