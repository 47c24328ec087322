"""Roles, scope functions, and the platform's own tables.

Revision ID: 0001_platform
"""

from alembic import context, op
from sqlalchemy import text

from vectal.migrations.policies import (
    APP,
    SYSTEM,
    custom_policy,
    system_access,
    tenant_policies,
)

revision = "0001_platform"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _roles()
    _scope_functions()
    _idempotency()
    _outbox()
    _event_readers()
    _data_keys()
    _egress_ledger()
    _jobs()


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


def _outbox() -> None:
    op.execute(
        """CREATE TABLE outbox (
            workspace_id uuid NOT NULL,
            xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
            id uuid NOT NULL,
            user_id uuid,
            type text NOT NULL CONSTRAINT ck_outbox_type CHECK (length(type) BETWEEN 3 AND 100),
            payload jsonb NOT NULL CONSTRAINT ck_outbox_payload
                CHECK (octet_length(payload::text) <= 65536),
            at timestamptz NOT NULL DEFAULT clock_timestamp(),
            CONSTRAINT pk_outbox PRIMARY KEY (workspace_id, xid, id)
        ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0)"""
    )
    op.execute("CREATE UNIQUE INDEX uq_outbox_xid_id ON outbox (xid, id)")
    # A commit that notifies waits for every other one that does. One open writer at a time rings
    # the bell; those it covers are found by the reader's next look, which follows within 50 ms.
    op.execute(
        """CREATE FUNCTION vectal_outbox_bell() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF pg_try_advisory_xact_lock(7667821042) THEN
                PERFORM pg_notify('vectal_outbox', '');
            END IF;
            RETURN NULL;
        END $$"""
    )
    op.execute(
        """CREATE TRIGGER bell AFTER INSERT ON outbox
        FOR EACH STATEMENT EXECUTE FUNCTION vectal_outbox_bell()"""
    )
    nobody = "'00000000-0000-0000-0000-000000000000'"
    mine = "user_id = (SELECT vectal_user_id())"
    here = "workspace_id = (SELECT vectal_workspace_id())"
    op.execute("ALTER TABLE outbox ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE outbox FORCE ROW LEVEL SECURITY")
    op.execute(
        f"""CREATE POLICY tenant_reads ON outbox FOR SELECT TO {APP}
        USING (({here} AND (user_id IS NULL OR {mine})) OR (workspace_id = {nobody} AND {mine}))"""
    )
    # A fact may be told to another member of the workspace: being assigned, being removed.
    op.execute(
        f"""CREATE POLICY tenant_writes ON outbox FOR INSERT TO {APP}
        WITH CHECK ({here} OR (workspace_id = {nobody} AND {mine}))"""
    )
    op.execute(f"GRANT SELECT, INSERT ON outbox TO {APP}")
    system_access("outbox")


def _event_readers() -> None:
    op.execute(
        """CREATE TABLE event_consumers (
            name text NOT NULL CONSTRAINT pk_event_consumers PRIMARY KEY
                CONSTRAINT ck_event_consumers_name CHECK (length(name) BETWEEN 1 AND 100),
            xid xid8 NOT NULL,
            id uuid NOT NULL,
            updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
        ) WITH (fillfactor = 50)"""
    )
    op.execute(
        """INSERT INTO event_consumers (name, xid, id) VALUES
            ('relay', '0', '00000000-0000-0000-0000-000000000000'),
            ('purge', '0', '00000000-0000-0000-0000-000000000000')"""
    )
    # How far the purge has come tells a person's reader that its cursor is too old.
    custom_policy("event_consumers", rule="name = 'purge'", grants="SELECT")
    system_access("event_consumers")
    op.execute(
        """CREATE TABLE event_deliveries (
            workspace_id uuid NOT NULL,
            consumer text NOT NULL,
            id uuid NOT NULL,
            position bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
            xid xid8 NOT NULL,
            user_id uuid,
            type text NOT NULL,
            payload jsonb NOT NULL,
            at timestamptz NOT NULL,
            attempts integer NOT NULL,
            next_at timestamptz NOT NULL,
            error text NOT NULL CONSTRAINT ck_event_deliveries_error CHECK (length(error) <= 2000),
            parked_at timestamptz,
            CONSTRAINT pk_event_deliveries PRIMARY KEY (workspace_id, consumer, id)
        )"""
    )
    op.execute(
        """CREATE INDEX ix_event_deliveries_waiting
        ON event_deliveries (consumer, workspace_id, position) WHERE parked_at IS NULL"""
    )
    op.execute(
        """CREATE INDEX ix_event_deliveries_consumer_parked_at
        ON event_deliveries (consumer, parked_at)"""
    )
    system_access("event_deliveries")


