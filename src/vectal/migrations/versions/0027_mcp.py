"""Tool servers, what their tools say of themselves, and consents.

Revision ID: 0027_mcp
Revises: 0024_research
"""

from alembic import op

from vectal.migrations.policies import tenant_policies

revision = "0027_mcp"
down_revision = "0026_schedules"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _servers()
    _tools()
    _consents()
    tenant_policies("mcp_servers")
    tenant_policies("mcp_tools")
    tenant_policies("mcp_consents", owner="user_id")


def _servers() -> None:
    op.execute(
        """CREATE TABLE mcp_servers (
            workspace_id uuid NOT NULL CONSTRAINT fk_mcp_servers_workspace_id_workspaces
                REFERENCES workspaces (id) ON DELETE CASCADE,
            id uuid NOT NULL,
            name text NOT NULL CONSTRAINT ck_mcp_servers_name
                CHECK (name ~ '^[a-z][a-z0-9]*(_[a-z0-9]+)*$' AND length(name) <= 24),
            url text NOT NULL CONSTRAINT ck_mcp_servers_url CHECK (length(url) BETWEEN 1 AND 500),
            header text NOT NULL DEFAULT '' CONSTRAINT ck_mcp_servers_header
                CHECK (length(header) <= 100),
            sealed_secret bytea CONSTRAINT ck_mcp_servers_sealed_secret
                CHECK (octet_length(sealed_secret) <= 8192),
            secret_hint text NOT NULL DEFAULT '' CONSTRAINT ck_mcp_servers_secret_hint
                CHECK (length(secret_hint) <= 16),
            enabled boolean NOT NULL DEFAULT true,
            test_result jsonb CONSTRAINT ck_mcp_servers_test_result
                CHECK (octet_length(test_result::text) <= 4096),
            version integer NOT NULL DEFAULT 1,
            created_by uuid NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_mcp_servers PRIMARY KEY (workspace_id, id)
        )"""
    )
    op.create_index(
        "uq_mcp_servers_workspace_id_name", "mcp_servers", ["workspace_id", "name"], unique=True
    )


def _tools() -> None:
    op.execute(
        """CREATE TABLE mcp_tools (
            workspace_id uuid NOT NULL CONSTRAINT fk_mcp_tools_workspace_id_workspaces
                REFERENCES workspaces (id) ON DELETE CASCADE,
            id uuid NOT NULL,
            server_id uuid NOT NULL,
            name text NOT NULL CONSTRAINT ck_mcp_tools_name
                CHECK (length(name) BETWEEN 1 AND 128),
            said jsonb NOT NULL CONSTRAINT ck_mcp_tools_said
                CHECK (octet_length(said::text) <= 262144),
            sha256 text NOT NULL CONSTRAINT ck_mcp_tools_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
            fault text NOT NULL DEFAULT '' CONSTRAINT ck_mcp_tools_fault
                CHECK (length(fault) <= 300),
            effect text NOT NULL DEFAULT 'unsafe' CONSTRAINT ck_mcp_tools_effect
                CHECK (effect IN ('unsafe', 'idempotent', 'pure')),
            changed_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_mcp_tools PRIMARY KEY (workspace_id, id)
        )"""
    )
    op.create_index(
        "uq_mcp_tools_server_id_name",
        "mcp_tools",
        ["workspace_id", "server_id", "name"],
        unique=True,
    )


def _consents() -> None:
    op.execute(
        """CREATE TABLE mcp_consents (
            workspace_id uuid NOT NULL,
            user_id uuid NOT NULL CONSTRAINT fk_mcp_consents_user_id_users
                REFERENCES users (id) ON DELETE CASCADE,
            tool_id uuid NOT NULL,
            sha256 text NOT NULL CONSTRAINT ck_mcp_consents_sha256
                CHECK (sha256 ~ '^[0-9a-f]{64}$'),
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_mcp_consents PRIMARY KEY (workspace_id, user_id, tool_id),
            CONSTRAINT fk_mcp_consents_workspace_id_tool_id_mcp_tools
                FOREIGN KEY (workspace_id, tool_id)
                REFERENCES mcp_tools (workspace_id, id) ON DELETE CASCADE
        )"""
    )
    op.create_index("ix_mcp_consents_tool_id", "mcp_consents", ["workspace_id", "tool_id"])
    op.create_index("ix_mcp_consents_user_id", "mcp_consents", ["user_id"])
