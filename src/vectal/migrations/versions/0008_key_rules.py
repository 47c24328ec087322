"""The rules of API keys: which models, how often, how much.

Revision ID: 0008_key_rules
Revises: 0007_usage
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from vectal.migrations.policies import tenant_policies

revision = "0008_key_rules"
down_revision = "0007_usage"
branch_labels = None
depends_on = None

_TABLE = "ai_key_rules"
_KINDS = (
    "providers <@ ARRAY['openai', 'anthropic', 'deepseek', 'openai_compatible', 'simulator']"
    "::text[]"
)


def upgrade() -> None:
    op.create_table(
        _TABLE,
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("api_key_id", sa.Uuid(), nullable=False),
        _list("models"),
        _list("providers"),
        _count("requests_per_minute"),
        _count("tokens_per_minute"),
        _count("max_output_tokens"),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        _time("created_at"),
        _time("updated_at"),
        sa.PrimaryKeyConstraint("workspace_id", "api_key_id", name=op.f(f"pk_{_TABLE}")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "api_key_id"],
            ["api_keys.workspace_id", "api_keys.id"],
            name=op.f(f"fk_{_TABLE}_workspace_id_api_key_id"),
            ondelete="CASCADE",
        ),
        _check("models", "cardinality(models) <= 100"),
        _check("providers", _KINDS),
        _check("requests_per_minute", "requests_per_minute > 0"),
        _check("tokens_per_minute", "tokens_per_minute > 0"),
        _check("max_output_tokens", "max_output_tokens > 0"),
        _check("note", "length(note) <= 500"),
    )
    tenant_policies(_TABLE)


def _list(name: str) -> sa.Column[list[str]]:
    return sa.Column(name, ARRAY(sa.Text()), nullable=False, server_default="{}")


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=True)


def _time(name: str) -> sa.Column[datetime]:
    return sa.Column(
        name, sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")
    )


def _check(name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{_TABLE}_{name}"))
