"""Whether a workspace keeps an index of its documents that can be read.

Revision ID: 0018_document_settings
Revises: 0017_documents
"""

from alembic import op

from vectal.migrations.policies import system_access, tenant_policies

revision = "0018_document_settings"
down_revision = "0017_documents"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """CREATE TABLE document_settings (
            workspace_id uuid NOT NULL CONSTRAINT pk_document_settings PRIMARY KEY
                CONSTRAINT fk_document_settings_workspace_id_workspaces
                REFERENCES workspaces (id) ON DELETE CASCADE,
            is_indexed boolean NOT NULL,
            updated_at timestamptz NOT NULL DEFAULT now()
        )"""
    )
    tenant_policies("document_settings", grants="SELECT, INSERT, UPDATE")
    # A sweep withdraws and restores what the workspace has switched.
    system_access("document_settings", "SELECT")
