"""Changesets of runs, whose calls propose nothing twice.

Revision ID: 0021_run_changesets
Revises: 0020_agents
"""

import sqlalchemy as sa
from alembic import op

revision = "0021_run_changesets"
down_revision = "0020_agents"
branch_labels = None
depends_on = None

_ITEMS = "changeset_items"


def upgrade() -> None:
    op.add_column("changesets", sa.Column("run_id", sa.Uuid(), nullable=True))
    op.create_index(
        "uq_changesets_run",
        "changesets",
        ["workspace_id", "run_id"],
        unique=True,
        postgresql_where=sa.text("run_id IS NOT NULL"),
    )
    op.add_column(_ITEMS, sa.Column("call_id", sa.Text(), nullable=True))
    op.add_column(_ITEMS, sa.Column("call_place", sa.SmallInteger(), nullable=True))
    op.create_check_constraint(
        op.f("ck_changeset_items_call_id"), _ITEMS, "length(call_id) BETWEEN 1 AND 200"
    )
    op.create_check_constraint(
        op.f("ck_changeset_items_call_place"), _ITEMS, "(call_id IS NULL) = (call_place IS NULL)"
    )
    op.create_index(
        "uq_changeset_items_call",
        _ITEMS,
        ["workspace_id", "changeset_id", "call_id", "call_place"],
        unique=True,
        postgresql_where=sa.text("call_id IS NOT NULL"),
    )
