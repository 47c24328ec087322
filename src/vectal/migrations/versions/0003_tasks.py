"""Projects, tasks, labels, history and changesets.

Revision ID: 0003_tasks
Revises: 0002_accounts
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

from vectal.migrations.policies import APP, tenant_policies

revision = "0003_tasks"
down_revision = "0002_accounts"
branch_labels = None
depends_on = None

SEARCHER = "vectal_search"
_ALIVE = sa.text("deleted_at IS NULL")
_COLOR = "color ~ '^([a-z]{3,16}|#[0-9a-f]{6})$'"
_POSITION = "length(position) BETWEEN 1 AND 200"


def upgrade() -> None:
    # Both are trusted: the owner of the database may make them.
    for extension in ("btree_gin", "pg_trgm"):
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    _projects()
    _tasks()
    _task_indexes()
    _labels()
    _history()
    _changesets()
    for table in ("projects", "tasks", "labels", "task_labels"):
        tenant_policies(table)
    tenant_policies("task_history", grants="SELECT, INSERT")
    for table in ("changesets", "changeset_items"):
        tenant_policies(table, owner="created_by", grants="SELECT, INSERT, UPDATE")
    _search()


def _id(name: str = "id", *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _text(name: str, default: str | None = None, collation: str | None = None) -> sa.Column[object]:
    kind = sa.Text(collation=collation)
    return sa.Column(name, kind, nullable=False, server_default=default)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _version() -> sa.Column[object]:
    return sa.Column("version", sa.Integer(), nullable=False, server_default="1")


def _json(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, JSONB(), nullable=nullable)


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("workspace_id", *columns, name=op.f(f"pk_{table}"))


def _workspace(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_workspace_id")
    return sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name, ondelete="CASCADE")


def _person(table: str, column: str, ondelete: str = "SET NULL") -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], ["users.id"], name, ondelete=ondelete)


def _within(
    table: str, column: str, target: str, ondelete: str, key: str = "id"
) -> sa.ForeignKeyConstraint:
    """A reference that can't leave the workspace."""
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{target}.workspace_id", f"{target}.{key}"],
        name=op.f(f"fk_{table}_workspace_id_{column}"),
        ondelete=ondelete,
    )


def _projects() -> None:
    op.create_table(
        "projects",
        _id("workspace_id"),
        _id(),
        _text("name"),
        _text("key"),
        _text("color"),
        _text("position", collation="C"),
        _time("archived_at", nullable=True),
        _time("deleted_at", nullable=True),
        _id("created_by", nullable=True),
        _time("created_at"),
        _time("updated_at"),
        _version(),
        _key("projects", "id"),
        _workspace("projects"),
        _person("projects", "created_by"),
        _check("projects", "name", "length(name) BETWEEN 1 AND 100"),
        _check("projects", "key", "key ~ '^[a-z0-9][a-z0-9-]{0,39}$'"),
        _check("projects", "color", _COLOR),
        _check("projects", "position", _POSITION),
    )
    op.create_index(
        "uq_projects_name",
        "projects",
        ["workspace_id", sa.text("lower(name)")],
        unique=True,
        postgresql_where=_ALIVE,
    )
    op.create_index(
        "uq_projects_key",
        "projects",
        ["workspace_id", "key"],
        unique=True,
        postgresql_where=_ALIVE,
    )
    op.create_index(
        "ix_projects_position",
        "projects",
        ["workspace_id", "position", "id"],
        postgresql_where=_ALIVE,
    )


def _tasks() -> None:
    op.create_table(
        "tasks",
        _id("workspace_id"),
        _id(),
        _id("project_id", nullable=True),
        _id("parent_id", nullable=True),
        _text("title"),
        _text("notes", ""),
        _text("status", "todo"),
        sa.Column("priority", sa.SmallInteger(), nullable=False, server_default="4"),
        sa.Column("due_on", sa.Date(), nullable=True),
        _time("due_at", nullable=True),
        sa.Column("due_order", sa.DateTime(), nullable=False, server_default="9999-12-31"),
        _text("position", collation="C"),
        _id("assignee_id", nullable=True),
        _id("created_by", nullable=True),
        _time("created_at"),
        _time("updated_at"),
        _time("completed_at", nullable=True),
        _time("deleted_at", nullable=True),
        _version(),
        *_computed_columns(),
        _key("tasks", "id"),
        _workspace("tasks"),
        _within("tasks", "project_id", "projects", "SET NULL (project_id)"),
        _within("tasks", "parent_id", "tasks", "CASCADE"),
        _within("tasks", "assignee_id", "memberships", "SET NULL (assignee_id)", key="user_id"),
        _person("tasks", "created_by"),
        _check("tasks", "title", "length(title) BETWEEN 1 AND 500"),
        _check("tasks", "notes", "length(notes) <= 20000"),
        _check("tasks", "status", "status IN ('todo', 'doing', 'done', 'cancelled')"),
        _check("tasks", "priority", "priority BETWEEN 1 AND 4"),
        _check("tasks", "due", "due_on IS NULL OR due_at IS NULL"),
        _check("tasks", "parent", "parent_id <> id"),
        _check("tasks", "position", _POSITION),
    )


