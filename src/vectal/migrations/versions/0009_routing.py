"""Providers get weight, priority, region and location; preferences a data policy and names.

Revision ID: 0009_routing
Revises: 0008_key_rules
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from vectal.migrations.policies import system_access

revision = "0009_routing"
down_revision = "0008_key_rules"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _providers()
    _preferences()
    # The daily look at what providers offer finds those that are due in all workspaces.
    system_access("ai_providers", "SELECT")


def _add(table: str, columns: Sequence[sa.Column[Any]], checks: dict[str, str]) -> None:
    for column in columns:
        op.add_column(table, column)
    for name, rule in checks.items():
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule)


def _providers() -> None:
    columns = [
        sa.Column("weight", sa.Integer(), nullable=False, server_default="100"),
        sa.Column("priority", sa.Integer(), nullable=False, server_default="100"),
        sa.Column("region", sa.Text(), nullable=False, server_default=""),
        sa.Column("location", sa.Text(), nullable=False, server_default="outside"),
        sa.Column("hand_picked", sa.Boolean(), nullable=False, server_default="false"),
    ]
    checks = {
        "weight": "weight BETWEEN 1 AND 1000",
        "priority": "priority BETWEEN 0 AND 1000",
        "region": "length(region) <= 40",
        "location": "location IN ('inside', 'outside')",
    }
    _add("ai_providers", columns, checks)


def _preferences() -> None:
    columns = [
        sa.Column("never_leaves", sa.Boolean(), nullable=False, server_default="false"),
        sa.Column("allowed_providers", ARRAY(sa.Text()), nullable=False, server_default="{}"),
        sa.Column("allowed_regions", ARRAY(sa.Text()), nullable=False, server_default="{}"),
        sa.Column("aliases", JSONB(), nullable=False, server_default="{}"),
        sa.Column("fallbacks", JSONB(), nullable=False, server_default="{}"),
    ]
    checks = {
        "allowed_providers": "cardinality(allowed_providers) <= 30",
        "allowed_regions": "cardinality(allowed_regions) <= 20",
        "aliases": "octet_length(aliases::text) <= 262144",
        "fallbacks": "octet_length(fallbacks::text) <= 1048576",
    }
    _add("ai_preferences", columns, checks)
