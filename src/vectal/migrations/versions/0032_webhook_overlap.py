"""A rotated secret of the guardrails' webhook signs on for a while.

Revision ID: 0032_webhook_overlap
Revises: 0031_calendar
"""

import sqlalchemy as sa
from alembic import op

revision = "0032_webhook_overlap"
down_revision = "0031_calendar"
branch_labels = None
depends_on = None

_CHECKS = {
    "sealed_old_webhook_secret": "octet_length(sealed_old_webhook_secret) <= 4096",
    "old_webhook_secret_until": (
        "(old_webhook_secret_until IS NULL) = (sealed_old_webhook_secret IS NULL)"
    ),
}


def upgrade() -> None:
    columns = (
        sa.Column("sealed_old_webhook_secret", sa.LargeBinary(), nullable=True),
        sa.Column("old_webhook_secret_until", sa.DateTime(timezone=True), nullable=True),
    )
    for column in columns:
        op.add_column("ai_preferences", column)
    for name, rule in _CHECKS.items():
        op.create_check_constraint(op.f(f"ck_ai_preferences_{name}"), "ai_preferences", rule)
