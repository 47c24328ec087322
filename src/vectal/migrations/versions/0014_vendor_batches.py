"""Batches at the vendors' own batch endpoints: their jobs, and who may use them.

Revision ID: 0014_vendor_batches
Revises: 0013_batches
"""

import sqlalchemy as sa
from alembic import op

from vectal.migrations.policies import tenant_policies

revision = "0014_vendor_batches"
down_revision = "0013_batches"
branch_labels = None
depends_on = None

_JOBS = "ai_batch_jobs"
_LINES = "ai_batch_lines"
_READY = "ix_ai_batch_lines_workspace_id_batch_id_ready_at"
_STATES = "state IN ('waiting', 'running', 'sent', 'done', 'failed', 'cancelled', 'expired')"
_JOB_STATES = "state IN ('planned', 'submitting', 'running', 'ended', 'given_up')"


def upgrade() -> None:
    op.add_column(
        "ai_providers", sa.Column("batches", sa.Text(), nullable=False, server_default="vendor")
    )
    op.create_check_constraint(
        op.f("ck_ai_providers_batches"), "ai_providers", "batches IN ('vendor', 'queue')"
    )
    op.add_column("ai_batches", sa.Column("route", sa.Text()))
    op.create_check_constraint(
        op.f("ck_ai_batches_route"), "ai_batches", "route IN ('queue', 'vendor')"
    )
    op.add_column("ai_batches", sa.Column("wake_at", sa.DateTime(timezone=True)))
    op.add_column(_LINES, sa.Column("job", sa.Integer()))
    op.drop_constraint(op.f("ck_ai_batch_lines_state"), _LINES)
    op.create_check_constraint(op.f("ck_ai_batch_lines_state"), _LINES, _STATES)
    _jobs()


def _jobs() -> None:
    op.create_table(
        _JOBS,
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, server_default="planned"),
        sa.Column("vendor_id", sa.Text(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("worst_units", sa.BigInteger(), nullable=True),
        sa.Column("worst_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cost_units", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("tokens", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("looks", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "batch_id", "number", name=op.f(f"pk_{_JOBS}")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "batch_id"],
            ["ai_batches.workspace_id", "ai_batches.id"],
            name=op.f(f"fk_{_JOBS}_workspace_id_batch_id"),
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("number >= 1", name=op.f(f"ck_{_JOBS}_number")),
        sa.CheckConstraint("kind IN ('openai', 'anthropic')", name=op.f(f"ck_{_JOBS}_kind")),
        sa.CheckConstraint("length(model) BETWEEN 1 AND 200", name=op.f(f"ck_{_JOBS}_model")),
        sa.CheckConstraint(_JOB_STATES, name=op.f(f"ck_{_JOBS}_state")),
        sa.CheckConstraint("length(vendor_id) <= 200", name=op.f(f"ck_{_JOBS}_vendor_id")),
        sa.CheckConstraint(
            "total >= 1 AND worst_units >= 0 AND worst_tokens >= 0 AND cost_units >= 0"
            " AND tokens >= 0 AND looks >= 0",
            name=op.f(f"ck_{_JOBS}_counts"),
        ),
    )
    tenant_policies(_JOBS)
