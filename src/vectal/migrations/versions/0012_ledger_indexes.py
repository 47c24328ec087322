"""Ledgers are read newest first: egress by workspace, usage by a person in it.

Revision ID: 0012_ledger_indexes
Revises: 0009_routing
"""

from alembic import op

revision = "0012_ledger_indexes"
down_revision = "0009_routing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_egress_ledger_newest", "egress_ledger", ["workspace_id", "at", "id"])
    # Members see their own calls alone, and may have made none of a million.
    op.create_index(
        "ix_ai_usage_workspace_id_user_id_at", "ai_usage", ["workspace_id", "user_id", "at"]
    )
