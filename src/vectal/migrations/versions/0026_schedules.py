"""Schedules and triggers of agent runs, and what they have begun.

Revision ID: 0026_schedules
Revises: 0024_research
"""

from alembic import op

from vectal.migrations.policies import system_access, tenant_policies

revision = "0026_schedules"
down_revision = "0025_handover"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _runs()
    _schedules()
    _triggers()
    _firings()
    for table in ("agent_schedules", "agent_triggers", "agent_firings"):
        tenant_policies(table, owner="owner_id")
    # The scheduler finds who is due among all people; hooks and events find their trigger by its
    # id or workspace. From then on each acts as the owner.
    system_access("agent_schedules", "SELECT, UPDATE")
    system_access("agent_triggers", "SELECT, UPDATE")
    system_access("agent_firings", "SELECT, DELETE")


def _runs() -> None:
    """What began a run; no foreign key, since a run outlives it."""
    for column in ("schedule_id", "trigger_id"):
        op.execute(f"ALTER TABLE agent_runs ADD COLUMN {column} uuid")
        op.execute(
            f"CREATE INDEX ix_agent_runs_{column} ON agent_runs (workspace_id, {column}, id)"
            f" WHERE {column} IS NOT NULL"
        )
        op.execute(
            f"CREATE INDEX ix_agent_runs_open_{column} ON agent_runs (workspace_id, {column})"
            f" WHERE {column} IS NOT NULL AND ended_at IS NULL"
        )


def _common(table: str) -> str:
    return f"""
            workspace_id uuid NOT NULL,
            id uuid NOT NULL,
            owner_id uuid NOT NULL,
            sealed_words bytea NOT NULL CONSTRAINT ck_{table}_sealed_words
                CHECK (octet_length(sealed_words) <= 262144),
            asked jsonb NOT NULL,
            rights jsonb NOT NULL,
            enabled boolean NOT NULL,
            off_code text,
            request_key text CONSTRAINT ck_{table}_request_key
                CHECK (length(request_key) BETWEEN 1 AND 200),
            request_digest bytea,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_{table} PRIMARY KEY (workspace_id, id),
            CONSTRAINT fk_{table}_workspace_id FOREIGN KEY (workspace_id)
                REFERENCES workspaces (id) ON DELETE CASCADE,
            CONSTRAINT fk_{table}_owner_id FOREIGN KEY (owner_id)
                REFERENCES users (id) ON DELETE CASCADE"""


def _indexes(table: str) -> None:
    op.execute(f"CREATE INDEX ix_{table}_owner_id ON {table} (owner_id)")
    op.execute(f"CREATE INDEX ix_{table}_recent ON {table} (workspace_id, owner_id, id)")
    op.execute(
        f"CREATE UNIQUE INDEX uq_{table}_request_key"
        f" ON {table} (workspace_id, owner_id, request_key) WHERE request_key IS NOT NULL"
    )


def _schedules() -> None:
    op.execute(
        f"""CREATE TABLE agent_schedules ({_common("agent_schedules")},
            rrule text NOT NULL CONSTRAINT ck_agent_schedules_rrule
                CHECK (length(rrule) BETWEEN 1 AND 500),
            starts_at timestamp NOT NULL,
            ends_at timestamptz,
            timezone text NOT NULL,
            missed text NOT NULL CONSTRAINT ck_agent_schedules_missed
                CHECK (missed IN ('skip', 'once', 'each')),
            overlap text NOT NULL CONSTRAINT ck_agent_schedules_overlap
                CHECK (overlap IN ('skip', 'queue')),
            next_at timestamptz,
            look_at timestamptz,
            CONSTRAINT ck_agent_schedules_look_at CHECK (enabled OR look_at IS NULL)
        )"""
    )
    _indexes("agent_schedules")
    op.execute(
        "CREATE INDEX ix_agent_schedules_due ON agent_schedules (look_at) WHERE look_at IS NOT NULL"
    )


