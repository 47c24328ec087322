"""What models remember about a person's work.

Revision ID: 0022_memories
Revises: 0021_run_changesets
"""

from alembic import op

from vectal.migrations.policies import tenant_policies

revision = "0022_memories"
down_revision = "0021_run_changesets"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """CREATE TABLE memories (
            workspace_id uuid NOT NULL,
            id uuid NOT NULL,
            owner_id uuid NOT NULL CONSTRAINT fk_memories_owner_id_users
                REFERENCES users (id) ON DELETE CASCADE,
            sealed_text bytea NOT NULL CONSTRAINT ck_memories_sealed_text
                CHECK (octet_length(sealed_text) <= 8192),
            run_id uuid,
            turn_id uuid,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_memories PRIMARY KEY (workspace_id, id),
            CONSTRAINT fk_memories_workspace_id_workspaces FOREIGN KEY (workspace_id)
                REFERENCES workspaces (id) ON DELETE CASCADE
        )"""
    )
    op.create_index("ix_memories_owner", "memories", ["workspace_id", "owner_id", "id"])
    tenant_policies("memories", owner="owner_id")
