"""Preferences get a response cache, a time to hedge after, and guardrails.

Revision ID: 0011_guardrails
Revises: 0009_routing
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011_guardrails"
down_revision = "0009_routing"
branch_labels = None
depends_on = None

_CHECKS = {
    "response_cache": "octet_length(response_cache::text) <= 1024",
    "hedge_after_ms": "hedge_after_ms BETWEEN 50 AND 60000",
    "guardrails": "octet_length(guardrails::text) <= 262144",
}


def upgrade() -> None:
    for name in ("response_cache", "guardrails"):
        column = sa.Column(name, JSONB(), nullable=False, server_default="{}")
        op.add_column("ai_preferences", column)
    op.add_column("ai_preferences", sa.Column("hedge_after_ms", sa.Integer(), nullable=True))
    for name, rule in _CHECKS.items():
        op.create_check_constraint(op.f(f"ck_ai_preferences_{name}"), "ai_preferences", rule)
