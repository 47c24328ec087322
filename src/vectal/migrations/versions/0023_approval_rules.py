"""What workspaces have decided about approvals.

Revision ID: 0023_approval_rules
Revises: 0022_memories
"""

from alembic import op

from vectal.migrations.policies import tenant_policies

revision = "0023_approval_rules"
down_revision = "0022_memories"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """CREATE TABLE approval_rules (
            workspace_id uuid NOT NULL CONSTRAINT pk_approval_rules PRIMARY KEY
                CONSTRAINT fk_approval_rules_workspace_id_workspaces
                REFERENCES workspaces (id) ON DELETE CASCADE,
            everything text NOT NULL CONSTRAINT ck_approval_rules_everything
                CHECK (everything IN ('always', 'policy', 'never')),
            tools jsonb NOT NULL,
            ask_above_usd numeric(10, 4) NOT NULL CONSTRAINT ck_approval_rules_ask_above_usd
                CHECK (ask_above_usd >= 0),
            updated_at timestamptz NOT NULL DEFAULT now()
        )"""
    )
    tenant_policies("approval_rules", grants="SELECT, INSERT, UPDATE")