def _triggers() -> None:
    op.execute(
        f"""CREATE TABLE agent_triggers ({_common("agent_triggers")},
            kind text NOT NULL CONSTRAINT ck_agent_triggers_kind CHECK (kind IN
                ('task_created', 'task_completed', 'file_added', 'webhook', 'email')),
            per_hour integer NOT NULL CONSTRAINT ck_agent_triggers_per_hour
                CHECK (per_hour BETWEEN 1 AND 60),
            sealed_secret bytea CONSTRAINT ck_agent_triggers_sealed_secret
                CHECK (octet_length(sealed_secret) <= 4096),
            sealed_old_secret bytea CONSTRAINT ck_agent_triggers_sealed_old_secret
                CHECK (octet_length(sealed_old_secret) <= 4096),
            old_secret_until timestamptz,
            refused_at timestamptz,
            refused_code text,
            CONSTRAINT ck_agent_triggers_secret
                CHECK ((kind IN ('webhook', 'email')) = (sealed_secret IS NOT NULL)),
            CONSTRAINT ck_agent_triggers_old_secret
                CHECK ((sealed_old_secret IS NULL) = (old_secret_until IS NULL))
        )"""
    )
    _indexes("agent_triggers")
    op.execute(
        "CREATE INDEX ix_agent_triggers_listening ON agent_triggers (workspace_id, kind)"
        " WHERE enabled"
    )


def _firings() -> None:
    op.execute(
        """CREATE TABLE agent_firings (
            workspace_id uuid NOT NULL,
            id uuid NOT NULL,
            owner_id uuid NOT NULL,
            schedule_id uuid,
            trigger_id uuid,
            occurrence_at timestamptz,
            key text CONSTRAINT ck_agent_firings_key CHECK (length(key) BETWEEN 1 AND 200),
            delivery text CONSTRAINT ck_agent_firings_delivery
                CHECK (length(delivery) BETWEEN 1 AND 200),
            outcome text NOT NULL CONSTRAINT ck_agent_firings_outcome CHECK (outcome IN
                ('begun', 'waiting', 'missed', 'overlapped', 'refused')),
            code text,
            run_id uuid,
            at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_agent_firings PRIMARY KEY (workspace_id, id),
            CONSTRAINT fk_agent_firings_workspace_id_schedule_id
                FOREIGN KEY (workspace_id, schedule_id)
                REFERENCES agent_schedules (workspace_id, id) ON DELETE CASCADE,
            CONSTRAINT fk_agent_firings_workspace_id_trigger_id
                FOREIGN KEY (workspace_id, trigger_id)
                REFERENCES agent_triggers (workspace_id, id) ON DELETE CASCADE,
            CONSTRAINT ck_agent_firings_starter CHECK
                ((schedule_id IS NULL) = (occurrence_at IS NULL)
                 AND (trigger_id IS NULL) = (key IS NULL)
                 AND (schedule_id IS NULL) <> (trigger_id IS NULL)),
            CONSTRAINT ck_agent_firings_run_id CHECK ((outcome = 'begun') = (run_id IS NOT NULL))
        )"""
    )
    # One occurrence and one delivery begin one run, whoever sees them, and however often.
    for columns, rule in (
        ("schedule_id, occurrence_at", "schedule_id IS NOT NULL"),
        ("trigger_id, key", "trigger_id IS NOT NULL"),
        ("trigger_id, delivery", "delivery IS NOT NULL"),
    ):
        name = columns.replace(", ", "_")
        op.execute(
            f"CREATE UNIQUE INDEX uq_agent_firings_{name}"
            f" ON agent_firings (workspace_id, {columns}) WHERE {rule}"
        )
    for column in ("schedule_id", "trigger_id"):
        op.execute(
            f"CREATE INDEX ix_agent_firings_{column}"
            f" ON agent_firings (workspace_id, {column}, id) WHERE {column} IS NOT NULL"
        )
    op.execute(
        "CREATE INDEX ix_agent_firings_waiting ON agent_firings (workspace_id, schedule_id)"
        " WHERE outcome = 'waiting'"
    )
    op.execute("CREATE INDEX ix_agent_firings_at ON agent_firings (at)")
