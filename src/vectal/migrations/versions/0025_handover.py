"""Comments on tasks, and runs as work that somebody has handed over and takes back.

Revision ID: 0025_handover
Revises: 0024_research
"""

from alembic import op

from vectal.migrations.policies import tenant_policies

revision = "0025_handover"
down_revision = "0024_research"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _comments()
    _reviews()
    tenant_policies("task_comments")


def _comments() -> None:
    op.execute(
        """CREATE TABLE task_comments (
            workspace_id uuid NOT NULL,
            id uuid NOT NULL,
            task_id uuid NOT NULL,
            author_id uuid CONSTRAINT fk_task_comments_author_id_users
                REFERENCES users (id) ON DELETE SET NULL,
            kind text NOT NULL CONSTRAINT ck_task_comments_kind
                CHECK (kind IN ('note', 'question', 'answer', 'delivery')),
            run_id uuid,
            call_id text CONSTRAINT ck_task_comments_call_id
                CHECK (length(call_id) BETWEEN 1 AND 200),
            is_open boolean NOT NULL DEFAULT false,
            text text NOT NULL CONSTRAINT ck_task_comments_text
                CHECK (length(text) BETWEEN 1 AND 50000),
            delivery jsonb,
            version integer NOT NULL DEFAULT 1,
            created_at timestamptz NOT NULL,
            edited_at timestamptz,
            CONSTRAINT pk_task_comments PRIMARY KEY (workspace_id, id),
            CONSTRAINT fk_task_comments_workspace_id_tasks FOREIGN KEY (workspace_id, task_id)
                REFERENCES tasks (workspace_id, id) ON DELETE CASCADE,
            CONSTRAINT ck_task_comments_run CHECK ((kind = 'note') = (run_id IS NULL)),
            CONSTRAINT ck_task_comments_call
                CHECK ((kind IN ('question', 'answer')) = (call_id IS NOT NULL)),
            CONSTRAINT ck_task_comments_delivery
                CHECK ((kind = 'delivery') = (delivery IS NOT NULL)),
            CONSTRAINT ck_task_comments_open CHECK (kind = 'question' OR NOT is_open)
        )"""
    )
    op.execute("CREATE INDEX ix_task_comments_task ON task_comments (workspace_id, task_id, id)")
    op.execute("CREATE INDEX ix_task_comments_author_id ON task_comments (author_id)")
    op.execute(
        "CREATE INDEX ix_task_comments_run ON task_comments (workspace_id, run_id)"
        " WHERE run_id IS NOT NULL"
    )
    # A question, and its answer, are said once, however often a worker comes back to it.
    op.execute(
        "CREATE UNIQUE INDEX uq_task_comments_call"
        " ON task_comments (workspace_id, run_id, call_id, kind) WHERE call_id IS NOT NULL"
    )


def _reviews() -> None:
    op.execute(
        """ALTER TABLE agent_runs
            ADD COLUMN kind text NOT NULL DEFAULT 'work' CONSTRAINT ck_agent_runs_kind
                CHECK (kind IN ('work', 'break_down', 'prioritise')),
            ADD COLUMN review text CONSTRAINT ck_agent_runs_review
                CHECK (review IN ('waiting', 'accepted', 'sent_back')),
            ADD COLUMN reviewed_at timestamptz,
            ADD COLUMN follows_run_id uuid,
            ADD CONSTRAINT fk_agent_runs_workspace_id_follows_run_id
                FOREIGN KEY (workspace_id, follows_run_id)
                REFERENCES agent_runs (workspace_id, id) ON DELETE SET NULL (follows_run_id)"""
    )
    op.execute(
        "CREATE INDEX ix_agent_runs_follows_run_id ON agent_runs (workspace_id, follows_run_id)"
        " WHERE follows_run_id IS NOT NULL"
    )
