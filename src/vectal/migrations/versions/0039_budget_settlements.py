"""What administrators decided of amounts in doubt; and lost calls are found without the others.

Revision ID: 0039_budget_settlements
Revises: 0038_native_responses
"""

import sqlalchemy as sa
from alembic import op

from vectal.migrations.policies import system_access, tenant_policies

revision = "0039_budget_settlements"
down_revision = "0038_native_responses"
branch_labels = None
depends_on = None

_TABLE = "ai_budget_settlements"


def upgrade() -> None:
    op.create_table(
        _TABLE,
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("budget_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("in_doubt", sa.Numeric(28, 8), nullable=False),
        sa.Column("charged", sa.Numeric(28, 8), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f(f"pk_{_TABLE}")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "budget_id"],
            ["ai_budgets.workspace_id", "ai_budgets.id"],
            name=op.f(f"fk_{_TABLE}_workspace_id_ai_budgets"),
            ondelete="CASCADE",
        ),
        sa.CheckConstraint(
            "charged >= 0 AND charged <= in_doubt", name=op.f(f"ck_{_TABLE}_charged")
        ),
    )
    op.create_index(
        op.f(f"ix_{_TABLE}_workspace_id_budget_id_at"), _TABLE, ["workspace_id", "budget_id", "at"]
    )
    op.create_index(
        op.f("ix_ai_usage_workspace_id_lost_at"),
        "ai_usage",
        ["workspace_id", "at"],
        postgresql_where=sa.text("error_code = 'ai.server_lost'"),
    )
    tenant_policies(_TABLE, grants="SELECT")
    # It is written together with periods, which only the system writes; and never changed.
    system_access(_TABLE, "INSERT")
