"""Runs that another engine brings on, and workflows that runs may call as tools.

Revision ID: 0029_workflows
Revises: 0024_research
"""

import sqlalchemy as sa
from alembic import op

from vectal.migrations.policies import ALL, system_access, tenant_policies

revision = "0029_workflows"
down_revision = "0028_run_presets"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "agent_runs",
        sa.Column("engine", sa.Text(), nullable=False, server_default=sa.text("'native'")),
    )
    op.create_check_constraint(
        op.f("ck_agent_runs_engine"), "agent_runs", "engine IN ('native', 'n8n')"
    )
    _executions()
    _answers()
    _tools()
    tenant_policies("workflow_executions", owner="owner_id")
    # A look takes what is due of all people in one statement, and acts as the owner from then on.
    system_access("workflow_executions", "SELECT, UPDATE")
    tenant_policies("workflow_answers", owner="owner_id", grants="SELECT, INSERT")
    tenant_policies("workflow_tools", grants=ALL)


def _executions() -> None:
    op.execute(
        """CREATE TABLE workflow_executions (
            workspace_id uuid NOT NULL,
            run_id uuid NOT NULL,
            owner_id uuid NOT NULL,
            drive integer NOT NULL,
            execution_id text CONSTRAINT ck_workflow_executions_execution_id
                CHECK (length(execution_id) BETWEEN 1 AND 64),
            resume_path text CONSTRAINT ck_workflow_executions_resume_path
                CHECK (length(resume_path) BETWEEN 1 AND 1024),
            tries integer NOT NULL,
            seen_steps integer NOT NULL,
            expected_at timestamptz NOT NULL DEFAULT now(),
            look_at timestamptz,
            CONSTRAINT pk_workflow_executions PRIMARY KEY (workspace_id, run_id),
            CONSTRAINT fk_workflow_executions_workspace_id_run_id
                FOREIGN KEY (workspace_id, run_id)
                REFERENCES agent_runs (workspace_id, id) ON DELETE CASCADE,
            CONSTRAINT ck_workflow_executions_counts
                CHECK (drive >= 0 AND tries >= 0 AND seen_steps >= 0)
        )"""
    )
    for column in ("look_at", "execution_id"):
        op.execute(
            f"CREATE INDEX ix_workflow_executions_{column} ON workflow_executions ({column})"
            f" WHERE {column} IS NOT NULL"
        )


def _answers() -> None:
    op.execute(
        """CREATE TABLE workflow_answers (
            workspace_id uuid NOT NULL,
            run_id uuid NOT NULL,
            drive integer NOT NULL,
            key text NOT NULL CONSTRAINT ck_workflow_answers_key
                CHECK (length(key) BETWEEN 1 AND 100),
            owner_id uuid NOT NULL,
            answer jsonb NOT NULL,
            at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_workflow_answers PRIMARY KEY (workspace_id, run_id, drive, key),
            CONSTRAINT fk_workflow_answers_workspace_id_run_id
                FOREIGN KEY (workspace_id, run_id)
                REFERENCES agent_runs (workspace_id, id) ON DELETE CASCADE
        )"""
    )


def _tools() -> None:
    op.execute(
        """CREATE TABLE workflow_tools (
            workspace_id uuid NOT NULL CONSTRAINT fk_workflow_tools_workspace_id
                REFERENCES workspaces (id) ON DELETE CASCADE,
            id uuid NOT NULL,
            name text NOT NULL CONSTRAINT ck_workflow_tools_name
                CHECK (name ~ '^[a-z][a-z0-9_]{0,39}$'),
            title text NOT NULL CONSTRAINT ck_workflow_tools_title
                CHECK (length(title) BETWEEN 1 AND 100),
            description text NOT NULL CONSTRAINT ck_workflow_tools_description
                CHECK (length(description) BETWEEN 1 AND 2000),
            input_schema jsonb NOT NULL CONSTRAINT ck_workflow_tools_input_schema
                CHECK (octet_length(input_schema::text) <= 32768),
            webhook_path text NOT NULL CONSTRAINT ck_workflow_tools_webhook_path
                CHECK (length(webhook_path) BETWEEN 1 AND 500),
            sealed_secret bytea NOT NULL CONSTRAINT ck_workflow_tools_sealed_secret
                CHECK (octet_length(sealed_secret) <= 4096),
            is_enabled boolean NOT NULL,
            made_by uuid NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_workflow_tools PRIMARY KEY (workspace_id, id),
            CONSTRAINT uq_workflow_tools_workspace_id_name UNIQUE (workspace_id, name)
        )"""
    )
