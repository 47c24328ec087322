"""The usage ledger learns of outside clients: their key, project, run and request.

Revision ID: 0007_usage
Revises: 0006_budgets
"""

import sqlalchemy as sa
from alembic import op

revision = "0007_usage"
down_revision = "0006_budgets"
branch_labels = None
depends_on = None

_TABLE = "ai_usage"


def upgrade() -> None:
    for name in ("api_key_id", "project_id", "run_id"):
        op.add_column(_TABLE, sa.Column(name, sa.Uuid(), nullable=True))
    op.add_column(_TABLE, sa.Column("request_id", sa.Text(), nullable=True))
    op.create_check_constraint(op.f("ck_ai_usage_request_id"), _TABLE, "length(request_id) <= 64")
    op.create_index(
        op.f("ix_ai_usage_workspace_id_api_key_id_at"),
        _TABLE,
        ["workspace_id", "api_key_id", "at"],
        postgresql_where=sa.text("api_key_id IS NOT NULL"),
    )
    # Lines of many workspaces are written in one go.
    op.execute(f"GRANT INSERT ON {_TABLE} TO vectal_system")
