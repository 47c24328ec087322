"""Agent runs and their journal.

Revision ID: 0020_agents
Revises: 0019_turn_taint
"""

from alembic import op

from vectal.migrations.policies import system_access, tenant_policies

revision = "0020_agents"
down_revision = "0019_turn_taint"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _runs()
    _entries()
    tenant_policies("agent_runs", owner="owner_id")
    # Workers claim runs of all people in one statement, and act as the owner from then on.
    system_access("agent_runs", "SELECT, UPDATE")
    tenant_policies("agent_entries", owner="owner_id", grants="SELECT, INSERT")
    # A worker appends for all the runs that it holds in one statement; it reads as their owner.
    system_access("agent_entries", "INSERT")


def _runs() -> None:
    op.execute(
        """CREATE TABLE agent_runs (
            workspace_id uuid NOT NULL,
            id uuid NOT NULL,
            owner_id uuid NOT NULL,
            sealed_brief bytea NOT NULL CONSTRAINT ck_agent_runs_sealed_brief
                CHECK (octet_length(sealed_brief) <= 262144),
            choice jsonb NOT NULL,
            rights jsonb NOT NULL,
            tools text[] CONSTRAINT ck_agent_runs_tools CHECK (cardinality(tools) <= 200),
            priority integer NOT NULL,
            task_id uuid,
            conversation_id uuid,
            project_id uuid,
            parent_run_id uuid,
            depth integer NOT NULL,
            cost_cap_usd numeric(14, 8) NOT NULL,
            token_cap bigint NOT NULL,
            step_cap integer NOT NULL,
            deadline_at timestamptz NOT NULL,
            state text NOT NULL CONSTRAINT ck_agent_runs_state CHECK (state IN
                ('queued', 'running', 'waiting_for_approval', 'waiting_for_input', 'paused',
                 'succeeded', 'failed', 'cancelled', 'needs_review')),
            epoch integer NOT NULL,
            attempt integer NOT NULL,
            crashes integer NOT NULL,
            lease_owner uuid,
            lease_expires_at timestamptz,
            wanted text CONSTRAINT ck_agent_runs_wanted CHECK (wanted IN ('cancel', 'pause')),
            wanted_at timestamptz,
            wanted_by uuid,
            queued_at timestamptz NOT NULL DEFAULT now(),
            not_before timestamptz NOT NULL DEFAULT now(),
            approval_expires_at timestamptz,
            cost_usd numeric(14, 8) NOT NULL,
            tokens bigint NOT NULL,
            steps integer NOT NULL,
            last_seq integer NOT NULL,
            read_untrusted boolean NOT NULL,
            read_private boolean NOT NULL,
            error jsonb,
            sealed_report bytea CONSTRAINT ck_agent_runs_sealed_report
                CHECK (octet_length(sealed_report) <= 1048576),
            request_key text CONSTRAINT ck_agent_runs_request_key
                CHECK (request_key IS NULL OR length(request_key) BETWEEN 1 AND 200),
            request_digest bytea,
            created_at timestamptz NOT NULL DEFAULT now(),
            started_at timestamptz,
            ended_at timestamptz,
            CONSTRAINT pk_agent_runs PRIMARY KEY (workspace_id, id),
            CONSTRAINT fk_agent_runs_workspace_id_parent_run_id
                FOREIGN KEY (workspace_id, parent_run_id)
                REFERENCES agent_runs (workspace_id, id) ON DELETE CASCADE,
            CONSTRAINT ck_agent_runs_counts CHECK (epoch >= 0 AND attempt >= 0 AND crashes >= 0
                AND depth >= 0 AND last_seq >= 0 AND tokens >= 0 AND steps >= 0
                AND cost_usd >= 0),
            CONSTRAINT ck_agent_runs_caps
                CHECK (cost_cap_usd >= 0 AND token_cap >= 0 AND step_cap >= 0)
        ) WITH (fillfactor = 70)"""
    )
    op.execute("CREATE INDEX ix_agent_runs_recent ON agent_runs (workspace_id, owner_id, id)")
    op.execute(
        "CREATE INDEX ix_agent_runs_parent_run_id ON agent_runs (workspace_id, parent_run_id)"
    )
    for column in ("task_id", "conversation_id"):
        op.execute(
            f"CREATE INDEX ix_agent_runs_{column} ON agent_runs (workspace_id, {column})"
            f" WHERE {column} IS NOT NULL"
        )
    op.execute(
        "CREATE INDEX ix_agent_runs_live ON agent_runs (workspace_id, priority, queued_at)"
        " WHERE state IN ('queued', 'running')"
    )
    op.execute("CREATE INDEX ix_agent_runs_open ON agent_runs (deadline_at) WHERE ended_at IS NULL")
    op.execute(
        "CREATE UNIQUE INDEX uq_agent_runs_request_key"
        " ON agent_runs (workspace_id, owner_id, request_key) WHERE request_key IS NOT NULL"
    )


def _entries() -> None:
    op.execute(
        """CREATE TABLE agent_entries (
            workspace_id uuid NOT NULL,
            run_id uuid NOT NULL,
            seq integer NOT NULL,
            owner_id uuid NOT NULL,
            kind text NOT NULL,
            version integer NOT NULL,
            sealed_body bytea NOT NULL,
            at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_agent_entries PRIMARY KEY (workspace_id, run_id, seq),
            CONSTRAINT fk_agent_entries_workspace_id_run_id FOREIGN KEY (workspace_id, run_id)
                REFERENCES agent_runs (workspace_id, id) ON DELETE CASCADE,
            CONSTRAINT ck_agent_entries_numbers CHECK (seq >= 1 AND version >= 1)
        )"""
    )
