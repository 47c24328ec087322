"""Presets of runs, and what people have edited in proposed changes.

Revision ID: 0028_run_presets
Revises: 0024_research
"""

from alembic import op

from vectal.migrations.policies import ALL, custom_policy

revision = "0028_run_presets"
down_revision = "0027_mcp"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """CREATE TABLE run_presets (
            workspace_id uuid NOT NULL,
            id uuid NOT NULL,
            owner_id uuid NOT NULL CONSTRAINT fk_run_presets_owner_id_users
                REFERENCES users (id) ON DELETE CASCADE,
            is_shared boolean NOT NULL,
            sealed_words bytea NOT NULL CONSTRAINT ck_run_presets_sealed_words
                CHECK (octet_length(sealed_words) <= 262144),
            cost_cap_usd numeric(14, 8) NOT NULL,
            token_cap bigint NOT NULL,
            step_cap integer NOT NULL,
            hours integer NOT NULL CONSTRAINT ck_run_presets_hours CHECK (hours BETWEEN 1 AND 2160),
            tools text[] CONSTRAINT ck_run_presets_tools CHECK (cardinality(tools) <= 200),
            choice jsonb NOT NULL,
            project_id uuid,
            version integer NOT NULL DEFAULT 1,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_run_presets PRIMARY KEY (workspace_id, id),
            CONSTRAINT fk_run_presets_workspace_id_workspaces FOREIGN KEY (workspace_id)
                REFERENCES workspaces (id) ON DELETE CASCADE,
            CONSTRAINT ck_run_presets_caps
                CHECK (cost_cap_usd >= 0 AND token_cap >= 0 AND step_cap >= 0)
        )"""
    )
    op.create_index("ix_run_presets_recent", "run_presets", ["workspace_id", "created_at", "id"])
    op.create_index("ix_run_presets_owner_id", "run_presets", ["owner_id"])
    custom_policy(
        "run_presets",
        rule="workspace_id = (SELECT vectal_workspace_id())"
        " AND (is_shared OR owner_id = (SELECT vectal_user_id()))",
        grants=ALL,
    )
    # No CHECK on how many: the service counts them under the lock of the changeset.
    op.execute("ALTER TABLE changeset_items ADD COLUMN edits jsonb NOT NULL DEFAULT '[]'::jsonb")
