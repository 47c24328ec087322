"""Events and feeds of the calendar, and changesets that change more than tasks.

Revision ID: 0031_calendar
Revises: 0030_notifications
"""

from alembic import op

from vectal.migrations.policies import APP, tenant_policies

revision = "0031_calendar"
down_revision = "0030_notifications"
branch_labels = None
depends_on = None

_WORDS = "title || ' ' || place || ' ' || left(notes, 5000)"


def upgrade() -> None:
    _events()
    _feeds()
    tenant_policies("calendar_events", owner="owner_id")
    # What its owner shows, others read; to change it stays with the owner.
    op.execute(
        f"CREATE POLICY shown ON calendar_events FOR SELECT TO {APP} USING"
        " (workspace_id = (SELECT vectal_workspace_id()) AND visibility = 'workspace')"
    )
    tenant_policies("calendar_feeds", owner="owner_id")
    op.execute(
        "ALTER TABLE changeset_items ADD COLUMN kind text NOT NULL DEFAULT 'task'"
        " CONSTRAINT ck_changeset_items_kind CHECK (kind IN ('task', 'event', 'note'))"
    )


def _events() -> None:
    op.execute(
        f"""CREATE TABLE calendar_events (
            workspace_id uuid NOT NULL,
            id uuid NOT NULL,
            owner_id uuid NOT NULL CONSTRAINT fk_calendar_events_owner_id_users
                REFERENCES users (id) ON DELETE CASCADE,
            title text NOT NULL CONSTRAINT ck_calendar_events_title
                CHECK (length(title) BETWEEN 1 AND 500),
            notes text NOT NULL DEFAULT '' CONSTRAINT ck_calendar_events_notes
                CHECK (length(notes) <= 20000),
            place text NOT NULL DEFAULT '' CONSTRAINT ck_calendar_events_place
                CHECK (length(place) <= 500),
            visibility text NOT NULL DEFAULT 'private' CONSTRAINT ck_calendar_events_visibility
                CHECK (visibility IN ('private', 'workspace')),
            all_day boolean NOT NULL,
            starts_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            timezone text NOT NULL CONSTRAINT ck_calendar_events_timezone
                CHECK (length(timezone) BETWEEN 1 AND 64),
            rule text CONSTRAINT ck_calendar_events_rule CHECK (length(rule) BETWEEN 1 AND 500),
            last_at timestamptz,
            skips timestamptz[] NOT NULL DEFAULT '{{}}' CONSTRAINT ck_calendar_events_skips
                CHECK (cardinality(skips) <= 500),
            is_imported boolean NOT NULL DEFAULT false,
            uid text NOT NULL CONSTRAINT ck_calendar_events_uid
                CHECK (length(uid) BETWEEN 1 AND 300),
            version integer NOT NULL DEFAULT 1,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            search tsvector NOT NULL
                GENERATED ALWAYS AS (to_tsvector('pg_catalog.simple', {_WORDS})) STORED,
            CONSTRAINT pk_calendar_events PRIMARY KEY (workspace_id, id),
            CONSTRAINT fk_calendar_events_workspace_id_workspaces FOREIGN KEY (workspace_id)
                REFERENCES workspaces (id) ON DELETE CASCADE,
            CONSTRAINT ck_calendar_events_order CHECK (ends_at >= starts_at)
        )"""
    )
    table = "calendar_events"
    op.create_index("ix_calendar_events_owner_id", table, ["owner_id"])
    op.create_index("ix_calendar_events_start", table, ["workspace_id", "starts_at", "id"])
    op.execute(
        "CREATE INDEX ix_calendar_events_rules ON calendar_events (workspace_id, owner_id, id)"
        " WHERE rule IS NOT NULL"
    )
    op.create_index(
        "uq_calendar_events_uid", table, ["workspace_id", "owner_id", "uid"], unique=True
    )
    op.create_index(
        "ix_calendar_events_search", table, ["workspace_id", "search"], postgresql_using="gin"
    )


def _feeds() -> None:
    op.execute(
        """CREATE TABLE calendar_feeds (
            workspace_id uuid NOT NULL,
            id uuid NOT NULL,
            owner_id uuid NOT NULL CONSTRAINT fk_calendar_feeds_owner_id_users
                REFERENCES users (id) ON DELETE CASCADE,
            name text NOT NULL CONSTRAINT ck_calendar_feeds_name
                CHECK (length(name) BETWEEN 1 AND 100),
            secret_sha256 bytea NOT NULL CONSTRAINT ck_calendar_feeds_secret_sha256
                CHECK (octet_length(secret_sha256) = 32),
            created_at timestamptz NOT NULL DEFAULT now(),
            used_at timestamptz,
            CONSTRAINT pk_calendar_feeds PRIMARY KEY (workspace_id, id),
            CONSTRAINT fk_calendar_feeds_workspace_id_workspaces FOREIGN KEY (workspace_id)
                REFERENCES workspaces (id) ON DELETE CASCADE
        )"""
    )
    op.create_index("ix_calendar_feeds_owner_id", "calendar_feeds", ["owner_id"])
