"""Turns say what of others they have read.

Revision ID: 0018_turn_taint
Revises: 0017_documents
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0018_turn_taint"
down_revision = "0017_documents"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "turns", sa.Column("tainted_by", ARRAY(sa.Text()), server_default="{}", nullable=False)
    )
    op.create_check_constraint(op.f("ck_turns_tainted_by"), "turns", "cardinality(tainted_by) <= 8")
