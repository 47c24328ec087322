"""The egress ledger is read by workspace, newest first.

Revision ID: 0012_egress_index
Revises: 0009_routing
"""

from alembic import op

revision = "0012_egress_index"
down_revision = "0009_routing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_egress_ledger_newest", "egress_ledger", ["workspace_id", "at", "id"])
