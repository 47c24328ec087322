"""Requests of /v1/responses reach OpenAI as they are.

Revision ID: 0038_native_responses
Revises: 0037_calls_under_way
"""

import sqlalchemy as sa
from alembic import op

revision = "0038_native_responses"
down_revision = "0037_calls_under_way"
branch_labels = None
depends_on = None

_TABLE = "ai_providers"
_CHECK = "ck_ai_providers_responses"
# Others who speak OpenAI's shapes may not have this one; an administrator can say so.
_USUAL = (
    "CASE WHEN kind = 'openai' AND base_url = 'https://api.openai.com/v1'"
    " THEN 'vendor' ELSE 'chat' END"
)


def upgrade() -> None:
    op.add_column(_TABLE, sa.Column("responses", sa.Text(), nullable=False, server_default="chat"))
    # No UPDATE: it would see no rows, whose owners nobody speaks for here.
    op.alter_column(_TABLE, "responses", type_=sa.Text(), postgresql_using=_USUAL)
    op.create_check_constraint(op.f(_CHECK), _TABLE, "responses IN ('vendor', 'chat')")
