"""Programs that register themselves, and what people let them do.

Revision ID: 0033_oauth
Revises: 0032_webhook_overlap
"""

from alembic import op

from vectal.migrations.policies import system_access, tenant_policies

revision = "0033_oauth"
down_revision = "0032_webhook_overlap"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """CREATE TABLE oauth_clients (
            id uuid NOT NULL CONSTRAINT pk_oauth_clients PRIMARY KEY,
            name text NOT NULL CONSTRAINT ck_oauth_clients_name
                CHECK (length(name) BETWEEN 1 AND 100),
            redirect_uris text[] NOT NULL CONSTRAINT ck_oauth_clients_redirect_uris
                CHECK (cardinality(redirect_uris) BETWEEN 1 AND 5),
            created_at timestamptz NOT NULL DEFAULT now()
        )"""
    )
    op.create_index("ix_oauth_clients_created_at", "oauth_clients", ["created_at"])
    op.execute(
        """CREATE TABLE oauth_grants (
            workspace_id uuid NOT NULL CONSTRAINT fk_oauth_grants_workspace_id_workspaces
                REFERENCES workspaces (id) ON DELETE CASCADE,
            id uuid NOT NULL CONSTRAINT uq_oauth_grants_id UNIQUE,
            user_id uuid NOT NULL CONSTRAINT fk_oauth_grants_user_id_users
                REFERENCES users (id) ON DELETE CASCADE,
            client_id uuid NOT NULL CONSTRAINT fk_oauth_grants_client_id_oauth_clients
                REFERENCES oauth_clients (id) ON DELETE CASCADE,
            scopes text[] NOT NULL CONSTRAINT ck_oauth_grants_scopes
                CHECK (cardinality(scopes) BETWEEN 1 AND 32),
            redirect_uri text NOT NULL CONSTRAINT ck_oauth_grants_redirect_uri
                CHECK (length(redirect_uri) <= 500),
            code_hash bytea NOT NULL CONSTRAINT ck_oauth_grants_code_hash
                CHECK (octet_length(code_hash) = 32),
            challenge text NOT NULL CONSTRAINT ck_oauth_grants_challenge
                CHECK (length(challenge) = 43),
            redeemed_at timestamptz,
            generation integer NOT NULL DEFAULT 0,
            refreshed_at timestamptz NOT NULL DEFAULT now(),
            created_at timestamptz NOT NULL DEFAULT now(),
            expires_at timestamptz NOT NULL,
            revoked_at timestamptz,
            CONSTRAINT pk_oauth_grants PRIMARY KEY (workspace_id, id)
        )"""
    )
    for column in ("user_id", "client_id", "expires_at"):
        op.create_index(f"ix_oauth_grants_{column}", "oauth_grants", [column])
    for table in ("oauth_clients", "oauth_grants"):
        system_access(table)
    tenant_policies("oauth_grants", owner="user_id", grants="SELECT, INSERT, UPDATE")
