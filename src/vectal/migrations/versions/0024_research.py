"""Researches, and the journal of what each has planned, found, read and written.

Revision ID: 0024_research
Revises: 0023_approval_rules
"""

from alembic import op

from vectal.migrations.policies import ALL, system_access, tenant_policies

revision = "0024_research"
down_revision = "0023_approval_rules"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _researches()
    _steps()
    tenant_policies("researches", owner="user_id", grants=ALL)
    tenant_policies("research_steps", owner="user_id", grants=ALL)
    # A sweep looks for what nobody works on; the work is done as the one whose it is.
    system_access("researches", "SELECT")


def _researches() -> None:
    op.execute(
        """CREATE TABLE researches (
            workspace_id uuid NOT NULL,
            id uuid NOT NULL,
            user_id uuid NOT NULL,
            state text NOT NULL DEFAULT 'queued' CONSTRAINT ck_researches_state CHECK (state IN
                ('queued', 'running', 'done', 'failed', 'cancelled')),
            stage text NOT NULL DEFAULT 'waiting' CONSTRAINT ck_researches_stage CHECK (stage IN
                ('waiting', 'planning', 'searching', 'reading', 'writing', 'checking', 'done')),
            depth text NOT NULL CONSTRAINT ck_researches_depth
                CHECK (depth IN ('quick', 'standard', 'deep')),
            asked jsonb NOT NULL,
            searches_most integer NOT NULL,
            pages_most integer NOT NULL,
            tokens_most integer NOT NULL,
            cost_most_usd numeric(18, 8) NOT NULL,
            searches integer NOT NULL DEFAULT 0,
            pages integer NOT NULL DEFAULT 0,
            tokens integer NOT NULL DEFAULT 0,
            cost_usd numeric(18, 8) NOT NULL DEFAULT 0,
            sources_found integer NOT NULL DEFAULT 0,
            pages_read integer NOT NULL DEFAULT 0,
            epoch integer NOT NULL DEFAULT 0,
            code text CONSTRAINT ck_researches_code CHECK (length(code) <= 100),
            sealed_question bytea NOT NULL CONSTRAINT ck_researches_sealed_question
                CHECK (octet_length(sealed_question) <= 65536),
            sealed_detail bytea CONSTRAINT ck_researches_sealed_detail
                CHECK (octet_length(sealed_detail) <= 65536),
            sealed_report bytea CONSTRAINT ck_researches_sealed_report
                CHECK (octet_length(sealed_report) <= 8388608),
            created_at timestamptz NOT NULL DEFAULT now(),
            touched_at timestamptz NOT NULL DEFAULT now(),
            deadline_at timestamptz NOT NULL,
            ended_at timestamptz,
            CONSTRAINT pk_researches PRIMARY KEY (workspace_id, id),
            CONSTRAINT fk_researches_workspace_id FOREIGN KEY (workspace_id)
                REFERENCES workspaces (id) ON DELETE CASCADE,
            CONSTRAINT fk_researches_user_id FOREIGN KEY (user_id)
                REFERENCES users (id) ON DELETE CASCADE,
            CONSTRAINT ck_researches_limits CHECK (searches <= searches_most
                AND pages <= pages_most AND searches >= 0 AND pages >= 0 AND tokens >= 0
                AND cost_usd >= 0 AND sources_found >= 0 AND pages_read >= 0 AND epoch >= 0)
        )"""
    )
    op.execute("CREATE INDEX ix_researches_user_id ON researches (user_id)")
    op.execute("CREATE INDEX ix_researches_own ON researches (workspace_id, user_id, id)")
    op.execute(
        "CREATE INDEX ix_researches_under_way ON researches (touched_at)"
        " WHERE state IN ('queued', 'running')"
    )


def _steps() -> None:
    op.execute(
        """CREATE TABLE research_steps (
            workspace_id uuid NOT NULL,
            research_id uuid NOT NULL,
            key text NOT NULL CONSTRAINT ck_research_steps_key CHECK (length(key) <= 100),
            user_id uuid NOT NULL,
            sealed_body bytea NOT NULL CONSTRAINT ck_research_steps_sealed_body
                CHECK (octet_length(sealed_body) <= 8388608),
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_research_steps PRIMARY KEY (workspace_id, research_id, key),
            CONSTRAINT fk_research_steps_workspace_id_research_id
                FOREIGN KEY (workspace_id, research_id)
                REFERENCES researches (workspace_id, id) ON DELETE CASCADE
        )"""
    )
