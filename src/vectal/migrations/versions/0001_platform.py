"""Roles, scope functions, and the platform's own tables.

Revision ID: 0001_platform
"""

from alembic import context, op
from sqlalchemy import text

from vectal.migrations.policies import APP, SYSTEM, system_access, tenant_policies

revision = "0001_platform"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _roles()
    _scope_functions()
    _idempotency()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _roles() -> None:
    # Roles live in the cluster, not in the database: another database may have made them, or
    # may be making them at this moment.
    for role in (APP, SYSTEM):
        op.execute(
            f"""DO $$ BEGIN
                CREATE ROLE {role} NOLOGIN NOBYPASSRLS NOSUPERUSER NOCREATEDB NOCREATEROLE;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"""
        )
    connection = op.get_bind()
    owner = str(connection.scalar(text("SELECT current_user")))
    login: str | None = context.config.attributes.get("app_login")
    for member in {owner, login or owner}:
        for role in (APP, SYSTEM):
            op.execute(f"GRANT {role} TO {_quoted(member)} WITH INHERIT FALSE, SET TRUE")
    op.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    op.execute(f"GRANT USAGE ON SCHEMA public TO {APP}, {SYSTEM}")
    op.execute(f"GRANT SELECT ON alembic_version TO {APP}, {SYSTEM}")


def _scope_functions() -> None:
    for name, setting in (
        ("vectal_workspace_id", "vectal.workspace_id"),
        ("vectal_user_id", "vectal.user_id"),
    ):
        op.execute(
            f"""CREATE FUNCTION {name}() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
            RETURN nullif(current_setting('{setting}', true), '')::uuid"""
        )


def _idempotency() -> None:
    op.execute(
        """CREATE TABLE idempotency_keys (
            workspace_id uuid NOT NULL,
            user_id uuid NOT NULL,
            key text NOT NULL CONSTRAINT ck_idempotency_keys_key
                CHECK (length(key) BETWEEN 1 AND 200),
            fingerprint bytea NOT NULL,
            status integer,
            headers jsonb,
            body bytea,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_idempotency_keys PRIMARY KEY (workspace_id, user_id, key)
        )"""
    )
    op.execute("CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at)")
    tenant_policies("idempotency_keys", owner="user_id")
    system_access("idempotency_keys", "SELECT, DELETE")
