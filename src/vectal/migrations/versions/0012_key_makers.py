"""A key remembers its makers; ledgers are read newest first; old budget periods may go.

Revision ID: 0012_key_makers
Revises: 0011_guardrails
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from vectal.migrations.policies import SYSTEM

revision = "0012_key_makers"
down_revision = "0011_guardrails"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "api_keys", sa.Column("made_with", ARRAY(sa.Uuid()), nullable=False, server_default="{}")
    )
    op.create_check_constraint(
        op.f("ck_api_keys_made_with"), "api_keys", "cardinality(made_with) <= 8"
    )
    # What budgets saw long ago is forgotten.
    op.execute(f"GRANT DELETE ON ai_budget_periods TO {SYSTEM}")
    op.create_index("ix_egress_ledger_newest", "egress_ledger", ["workspace_id", "at", "id"])
    # Members see their own calls alone, and may have made none of a million.
    op.create_index(
        "ix_ai_usage_workspace_id_user_id_at", "ai_usage", ["workspace_id", "user_id", "at"]
    )
