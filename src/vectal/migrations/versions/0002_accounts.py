"""People, workspaces, sessions and keys.

Revision ID: 0002_accounts
Revises: 0001_platform
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from vectal.migrations.policies import APP, system_access, tenant_policies, user_policies

revision = "0002_accounts"
down_revision = "0001_platform"
branch_labels = None
depends_on = None

_NOW = sa.text("now()")
_ROLE = "role IN ('owner', 'admin', 'member', 'viewer')"
# All of a person but the hash of the password.
_USER_COLUMNS = (
    "id, email, display_name, is_admin, timezone, locale, default_workspace_id, session_epoch,"
    " created_at, disabled_at"
)


def upgrade() -> None:
    _users_and_workspaces()
    _invitations()
    _instance_settings()
    _sessions()
    _api_keys()
    _policies()


def _time(name: str, *, nullable: bool = False, now: bool = False) -> sa.Column[object]:
    return sa.Column(
        name,
        sa.DateTime(timezone=True),
        nullable=nullable,
        server_default=_NOW if now else None,
    )


def _text(name: str, default: str | None = None) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _id(name: str = "id") -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=False)


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _reference(table: str, column: str, target: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete
    )


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _users_and_workspaces() -> None:
    op.create_table(
        "workspaces",
        _id(),
        _text("name"),
        sa.Column("settings", JSONB(), nullable=False, server_default="{}"),
        _time("created_at", now=True),
        _key("workspaces", "id"),
        _check("workspaces", "name", "length(name) BETWEEN 1 AND 100"),
    )
    op.create_table(
        "users",
        _id(),
        _text("email"),
        _text("display_name"),
        _text("password_hash"),
        sa.Column("is_admin", sa.Boolean(), nullable=False, server_default="false"),
        _text("timezone", "UTC"),
        _text("locale", "en"),
        sa.Column("default_workspace_id", sa.Uuid(), nullable=True),
        sa.Column("session_epoch", sa.Integer(), nullable=False, server_default="1"),
        _time("created_at", now=True),
        _time("disabled_at", nullable=True),
        _key("users", "id"),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        _reference("users", "default_workspace_id", "workspaces", "SET NULL"),
        _check("users", "email", "length(email) BETWEEN 3 AND 254"),
        _check("users", "display_name", "length(display_name) BETWEEN 1 AND 100"),
        _check("users", "timezone", "length(timezone) BETWEEN 1 AND 64"),
        _check("users", "locale", "length(locale) BETWEEN 2 AND 35"),
        _check("users", "password_hash", "length(password_hash) <= 512"),
    )
    op.create_table(
        "memberships",
        _id("workspace_id"),
        _id("user_id"),
        _text("role"),
        _time("created_at", now=True),
        _key("memberships", "workspace_id", "user_id"),
        _reference("memberships", "workspace_id", "workspaces", "CASCADE"),
        _reference("memberships", "user_id", "users", "CASCADE"),
        _check("memberships", "role", _ROLE),
    )
    op.create_index("ix_memberships_user_id", "memberships", ["user_id"])


def _invitations() -> None:
    op.create_table(
        "invitations",
        _id("workspace_id"),
        _id(),
        _text("email"),
        _text("role"),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        _id("invited_by"),
        _time("created_at", now=True),
        _time("expires_at"),
        _time("accepted_at", nullable=True),
        _time("revoked_at", nullable=True),
        _key("invitations", "workspace_id", "id"),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
        _reference("invitations", "workspace_id", "workspaces", "CASCADE"),
        _reference("invitations", "invited_by", "users", "CASCADE"),
        _check("invitations", "email", "length(email) BETWEEN 3 AND 254"),
        _check("invitations", "role", _ROLE),
        _check("invitations", "token_hash", "octet_length(token_hash) = 32"),
    )


def _instance_settings() -> None:
    op.create_table(
        "instance_settings",
        _text("key"),
        sa.Column("value", JSONB(), nullable=False),
        _time("updated_at", now=True),
        _key("instance_settings", "key"),
        _check("instance_settings", "key", "length(key) BETWEEN 1 AND 64"),
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        _id(),
        _id("user_id"),
        _time("created_at", now=True),
        _time("last_seen_at", now=True),
        _time("expires_at"),
        sa.Column("generation", sa.Integer(), nullable=False, server_default="1"),
        _time("refreshed_at", now=True),
        _text("user_agent", ""),
        _text("ip", ""),
        _time("revoked_at", nullable=True),
        sa.Column("revoked_for", sa.Text(), nullable=True),
        _key("sessions", "id"),
        _reference("sessions", "user_id", "users", "CASCADE"),
        _check("sessions", "user_agent", "length(user_agent) <= 400"),
        _check("sessions", "ip", "length(ip) <= 64"),
    )
    op.create_index("ix_sessions_user_id_id", "sessions", ["user_id", "id"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        _id("workspace_id"),
        _id(),
        _id("user_id"),
        _text("name"),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", ARRAY(sa.Text()), nullable=False),
        _time("created_at", now=True),
        _time("expires_at", nullable=True),
        _time("last_used_at", nullable=True),
        _time("revoked_at", nullable=True),
        _key("api_keys", "workspace_id", "id"),
        # A key names itself before its workspace is known.
        sa.UniqueConstraint("id", name=op.f("uq_api_keys_id")),
        _reference("api_keys", "workspace_id", "workspaces", "CASCADE"),
        _reference("api_keys", "user_id", "users", "CASCADE"),
        _check("api_keys", "name", "length(name) BETWEEN 1 AND 100"),
        _check("api_keys", "secret_hash", "octet_length(secret_hash) = 32"),
        _check("api_keys", "scopes", "cardinality(scopes) <= 32"),
    )
    op.create_index("ix_api_keys_user_id", "api_keys", ["user_id"])


def _policies() -> None:
    for table in ("users", "workspaces", "memberships", "invitations"):
        system_access(table)
    for table in ("sessions", "api_keys", "instance_settings"):
        system_access(table)
    tenant_policies("memberships", grants="SELECT, UPDATE, DELETE")
    tenant_policies("invitations", grants="SELECT, INSERT, UPDATE")
    tenant_policies("api_keys", owner="user_id", grants="SELECT, INSERT, UPDATE")
    user_policies("sessions", grants="SELECT, UPDATE")
    _people_policies()


def _people_policies() -> None:
    """A person sees her own account, her memberships, and whom she shares the workspace with."""
    here, me = "(SELECT vectal_workspace_id())", "(SELECT vectal_user_id())"
    op.execute(f"CREATE POLICY own ON memberships FOR SELECT TO {APP} USING (user_id = {me})")
    colleague = (
        "EXISTS (SELECT 1 FROM memberships m WHERE m.user_id = users.id"
        " AND m.workspace_id = (SELECT vectal_workspace_id()))"
    )
    op.execute(f"CREATE POLICY own ON users TO {APP} USING (id = {me}) WITH CHECK (id = {me})")
    op.execute(f"CREATE POLICY colleagues ON users FOR SELECT TO {APP} USING ({colleague})")
    op.execute(f"GRANT SELECT ({_USER_COLUMNS}) ON users TO {APP}")
    op.execute(
        f"GRANT UPDATE (display_name, timezone, locale, default_workspace_id) ON users TO {APP}"
    )
    op.execute(
        f"CREATE POLICY here ON workspaces TO {APP} USING (id = {here}) WITH CHECK (id = {here})"
    )
    mine = (
        "EXISTS (SELECT 1 FROM memberships m WHERE m.workspace_id = workspaces.id"
        " AND m.user_id = (SELECT vectal_user_id()))"
    )
    op.execute(f"CREATE POLICY mine ON workspaces FOR SELECT TO {APP} USING ({mine})")
    op.execute(f"GRANT SELECT ON workspaces TO {APP}")
    op.execute(f"GRANT UPDATE (name, settings) ON workspaces TO {APP}")
