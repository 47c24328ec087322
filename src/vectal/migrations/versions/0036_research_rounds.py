"""Rounds of a research, and the stage in which it looks for what is missing.

Revision ID: 0036_research_rounds
Revises: 0035_ended_runs
"""

import sqlalchemy as sa
from alembic import op

revision = "0036_research_rounds"
down_revision = "0035_ended_runs"
branch_labels = None
depends_on = None

_STAGES = (
    "stage IN ('waiting', 'planning', 'searching', 'reading', 'reviewing', 'writing', 'checking',"
    " 'done')"
)
_ROUNDS = "rounds >= 0 AND rounds <= rounds_most AND rounds_most >= 1"


def upgrade() -> None:
    # What servers of the older release begin has one round.
    for name in ("rounds_most", "rounds"):
        op.add_column(
            "researches", sa.Column(name, sa.Integer(), nullable=False, server_default="1")
        )
    # Those that are there have had theirs; a new one has not begun it.
    op.alter_column("researches", "rounds", server_default="0")
    op.drop_constraint(op.f("ck_researches_stage"), "researches")
    op.create_check_constraint(op.f("ck_researches_stage"), "researches", _STAGES)
    op.create_check_constraint(op.f("ck_researches_rounds"), "researches", _ROUNDS)
