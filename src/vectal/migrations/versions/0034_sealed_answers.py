"""Stored answers of idempotent requests are sealed; those of an older release are read as they are.

Revision ID: 0034_sealed_answers
Revises: 0033_oauth
"""

import sqlalchemy as sa
from alembic import op

revision = "0034_sealed_answers"
down_revision = "0033_oauth"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A constant default rewrites nothing, and servers of the older release go on writing.
    column = sa.Column("is_sealed", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("idempotency_keys", column)