def _computed_columns() -> list[sa.Column[object]]:
    words = r"regexp_replace(title || ' ' || notes, '[\W_]+', ' ', 'g')"
    return [
        sa.Column(
            "is_open",
            sa.Boolean(),
            sa.Computed("status = 'todo' OR status = 'doing'", persisted=True),
            nullable=False,
        ),
        sa.Column(
            "title_order",
            sa.Text(collation="C"),
            sa.Computed("lower(left(title, 200))", persisted=True),
            nullable=False,
        ),
        sa.Column(
            "search",
            TSVECTOR(),
            sa.Computed(f"to_tsvector('pg_catalog.simple', {words})", persisted=True),
            nullable=False,
        ),
    ]


def _task_indexes() -> None:
    """One index for each order; `is_open` leads, so closed tasks never slow open ones down."""
    for name, columns in {
        "position": ["is_open", "position", "id"],
        "due": ["is_open", "due_order", "id"],
        "priority": ["is_open", "priority", "id"],
        "created": ["is_open", "created_at", "id"],
        "updated": ["is_open", "updated_at", "id"],
        "title": ["is_open", "title_order", "id"],
        "project": ["project_id", "is_open", "position", "id"],
    }.items():
        op.create_index(
            f"ix_tasks_{name}", "tasks", ["workspace_id", *columns], postgresql_where=_ALIVE
        )
    op.create_index(
        "ix_tasks_parent",
        "tasks",
        ["workspace_id", "parent_id", "position", "id"],
        postgresql_include=["status"],
        postgresql_where=sa.text("deleted_at IS NULL AND parent_id IS NOT NULL"),
    )
    op.create_index(
        "ix_tasks_assignee",
        "tasks",
        ["workspace_id", "assignee_id", "is_open", "due_order"],
        postgresql_where=sa.text("deleted_at IS NULL AND assignee_id IS NOT NULL"),
    )
    op.create_index("ix_tasks_search", "tasks", ["workspace_id", "search"], postgresql_using="gin")
    op.create_index(
        "ix_tasks_title_parts",
        "tasks",
        ["workspace_id", "title"],
        postgresql_using="gin",
        postgresql_ops={"title": "gin_trgm_ops"},
    )


def _labels() -> None:
    op.create_table(
        "labels",
        _id("workspace_id"),
        _id(),
        _text("name"),
        _text("color"),
        _time("created_at"),
        _key("labels", "id"),
        _workspace("labels"),
        _check("labels", "name", "length(name) BETWEEN 1 AND 50"),
        _check("labels", "color", _COLOR),
    )
    op.create_index(
        "uq_labels_name", "labels", ["workspace_id", sa.text("lower(name)")], unique=True
    )
    op.create_table(
        "task_labels",
        _id("workspace_id"),
        _id("task_id"),
        _id("label_id"),
        _key("task_labels", "task_id", "label_id"),
        _within("task_labels", "task_id", "tasks", "CASCADE"),
        _within("task_labels", "label_id", "labels", "CASCADE"),
    )
    op.create_index("ix_task_labels_label", "task_labels", ["workspace_id", "label_id", "task_id"])


def _history() -> None:
    op.create_table(
        "task_history",
        _id("workspace_id"),
        _id(),
        _id("task_id"),
        sa.Column("version", sa.Integer(), nullable=False),
        _id("actor_id", nullable=True),
        _id("changeset_id", nullable=True),
        _json("changes", nullable=False),
        _time("at"),
        _key("task_history", "id"),
        _within("task_history", "task_id", "tasks", "CASCADE"),
        _person("task_history", "actor_id"),
    )
    op.create_index("ix_task_history_task", "task_history", ["workspace_id", "task_id", "id"])


