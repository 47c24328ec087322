"""Turns say what of others they have read.

Revision ID: 0019_turn_taint
Revises: 0018_document_settings
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0019_turn_taint"
down_revision = "0018_document_settings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "turns", sa.Column("tainted_by", ARRAY(sa.Text()), server_default="{}", nullable=False)
    )
    op.create_check_constraint(op.f("ck_turns_tainted_by"), "turns", "cardinality(tainted_by) <= 8")
