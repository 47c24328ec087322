"""Preferences get the secret that requests to the guardrails' webhook are signed with.

Revision ID: 0016_webhook_secret
Revises: 0015_files
"""

import sqlalchemy as sa
from alembic import op

revision = "0016_webhook_secret"
down_revision = "0015_files"
branch_labels = None
depends_on = None

_CHECKS = {
    "sealed_webhook_secret": "octet_length(sealed_webhook_secret) <= 4096",
    "webhook_secret_at": "(webhook_secret_at IS NULL) = (sealed_webhook_secret IS NULL)",
}


def upgrade() -> None:
    columns = (
        sa.Column("sealed_webhook_secret", sa.LargeBinary(), nullable=True),
        sa.Column("webhook_secret_at", sa.DateTime(timezone=True), nullable=True),
    )
    for column in columns:
        op.add_column("ai_preferences", column)
    for name, rule in _CHECKS.items():
        op.create_check_constraint(op.f(f"ck_ai_preferences_{name}"), "ai_preferences", rule)