def _changesets() -> None:
    op.create_table(
        "changesets",
        _id("workspace_id"),
        _id(),
        _id("created_by"),
        _text("title"),
        _text("status", "pending"),
        _id("conversation_id", nullable=True),
        _id("turn_id", nullable=True),
        _time("created_at"),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.text("now()"),
        ),
        _key("changesets", "id"),
        _workspace("changesets"),
        _person("changesets", "created_by", "CASCADE"),
        _check("changesets", "title", "length(title) BETWEEN 1 AND 200"),
        _check(
            "changesets",
            "status",
            "status IN ('pending', 'partly', 'accepted', 'rejected', 'undone', 'superseded')",
        ),
    )
    op.create_index("ix_changesets_turn", "changesets", ["workspace_id", "turn_id"])
    op.create_index(
        "ix_changesets_conversation", "changesets", ["workspace_id", "conversation_id", "id"]
    )
    _changeset_items()


def _changeset_items() -> None:
    table = "changeset_items"
    op.create_table(
        table,
        _id("workspace_id"),
        _id(),
        _id("changeset_id"),
        _id("created_by"),
        sa.Column("position", sa.Integer(), nullable=False),
        _text("operation"),
        _id("task_id"),
        _text("title"),
        _json("before"),
        _json("after"),
        _json("guard"),
        _text("status", "pending"),
        _json("conflict"),
        _json("applied"),
        _key(table, "id"),
        _within(table, "changeset_id", "changesets", "CASCADE"),
        _person(table, "created_by", "CASCADE"),
        _check(table, "operation", "operation IN ('create', 'update', 'complete', 'delete')"),
        _check(
            table,
            "status",
            "status IN ('pending', 'accepted', 'rejected', 'undone', 'conflict')",
        ),
        _check(table, "title", "length(title) BETWEEN 1 AND 500"),
    )
    op.create_index(
        "uq_changeset_items_position",
        table,
        ["workspace_id", "changeset_id", "position"],
        unique=True,
    )


def _search() -> None:
    """Full-text search that may use its indexes.

    Text-search operators are not leakproof, so under row security they are only tried on rows
    that a policy has let through: a scan of the whole workspace. This function looks as a role
    of its own, which can read nothing but these columns, and keeps to the workspace of the
    transaction by itself. It returns ids; whoever uses them meets the policies again.
    """
    op.execute(
        f"""DO $$ BEGIN
            CREATE ROLE {SEARCHER} NOLOGIN NOBYPASSRLS NOSUPERUSER NOCREATEDB NOCREATEROLE;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"""
    )
    owner = str(op.get_bind().scalar(sa.text("SELECT quote_ident(current_user)")))
    op.execute(f"GRANT {SEARCHER} TO {owner} WITH INHERIT FALSE, SET TRUE")
    op.execute(f"GRANT USAGE ON SCHEMA public TO {SEARCHER}")
    op.execute(f"GRANT SELECT (workspace_id, id, title, search, deleted_at) ON tasks TO {SEARCHER}")
    op.execute(f"CREATE POLICY search ON tasks FOR SELECT TO {SEARCHER} USING (true)")
    op.execute(
        """CREATE FUNCTION tasks_matching(words tsquery, part text, most integer) RETURNS uuid[]
        LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
        SET plan_cache_mode = force_custom_plan AS $$
        DECLARE here uuid := public.vectal_workspace_id();
        BEGIN
            RETURN array(
                SELECT found.id FROM (
                    SELECT t.id FROM public.tasks t
                    WHERE t.workspace_id = here AND t.search @@ words AND t.deleted_at IS NULL
                    LIMIT most
                ) found
                UNION
                SELECT found.id FROM (
                    SELECT t.id FROM public.tasks t
                    WHERE t.workspace_id = here AND t.title ILIKE part AND t.deleted_at IS NULL
                    LIMIT most
                ) found
            );
        END $$"""
    )
    # Handing it over takes the right to create here, for a moment.
    op.execute(f"GRANT CREATE ON SCHEMA public TO {SEARCHER}")
    op.execute(f"ALTER FUNCTION tasks_matching OWNER TO {SEARCHER}")
    op.execute(f"REVOKE CREATE ON SCHEMA public FROM {SEARCHER}")
    op.execute("REVOKE ALL ON FUNCTION tasks_matching FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION tasks_matching TO {APP}")
