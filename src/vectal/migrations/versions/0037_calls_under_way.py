"""How far calls to models have come, for the ledger, should their process be killed.

Revision ID: 0037_calls_under_way
Revises: 0036_research_rounds
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from vectal.migrations.policies import system_access

revision = "0037_calls_under_way"
down_revision = "0036_research_rounds"
branch_labels = None
depends_on = None

_TABLE = "ai_calls_under_way"


def upgrade() -> None:
    op.create_table(
        _TABLE,
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("line", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f(f"pk_{_TABLE}")),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f(f"fk_{_TABLE}_workspace_id_workspaces"),
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("octet_length(line::text) <= 16384", name=op.f(f"ck_{_TABLE}_line")),
    )
    op.create_index(op.f(f"ix_{_TABLE}_holder"), _TABLE, ["holder"])
    op.create_index(op.f(f"ix_{_TABLE}_expires_at"), _TABLE, ["expires_at"])
    # Processes write it for all workspaces at once, and nobody reads it for himself.
    system_access(_TABLE)
