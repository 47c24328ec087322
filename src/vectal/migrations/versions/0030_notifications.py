"""What people are told, in the app and by mail, and links of mails that decide an approval.

Revision ID: 0030_notifications
Revises: 0029_workflows
"""

from alembic import op

from vectal.migrations.policies import system_access, tenant_policies

revision = "0030_notifications"
down_revision = "0029_workflows"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX ix_agent_runs_waiting ON agent_runs (workspace_id, owner_id, id)"
        " WHERE (agent_runs.review = 'waiting' OR agent_runs.state IN"
        " ('waiting_for_approval', 'waiting_for_input', 'paused', 'needs_review'))"
    )
    _notifications()
    _settings()
    _mails()
    _links()
    tenant_policies("notifications", owner="owner_id")
    tenant_policies("notification_settings", owner="owner_id", grants="SELECT, INSERT, UPDATE")
    tenant_policies("notification_mails", owner="owner_id", grants="SELECT, INSERT")
    tenant_policies("approval_links", owner="owner_id")
    # A worker claims what is due of all people, then acts as each of them; a link is found by the
    # hash of its token, before anybody knows whose it is. What is long over is deleted for all.
    system_access("notifications", "SELECT, DELETE")
    system_access("notification_mails", "SELECT, UPDATE, DELETE")
    system_access("approval_links", "SELECT")


def _owned(table: str) -> str:
    return f"""
            workspace_id uuid NOT NULL CONSTRAINT fk_{table}_workspace_id_workspaces
                REFERENCES workspaces (id) ON DELETE CASCADE,
            id uuid NOT NULL,
            owner_id uuid NOT NULL CONSTRAINT fk_{table}_owner_id_users
                REFERENCES users (id) ON DELETE CASCADE,
            CONSTRAINT pk_{table} PRIMARY KEY (workspace_id, id)"""


def _notifications() -> None:
    op.execute(
        f"""CREATE TABLE notifications ({_owned("notifications")},
            kind text NOT NULL CONSTRAINT ck_notifications_kind
                CHECK (kind IN ('approval', 'question', 'review', 'failed')),
            run_id uuid NOT NULL,
            subject text NOT NULL CONSTRAINT ck_notifications_subject
                CHECK (length(subject) <= 200),
            at timestamptz NOT NULL DEFAULT now(),
            read_at timestamptz,
            settled_at timestamptz,
            CONSTRAINT fk_notifications_workspace_id_run_id FOREIGN KEY (workspace_id, run_id)
                REFERENCES agent_runs (workspace_id, id) ON DELETE CASCADE,
            CONSTRAINT uq_notifications_workspace_id_run_id_kind_subject
                UNIQUE (workspace_id, run_id, kind, subject)
        )"""
    )
    op.execute("CREATE INDEX ix_notifications_owner_id ON notifications (owner_id)")
    op.execute(
        "CREATE INDEX ix_notifications_recent ON notifications (workspace_id, owner_id, at, id)"
    )
    op.execute(
        "CREATE INDEX ix_notifications_unread ON notifications (workspace_id, owner_id)"
        " WHERE read_at IS NULL"
    )
    op.execute("CREATE INDEX ix_notifications_at ON notifications (at)")


def _settings() -> None:
    op.execute(
        """CREATE TABLE notification_settings (
            workspace_id uuid NOT NULL CONSTRAINT fk_notification_settings_workspace_id_workspaces
                REFERENCES workspaces (id) ON DELETE CASCADE,
            owner_id uuid NOT NULL CONSTRAINT fk_notification_settings_owner_id_users
                REFERENCES users (id) ON DELETE CASCADE,
            unmailed text[] NOT NULL CONSTRAINT ck_notification_settings_unmailed
                CHECK (unmailed <@ ARRAY['approval', 'question', 'review', 'failed']
                    AND cardinality(unmailed) <= 4),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_notification_settings PRIMARY KEY (workspace_id, owner_id)
        )"""
    )
    op.execute("CREATE INDEX ix_notification_settings_owner_id ON notification_settings (owner_id)")


def _mails() -> None:
    op.execute(
        f"""CREATE TABLE notification_mails ({_owned("notification_mails")},
            notification_id uuid NOT NULL,
            state text NOT NULL DEFAULT 'queued' CONSTRAINT ck_notification_mails_state
                CHECK (state IN ('queued', 'sent', 'dropped', 'dead')),
            attempts integer NOT NULL DEFAULT 0 CONSTRAINT ck_notification_mails_attempts
                CHECK (attempts >= 0),
            due_at timestamptz NOT NULL DEFAULT now(),
            lease_expires_at timestamptz,
            code text CONSTRAINT ck_notification_mails_code CHECK (length(code) <= 100),
            created_at timestamptz NOT NULL DEFAULT now(),
            ended_at timestamptz,
            CONSTRAINT fk_notification_mails_workspace_id_notification_id
                FOREIGN KEY (workspace_id, notification_id)
                REFERENCES notifications (workspace_id, id) ON DELETE CASCADE,
            CONSTRAINT ck_notification_mails_ended CHECK ((state = 'queued') = (ended_at IS NULL))
        )"""
    )
    op.execute("CREATE INDEX ix_notification_mails_owner_id ON notification_mails (owner_id)")
    op.execute(
        "CREATE INDEX ix_notification_mails_recent"
        " ON notification_mails (workspace_id, owner_id, created_at)"
    )
    op.execute(
        "CREATE INDEX ix_notification_mails_notification_id"
        " ON notification_mails (workspace_id, notification_id, id)"
    )
    op.execute(
        "CREATE INDEX ix_notification_mails_due ON notification_mails (due_at)"
        " WHERE state = 'queued'"
    )


def _links() -> None:
    op.execute(
        f"""CREATE TABLE approval_links ({_owned("approval_links")},
            token_hash bytea NOT NULL CONSTRAINT ck_approval_links_token_hash
                CHECK (octet_length(token_hash) = 32),
            run_id uuid NOT NULL,
            approval_id uuid NOT NULL,
            sha256 text NOT NULL CONSTRAINT ck_approval_links_sha256 CHECK (length(sha256) = 64),
            session_epoch integer NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            expires_at timestamptz NOT NULL,
            used_at timestamptz,
            CONSTRAINT uq_approval_links_token_hash UNIQUE (token_hash),
            CONSTRAINT fk_approval_links_workspace_id_id FOREIGN KEY (workspace_id, id)
                REFERENCES notification_mails (workspace_id, id) ON DELETE CASCADE
        )"""
    )
    op.execute("CREATE INDEX ix_approval_links_owner_id ON approval_links (owner_id)")
