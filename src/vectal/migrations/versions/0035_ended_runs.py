"""Which runs ended long ago is asked of an index, so that they can be forgotten.

Revision ID: 0035_ended_runs
Revises: 0034_sealed_answers
"""

import sqlalchemy as sa
from alembic import op

from vectal.migrations.policies import SYSTEM

revision = "0035_ended_runs"
down_revision = "0034_sealed_answers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(f"GRANT DELETE ON agent_runs TO {SYSTEM}")
    op.create_index(
        "ix_agent_runs_ended",
        "agent_runs",
        ["ended_at"],
        postgresql_where=sa.text("parent_run_id IS NULL AND ended_at IS NOT NULL"),
    )
