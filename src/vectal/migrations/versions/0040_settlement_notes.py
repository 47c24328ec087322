"""Whoever decides of an amount in doubt may say why.

Revision ID: 0040_settlement_notes
Revises: 0039_budget_settlements
"""

import sqlalchemy as sa
from alembic import op

revision = "0040_settlement_notes"
down_revision = "0039_budget_settlements"
branch_labels = None
depends_on = None

_TABLE = "ai_budget_settlements"


def upgrade() -> None:
    op.add_column(_TABLE, sa.Column("note", sa.Text(), nullable=False, server_default=""))
    op.create_check_constraint(op.f(f"ck_{_TABLE}_note"), _TABLE, "char_length(note) <= 500")
