"""Row-level security as few words: each table names who may see its rows.

Every table is FORCEd, so that not even its owner reads past a policy. `vectal_app` is what a
request runs as, `vectal_system` what works across tenants; both own nothing.
"""

from alembic import op

APP = "vectal_app"
SYSTEM = "vectal_system"
ALL = "SELECT, INSERT, UPDATE, DELETE"


def _enable(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def tenant_policies(table: str, *, owner: str | None = None, grants: str = ALL) -> None:
    """Rows of the current workspace; with `owner`, only those of the current person too."""
    rule = "workspace_id = (SELECT vectal_workspace_id())"
    if owner is not None:
        rule += f" AND {owner} = (SELECT vectal_user_id())"
    _enable(table)
    op.execute(f"CREATE POLICY tenant ON {table} TO {APP} USING ({rule}) WITH CHECK ({rule})")
    op.execute(f"GRANT {grants} ON {table} TO {APP}")


def user_policies(table: str, *, column: str = "user_id", grants: str = ALL) -> None:
    """Account rows that belong to a person, whatever the workspace."""
    rule = f"{column} = (SELECT vectal_user_id())"
    _enable(table)
    op.execute(f"CREATE POLICY person ON {table} TO {APP} USING ({rule}) WITH CHECK ({rule})")
    op.execute(f"GRANT {grants} ON {table} TO {APP}")


def custom_policy(table: str, *, rule: str, grants: str, name: str = "app") -> None:
    """A rule of its own for the app role, for the few tables that fit neither form."""
    _enable(table)
    op.execute(f"CREATE POLICY {name} ON {table} TO {APP} USING ({rule}) WITH CHECK ({rule})")
    op.execute(f"GRANT {grants} ON {table} TO {APP}")


def system_access(table: str, grants: str = ALL) -> None:
    """All rows, for the named statements, to the system role."""
    _enable(table)
    op.execute(f"CREATE POLICY system ON {table} TO {SYSTEM} USING (true) WITH CHECK (true)")
    op.execute(f"GRANT {grants} ON {table} TO {SYSTEM}")