def _data_keys() -> None:
    op.execute(
        """CREATE TABLE data_keys (
            owner_kind text NOT NULL CONSTRAINT ck_data_keys_owner_kind
                CHECK (owner_kind IN ('user', 'workspace')),
            owner_id uuid NOT NULL,
            purpose text NOT NULL CONSTRAINT ck_data_keys_purpose
                CHECK (purpose IN ('content', 'index')),
            version integer NOT NULL CONSTRAINT ck_data_keys_version
                CHECK (version BETWEEN 1 AND 65535),
            wrapped bytea CONSTRAINT ck_data_keys_wrapped CHECK (octet_length(wrapped) <= 4096),
            master_key_id text NOT NULL CONSTRAINT ck_data_keys_master_key_id
                CHECK (length(master_key_id) BETWEEN 1 AND 200),
            created_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
            created_at timestamptz NOT NULL DEFAULT now(),
            destroyed_at timestamptz,
            CONSTRAINT pk_data_keys PRIMARY KEY (owner_kind, owner_id, purpose, version),
            CONSTRAINT ck_data_keys_destroyed CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
        )"""
    )
    op.execute("CREATE INDEX ix_data_keys_master_key_id ON data_keys (master_key_id)")
    custom_policy(
        "data_keys",
        rule="(owner_kind = 'workspace' AND owner_id = (SELECT vectal_workspace_id()))"
        " OR (owner_kind = 'user' AND owner_id = (SELECT vectal_user_id()))",
        grants="SELECT, INSERT",
    )
    system_access("data_keys", "SELECT, INSERT, UPDATE")


def _egress_ledger() -> None:
    op.execute(
        """CREATE TABLE egress_ledger (
            workspace_id uuid NOT NULL,
            id uuid NOT NULL,
            user_id uuid,
            purpose text NOT NULL CONSTRAINT ck_egress_ledger_purpose
                CHECK (length(purpose) BETWEEN 1 AND 100),
            method text NOT NULL CONSTRAINT ck_egress_ledger_method CHECK (length(method) <= 20),
            host text NOT NULL CONSTRAINT ck_egress_ledger_host CHECK (length(host) <= 300),
            status integer,
            outcome text NOT NULL
                CONSTRAINT ck_egress_ledger_outcome CHECK (length(outcome) <= 100),
            policy text NOT NULL CONSTRAINT ck_egress_ledger_policy CHECK (length(policy) <= 100),
            bytes_out bigint NOT NULL,
            bytes_in bigint NOT NULL,
            duration_ms integer NOT NULL,
            at timestamptz NOT NULL,
            CONSTRAINT pk_egress_ledger PRIMARY KEY (workspace_id, id)
        )"""
    )
    op.execute("CREATE INDEX ix_egress_ledger_at ON egress_ledger USING brin (at)")
    tenant_policies("egress_ledger", grants="SELECT")
    system_access("egress_ledger", "SELECT, INSERT, DELETE")


def _jobs() -> None:
    op.execute(
        """CREATE TABLE jobs (
            workspace_id uuid NOT NULL,
            id uuid NOT NULL,
            queue text NOT NULL CONSTRAINT ck_jobs_queue CHECK (length(queue) BETWEEN 1 AND 50),
            name text NOT NULL CONSTRAINT ck_jobs_name CHECK (length(name) BETWEEN 1 AND 100),
            key text NOT NULL CONSTRAINT ck_jobs_key CHECK (length(key) BETWEEN 1 AND 200),
            ids jsonb NOT NULL CONSTRAINT ck_jobs_ids CHECK (octet_length(ids::text) <= 4096),
            state text NOT NULL DEFAULT 'queued' CONSTRAINT ck_jobs_state
                CHECK (state IN ('queued', 'running', 'done', 'dead')),
            attempts integer NOT NULL DEFAULT 0,
            epoch integer NOT NULL DEFAULT 0,
            run_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            dispatched_at timestamptz,
            lease_until timestamptz,
            error text CONSTRAINT ck_jobs_error CHECK (length(error) <= 2000),
            created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            ended_at timestamptz,
            CONSTRAINT pk_jobs PRIMARY KEY (workspace_id, id)
        ) WITH (autovacuum_vacuum_scale_factor = 0.02)"""
    )
    op.execute("CREATE UNIQUE INDEX uq_jobs_id ON jobs (id)")
    op.execute(
        """CREATE UNIQUE INDEX uq_jobs_workspace_id_name_key ON jobs (workspace_id, name, key)
        WHERE state IN ('queued', 'running')"""
    )
    op.execute("CREATE INDEX ix_jobs_due ON jobs (run_at) WHERE state = 'queued'")
    op.execute("CREATE INDEX ix_jobs_leased ON jobs (lease_until) WHERE state = 'running'")
    op.execute("CREATE INDEX ix_jobs_ended_at ON jobs (ended_at) WHERE ended_at IS NOT NULL")
    tenant_policies("jobs", grants="SELECT, INSERT")
    system_access("jobs")
    op.execute(
        """CREATE TABLE job_schedules (
            name text NOT NULL CONSTRAINT pk_job_schedules PRIMARY KEY
                CONSTRAINT ck_job_schedules_name CHECK (length(name) BETWEEN 1 AND 100),
            last_at timestamptz NOT NULL
        )"""
    )
    system_access("job_schedules")
